import type { Answer } from '../../../core/agent/events.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { addLine, RefusedPath, writeWhole } from './repository.ts';
import { notes, stepsOf, subjectOf, type Step } from './words.ts';

/** What a turn needs of the world around it. */
export interface TurnWorld {
  /** The working directory; nothing outside of it is written. */
  readonly root: string;
  readonly prompt: string;
  /** Number of the turn in its conversation. */
  readonly number: number;
  /** Aborted when the turn has to end early; its reason is a word. */
  readonly signal: AbortSignal;
  readonly say: (message: OutMessage) => void;
  /** Asks a person; rejects when the turn has to end. */
  ask(request: Omit<Extract<OutMessage, { type: 'ask' }>, 'type' | 'id'>): Promise<Answer>;
  /** Waits; rejects when the turn has to end. */
  wait(ms: number): Promise<void>;
}

/** How a turn ended, with the agent's last words. */
type Result = Extract<OutMessage, { type: 'result' }>;

/** Ends a turn early, as its words told or because a person said so. */
class Ended extends Error {
  readonly outcome: 'failed' | 'interrupted';
  readonly reason: string;

  constructor(outcome: 'failed' | 'interrupted', reason: string, text: string) {
    super(text);
    this.outcome = outcome;
    this.reason = reason;
  }
}

const slowStepMs = 250;
const heading = '# Notes of the demo agent';
const choices = ['The red one', 'The blue one'] as const;

/** Does what the words of the prompt say, and reports how it ended. Never rejects. */
export async function runTurn(world: TurnWorld): Promise<Result> {
  const turn = new Turn(world);
  try {
    for (const step of stepsOf(world.prompt)) await turn.step(step);
    return turn.result('success', 'completed', `Turn ${world.number}: ${turn.summary()}`);
  } catch (error) {
    if (world.signal.aborted) return turn.result('interrupted', String(world.signal.reason), '');
    if (error instanceof Ended) return turn.result(error.outcome, error.reason, error.message);
    return turn.result('failed', 'error', error instanceof Error ? error.message : String(error));
  }
}

class Turn {
  readonly #world: TurnWorld;
  readonly #changed: string[] = [];
  #tools = 0;
  #denials = 0;

  constructor(world: TurnWorld) {
    this.#world = world;
  }

  async step(step: Step): Promise<void> {
    this.#world.signal.throwIfAborted();
    switch (step.do) {
      case 'write':
        return this.#write(step.path);
      case 'note':
        return this.#write(notes);
      case 'ask':
        return this.#askAndWrite(step.path);
      case 'rewrite':
        return this.#rewrite(step.path);
      case 'question':
        return this.#question();
      case 'slow':
        return this.#slow(step.seconds);
      case 'hang':
        for (;;) await this.#world.wait(3_600_000);
      case 'fail':
        throw new Ended('failed', 'told-to-fail', `I was told to fail, in turn ${this.#world.number}.`);
      case 'repeat-error':
        throw new Ended('failed', 'same-error', 'The same thing went wrong again.');
    }
  }

  summary(): string {
    const changed = [...new Set(this.#changed)];
    return changed.length === 0 ? 'nothing had to be changed.' : `I changed ${changed.join(', ')}.`;
  }

  result(outcome: Result['outcome'], reason: string, text: string): Result {
    if (text !== '') this.#world.say({ type: 'message', text });
    return { type: 'result', outcome, reason, ...(text === '' ? {} : { text }), denials: this.#denials };
  }

  async #write(path: string, line = `- ${subjectOf(this.#world.prompt)}`): Promise<void> {
    const tool = this.#tool('Edit', { path, line });
    await this.#change(tool, path, line);
  }

  async #askAndWrite(path: string): Promise<void> {
    const input = { path, line: `- ${subjectOf(this.#world.prompt)} (with permission)` };
    const tool = this.#tool('Edit', input);
    const detail = `A line is added to ${path}:\n${input.line}`;
    const answer = await this.#world.ask({ kind: 'permission', title: `Edit ${path}`, detail, tool: 'Edit', input });
    if (answer.choice !== 'allow') {
      this.#refused(tool, path, answer);
      return;
    }
    const { path: to = path, line = input.line } = answer.input ?? input;
    return this.#change(tool, String(to), String(line));
  }

  async #rewrite(path: string): Promise<void> {
    const input = { file_path: path, content: `${heading}\n\n- ${subjectOf(this.#world.prompt)} (rewritten)\n` };
    const tool = this.#tool('Write', input);
    const detail = `${path} is written anew:\n${input.content}`;
    const answer = await this.#world.ask({ kind: 'permission', title: `Write ${path}`, detail, tool: 'Write', input });
    if (answer.choice !== 'allow') {
      this.#refused(tool, path, answer);
      return;
    }
    const { file_path: to = path, content = input.content } = answer.input ?? input;
    return this.#done(tool, String(to), () => writeWhole(this.#world.root, String(to), String(content)));
  }

  #refused(tool: string, path: string, answer: Answer): void {
    this.#denials += 1;
    const why = answer.reason === undefined ? '.' : `: ${answer.reason}`;
    this.#world.say({ type: 'tool-end', id: tool, ok: false, denied: true, output: `Refused${why}` });
    this.#endIfAborted(answer);
    this.#world.say({ type: 'message', text: `I may not change ${path}${why} I go on without it.` });
  }

  async #question(): Promise<void> {
    const question = 'Which one do you like better?';
    const options = choices.map((label) => ({ label }));
    const answer = await this.#world.ask({
      kind: 'question',
      title: question,
      detail: options.map(({ label }) => `- ${label}`).join('\n'),
      questions: [{ question, header: 'Choice', options, multiSelect: false }],
    });
    this.#endIfAborted(answer);
    const chosen = Object.values(answer.answers ?? {}).join(', ');
    this.#world.say({
      type: 'message',
      text: chosen === '' ? 'I got no answer, so I choose myself.' : `You chose: ${chosen}`,
    });
  }

  async #slow(seconds: number): Promise<void> {
    const words = Math.max(1, Math.round((seconds * 1000) / slowStepMs));
    for (let word = 1; word <= words; word += 1) {
      this.#world.say({ type: 'message', text: `word ${word} of ${words}` });
      await this.#world.wait((seconds * 1000) / words);
    }
  }

  #endIfAborted(answer: Answer): void {
    if (answer.choice === 'abort') throw new Ended('interrupted', 'aborted', answer.reason ?? 'I was told to stop.');
  }

  #tool(name: string, input: Readonly<Record<string, unknown>>): string {
    this.#tools += 1;
    const id = `tool-${this.#world.number}-${this.#tools}`;
    this.#world.say({ type: 'tool', id, name, input });
    return id;
  }

  async #change(tool: string, path: string, line: string): Promise<void> {
    const one = line.replaceAll(/[\r\n]+/gu, ' ');
    return this.#done(tool, path, () => addLine(this.#world.root, path, one, heading));
  }

  /** Does the tool's work, which says whether it changed the file. */
  async #done(tool: string, path: string, work: () => Promise<boolean>): Promise<void> {
    try {
      const changed = await work();
      if (changed) this.#changed.push(path);
      this.#world.say({
        type: 'tool-end',
        id: tool,
        ok: true,
        output: changed ? `Changed ${path}.` : 'It was there.',
      });
    } catch (error) {
      if (!(error instanceof RefusedPath)) throw error;
      this.#world.say({ type: 'tool-end', id: tool, ok: false, output: error.message });
      throw new Ended('failed', 'refused-path', error.message);
    }
  }
}
