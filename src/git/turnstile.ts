/** Lets a bounded number through at a time, first come first served. */
export class Turnstile {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Nobody is inside or waiting. */
  get idle(): boolean {
    return this.#inside === 0 && this.#waiting.length === 0;
  }

  /** Runs `work` when it is its turn. An abort while waiting rejects with the signal's reason and runs nothing. */
  async pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      // The place is handed over without becoming free, so nobody can push in.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }

  #enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#inside < this.#limit) {
      this.#inside += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      this.#waiting.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

/** Turnstiles by name; an idle one is forgotten. */
export class Turnstiles {
  readonly #limit: number;
  readonly #byName = new Map<string, Turnstile>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async pass<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turnstile = this.#byName.get(name) ?? new Turnstile(this.#limit);
    this.#byName.set(name, turnstile);
    try {
      return await turnstile.pass(work, signal);
    } finally {
      if (turnstile.idle) this.#byName.delete(name);
    }
  }
}
