import type { Disposable } from './disposables.ts';

/** One frame of a screen, milliseconds. */
export const frameMs = 16;

/** Runs a piece of work soon after it was asked for, once for all who asked meanwhile. */
export class Coalesced implements Disposable {
  readonly #work: () => void;
  readonly #delayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(work: () => void, delayMs: number = frameMs) {
    this.#work = work;
    this.#delayMs = delayMs;
  }

  ask(): void {
    if (this.#over) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, this.#delayMs);
  }

  dispose(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
