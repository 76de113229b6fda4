/**
 * Tells when the system's queue of events may have run over, which neither it nor Node say. All watchers of a process read
 * one queue, and Node reads it until it is empty before it does anything else: a queue that ran over gives at least as many
 * events in one go as it can hold. Half of that counts, since other watchers of the process read from it too.
 */
export class QueueWatch {
  readonly #limit: number;
  readonly #listeners = new Set<() => void>();
  #seen = 0;
  #at = 0;
  #told = false;

  constructor(queued: number) {
    this.#limit = queued / 2;
  }

  /**
   * One event was read. Returns its time (milliseconds, from any fixed point): what is read in one go has the same, so that
   * the two halves of a rename stay together.
   */
  note(): number {
    if (this.#seen === 0) {
      setImmediate(() => this.#reset());
      this.#at = performance.now();
    }
    this.#seen += 1;
    if (this.#seen >= this.#limit && !this.#told) {
      this.#told = true;
      for (const listener of [...this.#listeners]) listener();
    }
    return this.#at;
  }

  /** Calls a listener each time that events may be lost. Returns what ends that. */
  onOverflow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #reset(): void {
    this.#seen = 0;
    this.#told = false;
  }
}
