import { statfs } from 'node:fs/promises';
import type { JournalRecord } from '../../core/domain.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { resolveBase } from '../../git/facts.ts';
import { checkoutBytes, dropSlot, isIntact, listSlots, makeSlot, refreshSlot, type Slot } from '../../git/pool.ts';
import type { Repository } from '../../git/repository.ts';
import type { Log } from '../process/log.ts';
import type { Store } from '../sessions/store.ts';
import type { Repositories } from './repositories.ts';
import type { Sweeper } from './sweeper.ts';

/** What keeping worktrees warm takes. */
export interface PoolOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly sweeper: Sweeper;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly stopping: AbortSignal;
  /** Settings in force for the main checkout at `root`. */
  readonly settings: (root: string) => Promise<Settings>;
}

/** The agent that has just started gets the disk first. */
const delayMs = 3000;
/** How often it is looked whether a base moved without our doing. */
const lookMs = 60_000;
/** A repository counts as in use for this long after its last session began. */
const inUseMs = 7 * 24 * 60 * 60 * 1000;
const megabyte = 1024 * 1024;

/**
 * Keeps some worktrees of each repository in use checked out in advance, in the background and one thing at a time. What
 * goes wrong here costs a session the short cut and nothing else.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #due = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, clock } = this.#options;
    this.#unsubscribe = store.state.onRecords((records) => this.#observe(records));
    for (const session of store.all('session')) {
      if (clock() - session.createdAt < inUseMs) this.#due.add(session.repository.id);
    }
    this.#plan(this.#due.size === 0 ? lookMs : delayMs);
  }

  /** Ends what goes on. Call it after `stopping` was aborted. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await this.#working;
  }

  #observe(records: readonly JournalRecord[]): void {
    for (const { type, data } of records) {
      if (type === 'worktree.ready' || type === 'landing.landed' || type === 'repository.trusted') this.#mark(data);
    }
  }

  #mark(data: JournalRecord['data']): void {
    const { store } = this.#options;
    const session = typeof data['session'] === 'string' ? store.get('session', data['session']) : undefined;
    const repository = session?.repository.id;
    if (repository === undefined) return;
    this.#due.add(repository);
    this.#plan(delayMs);
  }

  #plan(ms: number): void {
    if (this.#options.stopping.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#working = this.#working.then(() => this.#keepAll());
      this.#plan(lookMs);
    }, ms);
    this.#timer.unref();
  }

  async #keepAll(): Promise<void> {
    const { log, stopping } = this.#options;
    for (const id of this.#due) {
      try {
        if (!stopping.aborted) await this.#keep(id);
      } catch (error) {
        if (!isStopped(stopping)) log.warn('the pool cannot be filled', { repository: id, error: String(error) });
      }
    }
  }

  async #keep(id: string): Promise<void> {
    const { store, repositories, settings: settingsOf } = this.#options;
    const known = store.get('repository', id);
    if (known?.trusted !== true) return;
    const settings = await settingsOf(known.root);
    const repository = await repositories.open(await repositories.locate(known.root));
    const base = await resolveBase(repository);
    const kept = await this.#sort(repository, settings, base.commit);
    const wanted = await this.#wanted(repository, settings, base.commit);
    for (const slot of kept.slice(wanted)) await dropSlot(repository, slot);
    if (kept.length > wanted) await this.#options.sweeper.later(repository);
    for (let count = kept.length; count < wanted && !this.#options.stopping.aborted; count += 1) {
      await this.#make(repository, settings, base.commit);
    }
  }

  /** Slots that can be used, each at the base; the others are dropped. */
  async #sort(repository: Repository, settings: Settings, commit: string): Promise<Slot[]> {
    const { sweeper, log } = this.#options;
    const kept: Slot[] = [];
    for (const slot of await listSlots(repository)) {
      const fits = slot.sparse.join('\0') === settings['worktrees.sparse'].join('\0') && (await isIntact(slot));
      const fresh =
        fits && (slot.commit === commit || (await refreshSlot(repository, slot, commit).catch(() => false)));
      if (fresh) kept.push(slot);
      else if (!fits) {
        log.info('a slot of the pool is dropped', { path: slot.path });
        await dropSlot(repository, slot);
        await sweeper.later(repository);
      }
    }
    return kept;
  }

  /** How many there may be: as set, and as the disk and the limit allow. */
  async #wanted(repository: Repository, settings: Settings, commit: string): Promise<number> {
    const count = settings['worktrees.pool'];
    if (count === 0) return 0;
    const bytes = Math.max(1, await checkoutBytes(repository, commit));
    const disk = await statfs(repository.privateDir);
    const free = disk.bavail * disk.bsize - settings['session.minFreeMegabytes'] * megabyte;
    // One that is made must leave as much again for the sessions.
    const room = Math.floor(free / (2 * bytes)) + (await listSlots(repository)).length;
    return Math.max(0, Math.min(count, room, Math.floor((settings['worktrees.poolMegabytes'] * megabyte) / bytes)));
  }

  async #make(repository: Repository, settings: Settings, commit: string): Promise<void> {
    const { log, stopping } = this.#options;
    const start = performance.now();
    const slot = await makeSlot(repository, {
      root: settings['worktrees.root'],
      commit,
      sparse: settings['worktrees.sparse'],
      signal: stopping,
    });
    log.info('a worktree waits in the pool', { path: slot.path, ms: Math.round(performance.now() - start) });
  }
}

/** Asked again after a wait: it may have come true meanwhile. */
function isStopped(stopping: AbortSignal): boolean {
  return stopping.aborted;
}
