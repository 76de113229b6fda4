/** Something that is owned, and ended by its owner. */
export interface Disposable {
  dispose(): void;
}

/**
 * Owns others and ends them with itself, the latest first. What is added after that is ended at once, so nothing outlives its
 * owner by coming late.
 */
export class Disposables implements Disposable {
  #owned: Disposable[] | undefined = [];

  get disposed(): boolean {
    return this.#owned === undefined;
  }

  /** Takes over ownership and hands the thing back. */
  add<T extends Disposable>(one: T): T {
    if (this.#owned === undefined) one.dispose();
    else this.#owned.push(one);
    return one;
  }

  /** Ends all that is owned, whatever one of them throws; the first error is thrown when all are ended. */
  dispose(): void {
    const owned = this.#owned ?? [];
    this.#owned = undefined;
    const errors: unknown[] = [];
    for (const each of owned.reverse()) {
      try {
        each.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** A disposable that calls `end` once, however often it is disposed. */
export function toDisposable(end: () => void): Disposable {
  let over = false;
  return {
    dispose: () => {
      if (over) return;
      over = true;
      end();
    },
  };
}

/** Disposes all of `disposables`, as one. */
export function together(...disposables: readonly Disposable[]): Disposable {
  const owner = new Disposables();
  for (const each of disposables) owner.add(each);
  return owner;
}
