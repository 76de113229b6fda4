/** Names that something happened to, until they have been quiet for a moment. */

/** Milliseconds: a name is due when nothing happened to it for `quietMs`, or `longestMs` after the first time. */
export interface Debounce {
  readonly quietMs: number;
  readonly longestMs: number;
}

interface Entry<T> {
  readonly value: T;
  readonly first: number;
  last: number;
}

/** Holds values by key, each once. */
export class Pending<T> {
  readonly #debounce: Debounce;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(debounce: Debounce) {
    this.#debounce = debounce;
  }

  get size(): number {
    return this.#entries.size;
  }

  note(key: string, value: T, now: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { value, first: now, last: now });
    else entry.last = now;
  }

  /** Takes out what is due, the oldest first, at most `limit` of them; with `all` whether due or not. */
  take(now: number, limit: number, all = false): T[] {
    const taken: T[] = [];
    for (const [key, entry] of this.#entries) {
      if (taken.length >= limit) break;
      if (!all && this.#due(entry) > now) continue;
      this.#entries.delete(key);
      taken.push(entry.value);
    }
    return taken;
  }

  /** When the next one is due; undefined when there is none. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const entry of this.#entries.values()) {
      const due = this.#due(entry);
      if (next === undefined || due < next) next = due;
      // Behind the oldest one every other is due later than this, give or take the quiet time.
      if (next <= entry.first + this.#debounce.quietMs) break;
    }
    return next;
  }

  clear(): void {
    this.#entries.clear();
  }

  #due({ first, last }: Entry<T>): number {
    return Math.min(last + this.#debounce.quietMs, first + this.#debounce.longestMs);
  }
}
