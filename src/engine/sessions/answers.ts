/** Longest that work waits for answers to others, so that a stream of requests cannot keep it from beginning. */
const longestMs = 100;

/**
 * Requests for work that are being answered. The next step of any session begins when all of them have their answers: who asks for
 * many sessions at once learns what became of each before the first worktree is made, whatever others are at.
 */
export class Answers {
  #open = 0;
  readonly #waiting = new Set<() => void>();

  /** Answers one of them. */
  async during<T>(answer: () => Promise<T>): Promise<T> {
    this.#open += 1;
    try {
      return await answer();
    } finally {
      // What is returned here is on its way by then.
      setImmediate(() => this.#close());
    }
  }

  /** Resolves when none is being answered, after 100 ms in any case. */
  async given(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, longestMs);
      this.#waiting.add(go);
    });
  }

  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    for (const go of this.#waiting) go();
  }
}
