import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../core/defined.ts';
import type { JournalRecord, NewEvent } from '../../core/domain.ts';
import { event, recorded } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { isWatchable, watchChanged } from '../../core/watch/commands.ts';
import type { Touched, TouchedPaths } from '../../core/watch/touched.ts';
import { noChanges, type FileChange } from '../../core/watch/state.ts';
import { headOf } from '../../git/facts.ts';
import { Lookup } from '../../git/ignore.ts';
import type { Repository } from '../../git/repository.ts';
import { Barrier } from '../../watch/barrier.ts';
import { Allowance, Budget, systemLimits } from '../../watch/limits.ts';
import { QueueWatch } from '../../watch/queue-watch.ts';
import type { Batch } from '../../watch/recorder.ts';
import { WorktreeWatch, type WatchListener, type WatchShared } from '../../watch/worktree-watch.ts';
import type { Repositories } from '../places/repositories.ts';
import type { Log } from '../process/log.ts';
import { engineActor } from '../sessions/context.ts';
import type { Store } from '../sessions/store.ts';
import { GitRules } from './git-rules.ts';

/** What worktrees are watched with. */
export interface WatchingOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly log: Log;
  /** Folder of ours for what watching needs on the disk. */
  readonly folder: string;
  /** Told when something changed in the worktree of a session, or may have. Never throws. */
  readonly onChanged: (session: string) => void;
}

interface Watched {
  readonly watch: WorktreeWatch;
  readonly rules: GitRules;
  readonly place: Place;
}

/** Of all watches that the system gives a user, the part that Coppice takes: editors need some too. */
const watchShare = 0.5;
/** Files that are read to tell how they changed: so many at once, and so many a second after that. */
const hashBurst = 2_000;
const hashesPerSecond = 400;
const readyMs = 10_000;
/** Changes of one event. */
const eventChanges = 200;

