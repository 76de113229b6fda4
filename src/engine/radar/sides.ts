import { defined } from '../../core/defined.ts';
import { footprint, type Footprint } from '../../core/radar/prefilter.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { isSettled, statusOf } from '../../core/session/status.ts';
import type { TouchedPaths } from '../../core/watch/touched.ts';
import { headOf } from '../../git/facts.ts';
import type { SnapshotRequest, TrialMerges } from '../../git/radar.ts';
import { branchCommit } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import { treeOfCommit } from '../../git/save.ts';
import { treeSince } from '../../git/still.ts';
import { treeOf } from '../../git/tree.ts';
import { treeChanges } from '../../git/tree-diff.ts';

/** A session whose files are compared with those of the others. */
export interface Candidate {
  readonly session: Session;
  readonly place: Place;
}

/** What is known of the files of one session. */
export interface Side {
  readonly session: string;
  readonly worktree: string;
  readonly base: string;
  readonly baseCommit: string;
  readonly head: string;
  readonly tree: string;
  /** A commit with these files, in the store of the trial merges; never a commit of a branch unless it has the same files. */
  readonly commit: string;
  readonly print: Footprint;
  /** Paths that are too large to be compared. */
  readonly large: ReadonlySet<string>;
}

const taker = 'radar';

/** git processes that it takes to read a worktree as a whole, at most in nearly all cases. */
export const wholeProcesses = 4;

/** Whether the files of a session still count: it works, or its work waits to come home. */
export function isCandidate(session: Session): session is Session & { readonly worktree: Place } {
  if (session.worktree === undefined || session.archived) return false;
  return (
    !isSettled(session) || ['reported', 'verified', 'accepted', 'interrupted', 'failed'].includes(statusOf(session))
  );
}

/** What `Sides.refresh` found. */
export interface Refreshed {
  readonly sides: readonly Side[];
  /** Sessions whose worktrees have to be read as a whole still; what is known of them is from before, or nothing. */
  readonly unread: ReadonlySet<string>;
  /** Those of which nothing is known yet. */
  readonly unknown: ReadonlySet<string>;
  /** How many git processes that took. */
  readonly spawned: number;
  /** Why a worktree could not be read as a whole. */
  readonly problem?: string;
}

interface Wanted {
  readonly from: Side;
  readonly request: SnapshotRequest;
}

/** Keeps the sides of one repository in step with their worktrees. */
export class Sides {
  readonly #repository: Repository;
  readonly #trials: TrialMerges;
  readonly #touched: TouchedPaths;
  readonly #known = new Map<string, Side>();
  /** Sessions of which the watch may have missed something. */
  readonly #gaps = new Set<string>();
  /** Those that could not be read; they are tried again when they change. */
  readonly #unreadable = new Set<string>();
  /** Where the branches were that sides came from. */
  readonly #tips = new Map<string, string | undefined>();

  constructor(repository: Repository, trials: TrialMerges, touched: TouchedPaths) {
    this.#repository = repository;
    this.#trials = trials;
    this.#touched = touched;
  }

