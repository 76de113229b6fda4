import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { worktreesFolder } from '../../git/names.ts';
import type { Repository } from '../../git/repository.ts';
import { deleteSlowly, realRoot, sweepTrash } from '../../git/trash.ts';
import { forgetWorkIndexes } from '../../git/work-index.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Log } from '../process/log.ts';

/** What sweeping works with; `clock` gives milliseconds since 1970. */
export interface SweeperOptions {
  readonly log: Log;
  readonly clock: () => number;
  readonly stopping: AbortSignal;
  readonly settings: (root: string) => Promise<Settings>;
  /** Milliseconds between a removal and the deleting that follows it; 10 s unless told. */
  readonly delayMs?: number;
}

/** What became due meanwhile is looked for this often. */
const hourMs = 60 * 60 * 1000;

/**
 * Deletes what was put aside: late, since deleting many files makes making many files slow, and slowly, so that nobody
 * is held up; one repository at a time.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #due = new Map<string, Repository>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** A repository has something to delete, now or when its time is up. */
  async later(repository: Repository): Promise<void> {
    this.#due.set(repository.location.id, repository);
    this.#plan(this.#options.delayMs ?? 10_000);
  }

  /** Ends what goes on; call it after `stopping` was aborted. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  #plan(ms: number): void {
    if (this.#options.stopping.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweepAll());
      this.#plan(hourMs);
    }, ms);
    this.#timer.unref();
  }

  async #sweepAll(): Promise<void> {
    const { log, stopping } = this.#options;
    for (const repository of this.#due.values()) {
      try {
        if (!stopping.aborted) await this.#sweep(repository);
      } catch (error) {
        if (!stopping.aborted) log.warn('cannot sweep the trash', { error: String(error) });
      }
    }
  }

  async #sweep(repository: Repository): Promise<void> {
    const { log, clock, stopping, settings } = this.#options;
    const root = (await settings(repository.mainRoot ?? repository.location.root))['worktrees.root'];
    const { deleted, doubtful } = await sweepTrash(repository, root, { now: clock(), signal: stopping });
    const folder = worktreesFolder(await realRoot(root), repository);
    const left = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('.unfinished-'));
    for (const name of left) await deleteSlowly(join(folder, name), { signal: stopping });
    const indexes = await forgetWorkIndexes(repository, clock());
    const leftovers = left.length + indexes;
    for (const { path, reason } of doubtful) log.warn('a removed worktree stays in the trash', { path, reason });
    log.info('swept the trash', { deleted: deleted.length, doubtful: doubtful.length, leftovers });
  }
}
