import { lstatSync, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { Touched } from '../core/watch/touched.ts';
import type { WatchMode } from '../core/watch/state.ts';
import type { Barrier } from './barrier.ts';
import { FolderTree, Unwatchable, type WatchFolder } from './folder-tree.ts';
import type { Folder } from './folder.ts';
import type { Allowance, Budget } from './limits.ts';
import { lookAt, lookAtAll, type Name } from './looker.ts';
import { Pending, type Debounce } from './pending.ts';
import type { QueueWatch } from './queue-watch.ts';
import { isEmpty, Recorder, type Batch } from './recorder.ts';
import type { ObjectFormat } from './blob-hash.ts';
import { neverWatched, type WatchRules } from './rules.ts';
import { Sightings } from './sighting.ts';
import { Touches } from './touches.ts';

/** What all watched worktrees of a process share. */
export interface WatchShared {
  readonly budget: Budget;
  readonly queue: QueueWatch;
  readonly hashing: Allowance;
  /** Without it whoever takes paths is told of a gap each time. */
  readonly barrier: Barrier | undefined;
}

/** Who is told; each call is awaited before the next. */
export interface WatchListener {
  onMode(mode: WatchMode, why?: string): Promise<void>;
  onBatch(batch: Batch): Promise<void>;
  /** Changes may have been missed; what can be found of them follows. */
  onGap(why: string): Promise<void>;
  /** What the watch could not do, for the log. */
  onProblem(error: unknown): void;
}

/** What a worktree is watched with. */
export interface WatchOptions extends WatchShared {
  /** Top folder of the worktree, absolute. */
  readonly root: string;
  readonly rules: WatchRules;
  readonly format: ObjectFormat;
  readonly listener: WatchListener;
  readonly debounce?: Debounce;
  /** Shortest time between two looks at all files while the system does not tell of changes, milliseconds. */
  readonly pollMs?: number;
  readonly watchFolder?: WatchFolder;
}

/** A save is over in a few milliseconds; a file that is written on and on is recorded every so often. */
const usual: Debounce = { quietMs: 30, longestMs: 400 };
const usualPollMs = 1_000;
/** Names that are looked at in one go. */
const batchNames = 1_000;
const stormPauseMs = 500;
const barrierMs = 2_000;
const firstRetryMs = 250;
const longestRetryMs = 60_000;
/** Times of files come from a clock that ticks slowly. */
const clockSlackMs = 2_000;

/** Watches the files of one worktree from `open` to `close`. */
export class WorktreeWatch {
  readonly #options: WatchOptions;
  readonly #recorder: Recorder;
  readonly #touches = new Touches();
  readonly #pending: Pending<Name>;
  #tree: FolderTree;
  #mode: WatchMode = 'ended';
  #inode = 0;
  /** Work on the tree, one piece after the other. */
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #quietUntil = 0;
  /** Everything that was written before this time (milliseconds since 1970) was told. */
  #soundAt = 0;
  #rescan: string | undefined;
  /** In a row. */
  #failures = 0;
  #stopListening: () => void = () => undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#recorder = new Recorder(options);
    this.#pending = new Pending(options.debounce ?? usual);
    this.#tree = this.#watchedTree();
  }

  get mode(): WatchMode {
    return this.#mode;
  }

  /** Begins. Resolves when every change from here on is told, or found by looking. */
  open(): Promise<void> {
    return this.#do(async () => {
      this.#soundAt = Date.now();
      this.#inode = (await lstat(this.#options.root)).ino;
      this.#stopListening = this.#options.queue.onOverflow(() =>
        this.#overflow('more changed at once than the system tells'),
      );
      try {
        await this.#tree.open();
        await this.#become('watching');
      } catch (error) {
        this.#options.listener.onProblem(error);
        await this.#poll(error);
      }
    });
  }

  /** Ends the watch. What was told by now is still recorded. */
  async close(why: string): Promise<void> {
    await this.#do(async () => {
      await this.#flush(true);
      await this.#end(why);
    });
  }

  /** See `TouchedPaths.take`. */
  async take(taker: string): Promise<Touched> {
    const { barrier } = this.#options;
    const sound = this.#mode === 'watching' && barrier !== undefined && (await barrier.pass(barrierMs));
    await this.#do(() => (this.#mode === 'polling' ? this.#look() : this.#flush(true)));
    const touched = this.#touches.take(taker);
    if (touched.gap !== undefined || (sound && this.#mode === 'watching')) return touched;
    const why =
      this.#mode === 'watching' ? 'the system did not tell of everything in time' : `the mode is ${this.#mode}`;
    return { ...touched, gap: why };
  }

  giveBack(taker: string, touched: Touched): void {
    this.#touches.giveBack(taker, touched);
  }

  #watchedTree(): FolderTree {
    const { budget, root, rules, watchFolder } = this.#options;
    return new FolderTree({
      ...{ root, rules, ...(watchFolder === undefined ? {} : { watchFolder }) },
      watching: {
        budget,
        onName: (folder, name) => this.#onName(folder, name),
        onError: (error) => this.#overflow(`a watcher failed (${String(error)})`),
      },
    });
  }

  #onName(folder: Folder, name: string | undefined): void {
    const now = this.#options.queue.note();
    if (name === undefined) {
      this.#overflow('the system told of a change without a name');
      return;
    }
    const path = folder.child(name);
    if (neverWatched.has(name) || this.#recorder.ignores(path)) return;
    this.#pending.note(path, { folder, name }, now);
    this.#schedule();
  }

  #overflow(why: string): void {
    this.#rescan ??= why;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#mode !== 'watching') return;
    const now = performance.now();
    const due = this.#rescan === undefined ? this.#pending.nextAt() : now;
    if (due === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#do(() => this.#flush(false)).then(
          () => this.#schedule(),
          (error: unknown) => this.#options.listener.onProblem(error),
        );
      },
      Math.max(0, Math.max(due, this.#quietUntil) - now),
    );
  }

  /** Runs a piece of work when all before it are done. What goes wrong ends in a gap, never in silence. */
  #do(work: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        await work();
        this.#failures = 0;
      } catch (error) {
        this.#options.listener.onProblem(error);
        this.#touches.gap('the changes could not be looked at');
        // All files are looked at later: what was told is not told again.
        this.#rescan ??= 'the changes could not be looked at';
        this.#quietUntil = performance.now() + Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures);
        this.#failures += 1;
        this.#schedule();
      }
    };
    this.#turn = this.#turn.then(run);
    return this.#turn;
  }

  async #flush(all: boolean): Promise<void> {
    if (this.#mode !== 'watching' || (await this.#isGone())) return;
    for (;;) {
      if (this.#rescan !== undefined) await this.#lookAgain(this.#rescan);
      const begun = Date.now();
      const names = this.#pending.take(performance.now(), batchNames, all);
      if (names.length === 0) return;
      const sightings = new Sightings();
      try {
        await lookAt(this.#tree, names, sightings);
      } catch (error) {
        if (!(error instanceof Unwatchable)) throw error;
        await this.#poll(error);
        return;
      }
      await this.#record(sightings, true);
      if (this.#pending.size === 0) this.#soundAt = begun;
    }
  }

  /** After events were lost, or rules have changed: all files against what is known. */
  async #lookAgain(why: string): Promise<void> {
    this.#rescan = undefined;
    this.#touches.gap(why);
    await this.#options.listener.onGap(why);
    await this.#lookSince(this.#soundAt);
  }

  async #lookSince(since: number): Promise<void> {
    const begun = Date.now();
    const sightings = new Sightings();
    await lookAtAll(this.#tree, since - clockSlackMs, sightings);
    this.#soundAt = begun;
    await this.#record(sightings, false);
  }

  async #record(sightings: Sightings, sure: boolean): Promise<void> {
    const all = sightings.all();
    if (all.length === 0) return;
    const batch = await this.#recorder.record(this.#tree, all, sure);
    this.#touches.add(batch.paths);
    if (batch.storm) this.#quietUntil = performance.now() + stormPauseMs;
    if (!isEmpty(batch)) await this.#options.listener.onBatch(batch);
    if (!batch.paths.some((path) => path === '.gitignore' || path.endsWith('/.gitignore'))) return;
    this.#recorder.forgetRules();
    this.#rescan ??= 'the rules of what git ignores have changed';
  }

  /** The worktree itself can go: removed, moved, or replaced. */
  async #isGone(): Promise<boolean> {
    const info = infoOf(this.#options.root);
    if (info?.isDirectory() === true && info.ino === this.#inode) return false;
    await this.#end('the worktree is gone');
    return true;
  }

  /** Looks at all files from time to time, since the system will not tell. */
  async #poll(reason: unknown): Promise<void> {
    const why = reason instanceof Error ? reason.message : String(reason);
    this.#tree.close();
    this.#pending.clear();
    this.#touches.gap(why);
    await this.#become('polling', why);
    this.#pollLater(0);
    await this.#look();
  }

  /** The folders as they are, for looks alone. */
  async #openTree(): Promise<void> {
    const { root, rules } = this.#options;
    const tree = new FolderTree({ root, rules });
    await tree.open();
    this.#tree = tree;
  }

  #pollLater(tookMs: number): void {
    if (this.#mode !== 'polling') return;
    clearTimeout(this.#timer);
    // Nine tenths of the time the disk is left alone.
    const wait = Math.max(this.#options.pollMs ?? usualPollMs, 9 * tookMs);
    this.#timer = setTimeout(() => {
      const begun = performance.now();
      this.#do(() => this.#look()).then(
        () => this.#pollLater(performance.now() - begun),
        (error: unknown) => this.#options.listener.onProblem(error),
      );
    }, wait);
  }

  async #look(): Promise<void> {
    if (this.#mode !== 'polling' || (await this.#isGone())) return;
    this.#rescan = undefined;
    if (this.#tree.top === undefined) await this.#openTree();
    await this.#lookSince(this.#soundAt);
  }

  async #become(mode: WatchMode, why?: string): Promise<void> {
    this.#mode = mode;
    await this.#options.listener.onMode(mode, why);
    this.#schedule();
  }

  async #end(why: string): Promise<void> {
    if (this.#mode === 'ended') return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stopListening();
    this.#tree.close();
    this.#pending.clear();
    this.#touches.gap(why);
    await this.#become('ended', why);
  }
}

/** Nothing that can be told of it is as good as nothing there. */
function infoOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
