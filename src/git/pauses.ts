/**
 * Small calls of the file system are made at once (`lstatSync`, …): to hand one to a thread takes three to five times as long
 * as the call itself. So that nothing else waits for many of them in a row, whoever makes them pauses in between.
 */
import { setImmediate } from 'node:timers/promises';

/** Milliseconds of small calls in a row. */
const longest = 5;

/** The pauses of one piece of work, however many of its parts run at the same time. */
export class Pauses {
  #since = performance.now();

  /** Before each small call: lets everything else have its turn, if it was long ago. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < longest) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
