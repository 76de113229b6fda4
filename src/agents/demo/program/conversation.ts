import type { Answer } from '../../../core/agent/events.ts';
import type { InMessage, OutMessage } from '../../line-protocol/messages.ts';
import type { MemoryFile } from './memory.ts';
import { runTurn, type TurnWorld } from './turn.ts';

type Prompt = Extract<InMessage, { type: 'prompt' }>;

/** What a conversation needs of the process around it. */
export interface ConversationOptions {
  readonly root: string;
  readonly memory: MemoryFile;
  readonly say: (message: OutMessage) => void;
}

/** One conversation: prompts wait in line, one turn runs at a time, answers and interrupts reach the turn that runs. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #prompts: Prompt[] = [];
  readonly #asks = new Map<string, (answer: Answer) => void>();
  #turn: AbortController | undefined;
  #working: Promise<void> = Promise.resolve();
  #asked = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  take(message: InMessage): void {
    switch (message.type) {
      case 'prompt':
        this.#prompt(message);
        return;
      case 'interrupt':
        this.#turn?.abort('interrupted');
        this.#options.say({ type: 'interrupted', id: message.id });
        return;
      case 'answer':
        this.#answer(message);
        return;
    }
  }

  /** Resolves when every prompt that was given has had its turn. */
  async done(): Promise<void> {
    await this.#working;
  }

  #prompt(prompt: Prompt): void {
    if (prompt.steer) {
      this.#prompts.unshift(prompt);
      this.#turn?.abort('superseded');
    } else this.#prompts.push(prompt);
    this.#working = this.#working.then(() => this.#next());
  }

  #answer({ type: _, request, ...answer }: Extract<InMessage, { type: 'answer' }>): void {
    const take = this.#asks.get(request);
    if (take === undefined) {
      this.#options.say({ type: 'notice', text: `Nobody waits for an answer to ${request}.` });
      return;
    }
    this.#asks.delete(request);
    this.#options.say({ type: 'answered', id: request });
    take(answer);
  }

  async #next(): Promise<void> {
    const prompt = this.#prompts.shift();
    if (prompt === undefined) return;
    const { say, memory, root } = this.#options;
    if (memory.knows(prompt.id)) {
      say({ type: 'prompt', id: prompt.id, text: prompt.text });
      say({ type: 'result', outcome: 'interrupted', reason: 'had before', text: 'This prompt was run before.' });
      return;
    }
    const turn = new AbortController();
    this.#turn = turn;
    try {
      // Before the echo: what was seen to begin is remembered, whatever happens next.
      await memory.begin(prompt.id);
    } catch (error) {
      say({ type: 'notice', severity: 'warning', text: `I will not remember this turn: ${String(error)}` });
    }
    say({ type: 'prompt', id: prompt.id, text: prompt.text });
    const { signal } = turn;
    const end = await runTurn({
      ...{ root, say, signal, prompt: prompt.text, number: memory.turns },
      ask: (request) => this.#ask(request, signal),
      wait: (ms) => wait(ms, signal),
    });
    say({ ...end, position: String(memory.turns) });
    this.#turn = undefined;
  }

  #ask(request: Parameters<TurnWorld['ask']>[0], signal: AbortSignal): Promise<Answer> {
    this.#asked += 1;
    const id = `ask-${this.#options.memory.turns}-${this.#asked}`;
    this.#options.say({ type: 'ask', id, ...request });
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#asks.delete(id);
        this.#options.say({ type: 'ask-withdrawn', id });
        reject(new Error('The turn was ended.'));
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#asks.set(id, (answer) => {
        signal.removeEventListener('abort', stop);
        resolve(answer);
      });
    });
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('The turn was ended.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
