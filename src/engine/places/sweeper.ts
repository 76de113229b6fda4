import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { worktreesFolder } from '../../git/names.ts';
import type { Repository } from '../../git/repository.ts';
import { deleteSlowly } from '../../git/delete-slowly.ts';
import { sweepTrash } from '../../git/trash-sweep.ts';
import { mayHoldTrash, noteTrashesOf, realRoot } from '../../git/trashes.ts';
import { forgetWorkIndexes } from '../../git/work-index.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Log } from '../process/log.ts';
import type { Store } from '../sessions/store.ts';
import type { Repositories } from './repositories.ts';

/** What sweeping works with; `clock` gives milliseconds since 1970. */
export interface SweeperOptions {
  readonly store: Store;
  readonly repositories: Repositories;
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
  /** By the repository's id. */
  readonly #due = new Map<string, () => Promise<Repository | undefined>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Takes up what earlier engines put aside: its time goes on without them. */
  start(): void {
    for (const { id, root, trusted } of this.#options.store.all('repository')) {
      if (trusted && !this.#due.has(id)) this.#due.set(id, () => this.#open(id, root));
    }
    this.#plan(this.#options.delayMs ?? 10_000);
  }

  /** A repository has something to delete, now or when its time is up. */
  async later(repository: Repository): Promise<void> {
    const { id } = repository.location;
    this.#due.set(id, () => Promise.resolve(this.#isTrusted(id) ? repository : undefined));
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
    for (const open of this.#due.values()) {
      try {
        const repository = stopping.aborted ? undefined : await open();
        if (repository !== undefined) await this.#sweep(repository);
      } catch (error) {
        if (!stopping.aborted) log.warn('cannot sweep the trash', { error: String(error) });
      }
    }
  }

  /** Undefined where nothing is to be swept; git runs in the others only. */
  async #open(id: string, root: string): Promise<Repository | undefined> {
    const { repositories } = this.#options;
    if (!this.#isTrusted(id) || (await repositories.isAway({ id, root }))) return undefined;
    const location = await repositories.locate(root);
    return (await mayHoldTrash(location.commonDir)) ? repositories.open(location) : undefined;
  }

  /** In a repository whose trust was taken back not even git runs. */
  #isTrusted(id: string): boolean {
    return this.#options.store.get('repository', id)?.trusted === true;
  }

  async #sweep(repository: Repository): Promise<void> {
    const { log, clock, stopping, settings } = this.#options;
    const root = (await settings(repository.mainRoot ?? repository.location.root))['worktrees.root'];
    await noteTrashesOf(repository, root, this.#removed(repository.location.id)).catch((error: unknown) => {
      log.warn('where removed worktrees lie cannot be noted', { error: String(error) });
    });
    const { deleted, doubtful } = await sweepTrash(repository, root, { now: clock(), signal: stopping });
    const folder = worktreesFolder(await realRoot(root), repository);
    const left = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('.unfinished-'));
    for (const name of left) await deleteSlowly(join(folder, name), { signal: stopping });
    const indexes = await forgetWorkIndexes(repository, clock());
    const leftovers = left.length + indexes;
    for (const { path, reason } of doubtful) log.warn('a removed worktree stays in the trash', { path, reason });
    log.info('swept the trash', { deleted: deleted.length, doubtful: doubtful.length, leftovers });
  }

  /** Where worktrees were whose sessions are removed. */
  #removed(repository: string): string[] {
    const sessions = this.#options.store.all('session').filter((each) => each.repository.id === repository);
    return sessions.flatMap(({ removal, worktree }) =>
      removal?.trash === undefined || worktree === undefined ? [] : [worktree.path],
    );
  }
}
