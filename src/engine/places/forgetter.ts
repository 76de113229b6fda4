/** Tells executors of sessions that nobody wants any more, so that windows, containers and folders elsewhere go too. */
import type { JournalRecord } from '../../core/domain.ts';
import type { ExecutorDirectory } from '../executor-directory.ts';
import type { Log } from '../process/log.ts';
import type { Store } from '../sessions/store.ts';

/** What is needed to tell them. */
export interface ForgetterOptions {
  readonly store: Store;
  readonly executors: Pick<ExecutorDirectory, 'executor'>;
  readonly log: Log;
}

const over: ReadonlySet<string> = new Set(['session.archived', 'session.removed']);

/** Listens until `stop`. What an executor cannot remove stays for its own clean-up and is logged. */
export class Forgetter {
  readonly #options: ForgetterOptions;
  readonly #going = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(options: ForgetterOptions) {
    this.#options = options;
    this.#unsubscribe = options.store.state.onRecords((records) => this.#observe(records));
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    await Promise.all(this.#going);
  }

  #observe(records: readonly JournalRecord[]): void {
    for (const { type, data } of records) {
      if (!over.has(type)) continue;
      const going = this.#forget(String(data['session'])).finally(() => this.#going.delete(going));
      this.#going.add(going);
    }
  }

  async #forget(id: string): Promise<void> {
    const { store, executors, log } = this.#options;
    const session = store.get('session', id);
    if (session === undefined) return;
    try {
      await executors.executor(session.executor).forget(id);
    } catch (error) {
      log.warn('an executor could not remove what is left of a session', { session: id, error: String(error) });
    }
  }
}
