import { toDisposable, type Disposable } from './disposables.ts';

/** Registers a listener; what comes back ends that. */
export type Event<T> = (listener: (value: T) => unknown) => Disposable;

/** Tells listeners, in the order in which they came. Works without VS Code, so that what uses it can be tested without. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => unknown>();
  readonly #failed: (error: unknown) => void;

  /** `failed` is told what a listener threw; the other listeners still hear. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readonly event: Event<T> = (listener) => {
    // A listener that is registered twice is called twice.
    const own = (value: T): unknown => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
