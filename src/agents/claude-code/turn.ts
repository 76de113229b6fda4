import type { Usage } from '../../core/agent/usage.ts';
import { fieldsOf, wordOf, type Fields } from '../fields.ts';
import type { TurnNotes } from './result.ts';
import { usageOfMessage, usageOfMessages } from './usage.ts';

/** What is known of a turn before its `result`. A process is started on a prompt, so its first turn is due at once. */
export class Turn {
  readonly #messages = new Map<string, Usage>();
  #notes: TurnNotes = {};
  #over = false;

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

  open(): void {
    this.#over = false;
  }

  /** The model's service refused, in the agent's word for it. */
  refused(error: string): void {
    this.#notes = { ...this.#notes, error };
  }

  /** A request is repeated after this time, milliseconds. */
  retried(retryDelayMs: number | undefined): void {
    if (retryDelayMs !== undefined) this.#notes = { ...this.#notes, retryDelayMs };
  }

  /** Counts a message of the model. */
  count(message: Fields): void {
    const id = wordOf(message['id']);
    const usage = fieldsOf(message['usage']);
    if (id !== undefined && usage !== undefined) this.#messages.set(id, usageOfMessage(usage));
  }

  /** What is known to be consumed so far: less than in truth. */
  usage(): Usage {
    return usageOfMessages(this.#messages.values());
  }
}
