import { tokensOf, type ContextFill, type Usage } from '../../core/agent/usage.ts';
import { defined } from '../../core/defined.ts';
import { fieldsOf, wordOf, type Fields } from '../fields.ts';
import type { TurnNotes } from './result.ts';
import { usageOfMessage, usageOfMessages } from './usage.ts';

/** It is given back on a command line. */
const messageId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** What is known of a turn before its `result`. A process is started on a prompt, so its first turn is due at once. */
export class Turn {
  readonly #messages = new Map<string, Usage>();
  #latest: { readonly model: string | undefined; readonly tokens: number } | undefined;
  #notes: TurnNotes = {};
  #over = false;
  #position: string | undefined;

  /** Between two turns. */
  static over(): Turn {
    const turn = new Turn();
    turn.#over = true;
    return turn;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get notes(): TurnNotes {
    return this.#notes;
  }

  /** The last message of the main conversation. */
  get position(): string | undefined {
    return this.#position;
  }

  reached(message: string | undefined): void {
    if (message !== undefined && messageId.test(message)) this.#position = message;
  }

  open(): void {
    this.#over = false;
  }

  /** The model's service refused, in the agent's word for it. */
  refused(error: string): void {
    this.#notes = { ...this.#notes, error };
  }

  /** A limit of the subscription is used up until then, milliseconds since 1970. */
  usedUp(resetsAt: number | undefined): void {
    if (resetsAt !== undefined) this.#notes = { ...this.#notes, resetsAt };
  }

  /** A request is repeated after this time, milliseconds. */
  retried(retryDelayMs: number): void {
    this.#notes = { ...this.#notes, retryDelayMs };
  }

  /** Counts a message of the model; one of the main conversation tells how full that is. */
  count(message: Fields, { main }: { readonly main: boolean }): void {
    const id = wordOf(message['id']);
    const counts = fieldsOf(message['usage']);
    if (id === undefined || counts === undefined) return;
    const usage = usageOfMessage(counts);
    this.#messages.set(id, usage);
    const tokens = tokensOf(usage);
    // Words that the agent puts into the model's mouth count nothing.
    if (main && tokens > 0) this.#latest = { model: wordOf(message['model']), tokens };
  }

  /**
   * How full the main conversation is after its latest message; undefined before the first. `windows`: how many tokens
   * fit, by model.
   */
  context(windows: ReadonlyMap<string, number> = new Map()): ContextFill | undefined {
    if (this.#latest === undefined) return undefined;
    const { model, tokens } = this.#latest;
    const window = model === undefined ? undefined : windows.get(model);
    return { tokens, ...defined({ window }) };
  }

  /** What is known to be consumed so far: less than in truth. */
  usage(): Usage {
    return usageOfMessages(this.#messages.values());
  }
}
