import type { ClientContext } from '@agentclientprotocol/sdk';
import type { Answer } from '../../../core/agent/events.ts';
import { countOf, fieldsOf, type Fields } from '../../fields.ts';
import type { InMessage, OutMessage } from '../../line-protocol/messages.ts';
import { askOf, cancelled, isOwnHelp, outcomeOf, type Outcome } from './permission.ts';
import { Updates } from './updates.ts';

type Prompt = Extract<InMessage, { type: 'prompt' }>;
type Result = Extract<OutMessage, { type: 'result' }>;

type TurnEnd = Partial<Result> & Pick<Result, 'outcome'>;

/** How a turn ended, by the reason that the agent gives. */
const outcomes: Readonly<Record<string, Result['outcome']>> = {
  end_turn: 'success',
  cancelled: 'interrupted',
  max_tokens: 'limit',
  max_turn_requests: 'limit',
  refusal: 'failed',
};

/** What a conversation needs of the process around it. */
export interface ConversationOptions {
  readonly agent: ClientContext;
  readonly session: string;
  readonly say: (message: OutMessage) => void;
  /** Milliseconds after which a turn that was to end has ended, whatever the agent does. */
  readonly patienceMs: number;
}

/** Prompts wait in line and are given one at a time; answers and interrupts reach the turn that runs. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #updates = new Updates();
  readonly #prompts: Prompt[] = [];
  readonly #asks = new Map<string, (answer: Answer | undefined) => void>();
  #working: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => undefined;
  /** Rejects when there is nothing more to be had from the agent. */
  readonly failed = new Promise<never>((_, reject) => (this.#fail = reject));
  #turn: 'none' | 'open' | 'cancelled' = 'none';
  #denials = 0;
  #asked = 0;
  #losePatience: (() => void) | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** A message of the engine. */
  async take(message: InMessage): Promise<void> {
    switch (message.type) {
      case 'prompt':
        if (message.steer) {
          this.#prompts.unshift(message);
          await this.#cancel();
        } else this.#prompts.push(message);
        this.#working = this.#working.then(() => this.#next()).catch((error: unknown) => this.#fail(error));
        return;
      case 'interrupt':
        await this.#cancel();
        this.#options.say({ type: 'interrupted', id: message.id });
        return;
      case 'answer':
        this.#answer(message);
        return;
    }
  }

  /** What the agent tells while it works. What it tells outside of a turn is history, or about nothing that was asked. */
  update(update: Fields): void {
    if (this.#turn !== 'none') this.#sayAll(this.#updates.take(update));
  }

  /** Asks a person; without a turn there is nobody who waits for what would be allowed. */
  async permission(request: Fields): Promise<Outcome> {
    const { say } = this.#options;
    if (this.#turn !== 'open') return cancelled;
    const toolCall = this.#updates.whole(fieldsOf(request['toolCall']) ?? {});
    this.#sayAll(this.#updates.announce(toolCall));
    if (isOwnHelp({ toolCall })) return outcomeOf(request, { choice: 'allow' });
    this.#asked += 1;
    const id = `ask-${process.pid}-${this.#asked}`;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#asks.set(id, resolve);
      say(askOf(id, { ...request, toolCall }));
    });
    this.#asks.delete(id);
    if (answer === undefined) {
      say({ type: 'ask-withdrawn', id });
      return cancelled;
    }
    say({ type: 'answered', id });
    if (answer.choice === 'deny' || answer.choice === 'abort') this.#denials += 1;
    if (answer.choice === 'abort') await this.#cancel();
    return outcomeOf(request, answer);
  }

  /** Resolves when every prompt that was given has had its turn. */
  async done(): Promise<void> {
    await this.#working;
  }

  #answer({ type: _, request, ...answer }: Extract<InMessage, { type: 'answer' }>): void {
    const take = this.#asks.get(request);
    if (take !== undefined) take(answer);
    else this.#options.say({ type: 'notice', text: `Nobody waits for an answer to ${request}.` });
  }

  /** Nobody answers what was asked before: the protocol wants that said. */
  async #cancel(): Promise<void> {
    if (this.#turn !== 'open') return;
    this.#turn = 'cancelled';
    for (const withdraw of this.#asks.values()) withdraw(undefined);
    this.#losePatience?.();
    const { agent, session } = this.#options;
    await agent.notify('session/cancel', { sessionId: session });
  }

  async #next(): Promise<void> {
    const prompt = this.#prompts.shift();
    if (prompt === undefined) return;
    const { say } = this.#options;
    this.#turn = 'open';
    this.#denials = 0;
    say({ type: 'prompt', id: prompt.id, text: prompt.text });
    const end = await this.#run(prompt);
    // An agent that has gone says nothing more: its exit tells how the turn ended.
    if (end === 'gone') return;
    const { said, text, fill } = this.#updates.endTurn();
    this.#turn = 'none';
    this.#sayAll(said);
    const context = fill === undefined ? {} : { context: fill };
    const result = end === 'deaf' ? endOf({ stopReason: 'cancelled' }) : end;
    say({ type: 'result', ...(text === '' ? {} : { text }), ...context, ...result, denials: this.#denials });
    if (end === 'deaf') throw new Error('The agent went on although its turn was to end: it was ended.');
  }

  /** One turn of the agent, until it is over or nobody waits for it any longer. */
  async #run(prompt: Prompt): Promise<TurnEnd | 'gone' | 'deaf'> {
    const { session, agent, patienceMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const deaf = new Promise<'deaf'>((resolve) => {
      this.#losePatience = () => (timer = setTimeout(() => resolve('deaf'), patienceMs));
    });
    const blocks = [{ type: 'text', text: prompt.text }];
    const asked = agent.request('session/prompt', { sessionId: session, prompt: blocks });
    try {
      return await Promise.race([deaf, asked.then((response) => endOf(fieldsOf(response) ?? {}))]);
    } catch (error) {
      if (agentIsGone(error)) return 'gone';
      return this.#was('cancelled') ? endOf({ stopReason: 'cancelled' }) : { outcome: 'failed', ...reasonOf(error) };
    } finally {
      clearTimeout(timer);
      this.#losePatience = undefined;
    }
  }

  /** `#turn` changes while a turn is awaited, which the compiler does not see. */
  #was(state: 'cancelled'): boolean {
    return this.#turn === state;
  }

  #sayAll(messages: readonly OutMessage[]): void {
    for (const message of messages) this.#options.say(message);
  }
}

function endOf(response: Fields): TurnEnd {
  const reason = typeof response['stopReason'] === 'string' ? response['stopReason'] : 'no reason';
  const usage = fieldsOf(response['usage']);
  const tokens = {
    inputTokens: countOf(usage?.['inputTokens']),
    outputTokens: countOf(usage?.['outputTokens']),
    cacheReadTokens: countOf(usage?.['cachedReadTokens']),
    cacheWriteTokens: countOf(usage?.['cachedWriteTokens']),
  };
  const outcome = Object.hasOwn(outcomes, reason) ? outcomes[reason] : undefined;
  return { outcome: outcome ?? 'failed', reason, ...(usage === undefined ? {} : { usage: tokens }) };
}

function reasonOf(error: unknown): { readonly reason: string; readonly text: string } {
  const { message, data } = (error ?? {}) as { readonly message?: unknown; readonly data?: unknown };
  const details = fieldsOf(data)?.['details'] ?? data;
  const more = typeof details === 'string' ? ` ${details}` : '';
  return { reason: 'error', text: `${typeof message === 'string' ? message : String(error)}${more}` };
}

/** The SDK rejects what waits for an answer when the connection is closed, with an error that carries no code. */
function agentIsGone(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown } | undefined)?.code !== 'number';
}