  /**
   * The sides as their files are at the moment. Sessions that are not in `dirty` are as they were known. Worktrees that have to be
   * read as a whole take long, so one of them is read at most, and none unless `mayRead`; the others are for later calls.
   *
   * @throws what is wrong with git. What was taken from the watches is lost then: see `forget`.
   */
  async refresh(candidates: readonly Candidate[], dirty: ReadonlySet<string>, mayRead: boolean): Promise<Refreshed> {
    this.#keepOnly(new Set(candidates.map(({ session }) => session.id)));
    const wanted: Wanted[] = [];
    for (const candidate of candidates) {
      const { id } = candidate.session;
      if (!dirty.has(id)) continue;
      this.#unreadable.delete(id);
      const change = this.#isUnread(id) ? undefined : await this.#change(candidate);
      if (change !== undefined) wanted.push(change);
    }
    const next = mayRead ? candidates.find(({ session }) => this.#isUnread(session.id)) : undefined;
    const read = next === undefined ? undefined : await this.#read(next);
    if (read?.whole !== undefined) wanted.push(read.whole);
    const { snapshots, processes } = await this.#trials.snapshots(wanted.map(({ request }) => request));
    for (const [index, { from, request }] of wanted.entries()) {
      const snapshot = snapshots[index];
      if (snapshot === undefined) continue;
      const { commit, tree, gone, large } = snapshot;
      const side = { ...from, head: request.head, tree, commit, ...grown(from, request.paths, gone, large) };
      this.#known.set(from.session, side);
    }
    const ids = candidates.map(({ session }) => session.id);
    return {
      sides: [...this.#known.values()],
      unread: new Set(ids.filter((id) => this.#isUnread(id))),
      unknown: new Set(ids.filter((id) => !this.#known.has(id))),
      spawned: processes + (read === undefined ? 0 : wholeProcesses),
      ...defined({ problem: read?.problem }),
    };
  }

  #isUnread(session: string): boolean {
    return (!this.#known.has(session) || this.#gaps.has(session)) && !this.#unreadable.has(session);
  }

  #keepOnly(sessions: ReadonlySet<string>): void {
    for (const held of [this.#known, this.#gaps, this.#unreadable])
      for (const id of held.keys()) if (!sessions.has(id)) held.delete(id);
  }

  /** What changed in a worktree that is known; undefined when that is nothing, or cannot be told without reading all of it. */
  async #change({ session, place }: Candidate): Promise<Wanted | undefined> {
    const from = this.#known.get(session.id);
    const head = await this.#head(place);
    const { paths, gap } = await this.#touched.take(session.id, taker);
    if (gap !== undefined) this.#gaps.add(session.id);
    if (from === undefined || gap !== undefined || (paths.length === 0 && head === from.head)) return undefined;
    return { from, request: { root: place.path, head, tree: from.tree, paths } };
  }

  /** Everything about the sides has to be found out again. */
  forget(): void {
    this.#known.clear();
    this.#gaps.clear();
  }

  /** Where the branch is that a session came from; undefined when it is gone. Starts no process. */
  async baseTip({ base }: Side): Promise<string | undefined> {
    const tip = await branchCommit(this.#repository, base);
    this.#tips.set(base, tip);
    return tip;
  }

  /** Whether a branch that sides came from is elsewhere than when it was asked for. Starts no process. */
  async basesMoved(): Promise<boolean> {
    for (const base of new Set([...this.#known.values()].map((side) => side.base))) {
      if ((await branchCommit(this.#repository, base)) !== this.#tips.get(base)) return true;
    }
    return false;
  }

  async #head(place: Place): Promise<string> {
    const head = await headOf(this.#repository, place.admin).catch(() => undefined);
    return head === undefined || head.kind === 'unborn' ? place.baseCommit : head.commit;
  }

  /** One that cannot be read keeps no other from being read. */
  async #read(candidate: Candidate): Promise<{ readonly whole?: Wanted; readonly problem?: string }> {
    const { id } = candidate.session;
    try {
      const whole = await this.#whole(candidate);
      this.#gaps.delete(id);
      return { whole };
    } catch (error) {
      this.#unreadable.add(id);
      return { problem: String(error) };
    }
  }

  /** Told from the look before where that is known: whoever judges the work waits for a look of others. */
  async #treeOf(place: Place): Promise<string> {
    return (await treeSince(this.#repository, place)) ?? (await treeOf(this.#repository, place)).tree;
  }

  /** A worktree of which little is known is read as a whole; one in which nobody works is as its branch. */
  async #whole({ session, place }: Candidate): Promise<Wanted> {
    const { path: worktree, base, baseCommit } = place;
    const head = await this.#head(place);
    await this.#touched.take(session.id, taker);
    const still = isSettled(session) && session.result?.changes?.commit !== undefined;
    const tree = still ? await treeOfCommit(this.#repository, head) : await this.#treeOf(place);
    const files = await treeChanges(this.#repository, await treeOfCommit(this.#repository, baseCommit), tree);
    const print = footprint(
      files.map(({ path }) => path),
      files.flatMap(({ path, after }) => (after === undefined ? [path] : [])),
    );
    return {
      from: {
        session: session.id,
        worktree,
        base,
        baseCommit,
        head,
        tree,
        commit: '',
        print,
        large: new Set<string>(),
      },
      request: { root: place.path, head, tree, paths: [] },
    };
  }
}

function grown(
  { print, large }: Side,
  paths: readonly string[],
  gone: readonly string[],
  more: readonly string[],
): Pick<Side, 'print' | 'large'> {
  const touched = new Set(paths);
  return {
    print: {
      ...footprint([...print.paths, ...paths], gone),
      left: new Set([...print.left, ...footprint([], gone).left]),
    },
    large: new Set([...[...large].filter((path) => !touched.has(path)), ...more]),
  };
}