/** Watches the worktree of every session from the moment that it is ready to the end of the work. */
export class Watching implements TouchedPaths {
  readonly #options: WatchingOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #lookups = new Map<string, Lookup>();
  /** What is being begun or ended, per session. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #started: Promise<void>;
  #start: () => void = () => undefined;
  #shared: WatchShared | undefined;
  #stopping = false;
  #unsubscribe: () => void = () => undefined;

  constructor(options: WatchingOptions) {
    this.#options = options;
    this.#started = new Promise((resolve) => (this.#start = resolve));
  }

  /** Begins with the sessions that an earlier engine left at work. */
  async start(): Promise<void> {
    const { store, folder } = this.#options;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const limits = await systemLimits();
    this.#shared = {
      budget: new Budget(Math.floor(limits.watches * watchShare)),
      queue: new QueueWatch(limits.queued),
      hashing: new Allowance(hashBurst, hashesPerSecond),
      barrier: await Barrier.open(folder),
    };
    this.#unsubscribe = store.state.onRecords((records) => this.#observe(records));
    for (const { id } of store.all('session')) if (watchedSession(store, id) !== undefined) this.#begin(id);
    this.#start();
  }

  /** Ends every watch, and what it holds. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping = true;
    await Promise.all(this.#turns.values());
    for (const session of this.#watched.keys()) this.#end(session, 'the engine stopped');
    await Promise.all(this.#turns.values());
    for (const lookup of this.#lookups.values()) lookup.close();
    await this.#shared?.barrier?.close();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  /**
   * Resolves when the worktree of a session is watched as its state says: an engine that has just begun takes up the watches
   * of the one before. Waits ten seconds at most.
   */
  async ready(session: string): Promise<void> {
    if (this.#options.store.state.readOnlyReason !== undefined) return;
    const waited = new AbortController();
    const taken = this.#started.then(() => this.#turns.get(session));
    await Promise.race([taken, sleep(readyMs, undefined, { signal: waited.signal }).catch(() => undefined)]);
    waited.abort();
  }

  async take(session: string, taker: string): Promise<Touched> {
    await this.#turns.get(session);
    const watched = this.#watched.get(session);
    return watched === undefined ? { paths: [], gap: 'nobody watches the worktree' } : watched.watch.take(taker);
  }

  giveBack(session: string, taker: string, touched: Touched): void {
    this.#watched.get(session)?.watch.giveBack(taker, touched);
  }

  #observe(records: readonly JournalRecord[]): void {
    for (const record of records) {
      const known = recorded(record);
      if (known?.type === 'worktree.ready') this.#begin(known.data.session);
      if (known?.type === 'session.settled') this.#end(known.data.session, 'the work has ended');
      if (known?.type === 'repository.distrusted') this.#endAll(known.data.repository);
    }
  }

  #endAll(repository: string): void {
    for (const session of this.#watched.keys()) {
      const { repository: own } = this.#options.store.session(session);
      if (own.id === repository) this.#end(session, 'the repository is no longer trusted');
    }
  }

  #begin(session: string): void {
    this.#turn(session, async () => {
      const { store } = this.#options;
      const present = watchedSession(store, session);
      if (this.#stopping || this.#watched.has(session) || present === undefined) return;
      const watched = await this.#watch(present, present.worktree);
      this.#watched.set(session, watched);
      await watched.watch.open();
      this.#options.onChanged(session);
    });
  }

  #end(session: string, why: string): void {
    this.#turn(session, async () => {
      const watched = this.#watched.get(session);
      if (watched === undefined) return;
      await watched.watch.close(why);
      watched.rules.close();
      this.#watched.delete(session);
      this.#options.onChanged(session);
    });
  }

  #turn(session: string, work: () => Promise<void>): void {
    const turn = (this.#turns.get(session) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => {
        this.#options.log.warn('a worktree cannot be watched', { session, error: String(error) });
      })
      .finally(() => {
        if (this.#turns.get(session) === turn) this.#turns.delete(session);
      });
    this.#turns.set(session, turn);
  }

  async #watch(session: Session, place: Place): Promise<Watched> {
    const { repositories, log } = this.#options;
    const repository = await repositories.open(await repositories.locate(session.repository.root));
    const head = await headOf(repository, place.admin).catch(() => undefined);
    const commit = head === undefined || head.kind === 'unborn' ? place.baseCommit : head.commit;
    const rules = new GitRules(repository, place.path, this.#lookup(repository), commit);
    if (this.#shared === undefined) throw new Error('the watching has not begun');
    const format = commit.length === 64 ? 'sha256' : 'sha1';
    const listener = this.#listener(session.id, place.path, log);
    return { watch: new WorktreeWatch({ ...this.#shared, root: place.path, rules, format, listener }), rules, place };
  }

  #lookup(repository: Repository): Lookup {
    const { id } = repository.location;
    const lookup = this.#lookups.get(id) ?? new Lookup(repository);
    this.#lookups.set(id, lookup);
    return lookup;
  }

  #listener(session: string, worktree: string, log: Log): WatchListener {
    const { onChanged, store } = this.#options;
    return {
      onMode: (mode, why) =>
        this.#commit(() => watchChanged(store.get('watch', session), { session, worktree, mode, ...defined({ why }) })),
      onGap: async (why) => {
        await this.#commit(() => [event('watch.gap', { session, why })]);
        onChanged(session);
      },
      onBatch: async (batch) => {
        await this.#commit(() => changed(session, batch));
        onChanged(session);
      },
      onProblem: (error) => log.warn('a worktree could not be looked at', { session, error: String(error) }),
    };
  }

  async #commit(decide: () => readonly NewEvent[]): Promise<void> {
    const { store } = this.#options;
    if (store.state.readOnlyReason === undefined) await store.commit(engineActor, decide);
  }
}

/** The session, if its worktree is to be watched at the moment. */
export function watchedSession(store: Store, id: string): (Session & { readonly worktree: Place }) | undefined {
  const session = store.get('session', id);
  if (session === undefined || !isWatchable(session)) return undefined;
  return store.get('repository', session.repository.id)?.trusted === true ? session : undefined;
}

/** One event for so many changes; the counts are in the first one. */
function changed(session: string, { counts, changes }: Batch): NewEvent[] {
  const portions: (readonly FileChange[])[] = [changes.slice(0, eventChanges)];
  for (let at = eventChanges; at < changes.length; at += eventChanges)
    portions.push(changes.slice(at, at + eventChanges));
  return portions.map((portion, index) =>
    event('files.changed', { session, counts: index === 0 ? counts : noChanges, changes: [...portion] }),
  );
}
