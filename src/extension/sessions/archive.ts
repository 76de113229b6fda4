import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Disposable } from '../lifecycle/disposables.ts';

/** Whether the Sessions view shows archived sessions; as long as the window lives. */
export class ArchiveToggle implements Disposable {
  readonly #changes: Emitter<boolean>;
  #shown = false;

  constructor(failed: (error: unknown) => void) {
    this.#changes = new Emitter(failed);
  }

  get onChange(): Event<boolean> {
    return this.#changes.event;
  }

  get shown(): boolean {
    return this.#shown;
  }

  set shown(shown: boolean) {
    this.#shown = shown;
    this.#changes.fire(shown);
  }

  dispose(): void {
    this.#changes.dispose();
  }
}
