import { footprint, type Footprint } from '../../core/radar/prefilter.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { isSettled, statusOf } from '../../core/session/status.ts';
import type { TouchedPaths } from '../../core/watch/touched.ts';
import { diffTrees } from '../../git/diff.ts';
import { headOf } from '../../git/facts.ts';
import type { SnapshotRequest, TrialMerges } from '../../git/radar.ts';
import { branchCommit } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import { treeOfCommit } from '../../git/save.ts';
import { treeOf } from '../../git/tree.ts';

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

/** Whether the files of a session still count: it works, or its work waits to come home. */
export function isCandidate(session: Session): session is Session & { readonly worktree: Place } {
  if (session.worktree === undefined || session.archived) return false;
  return (
    !isSettled(session) || ['reported', 'verified', 'accepted', 'interrupted', 'failed'].includes(statusOf(session))
  );
}

/** Keeps the sides of one repository in step with their worktrees. `spawned` is told of each git process. */
export class Sides {
  readonly #repository: Repository;
  readonly #trials: TrialMerges;
  readonly #touched: TouchedPaths;
  readonly #known = new Map<string, Side>();
  /** Where the branches were that sides came from. */
  readonly #tips = new Map<string, string | undefined>();

  constructor(repository: Repository, trials: TrialMerges, touched: TouchedPaths) {
    this.#repository = repository;
    this.#trials = trials;
    this.#touched = touched;
  }

  /**
   * The sides as their files are at the moment, and how many git processes that took. Sessions that are not in `dirty` are
   * as they were known.
   */
  async refresh(
    candidates: readonly Candidate[],
    dirty: ReadonlySet<string>,
  ): Promise<{ readonly sides: readonly Side[]; readonly spawned: number }> {
    const ids = new Set(candidates.map(({ session }) => session.id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    let spawned = 0;
    const requests: { readonly candidate: Candidate; readonly from: Side; readonly request: SnapshotRequest }[] = [];
    for (const candidate of candidates) {
      const { session, place } = candidate;
      const known = this.#known.get(session.id);
      if (known !== undefined && !dirty.has(session.id)) continue;
      const head = await this.#head(place);
      const { paths, gap } = await this.#touched.take(session.id, taker);
      if (known === undefined || gap !== undefined) {
        const { side, processes } = await this.#whole(candidate, head);
        spawned += processes;
        requests.push({ candidate, from: side, request: { root: place.path, head, tree: side.tree, paths: [] } });
      } else if (paths.length > 0 || head !== known.head) {
        requests.push({ candidate, from: known, request: { root: place.path, head, tree: known.tree, paths } });
      }
    }
    const made = await this.#trials.snapshots(requests.map(({ request }) => request));
    if (requests.length > 0) spawned += 1;
    for (const [index, { from, request }] of requests.entries()) {
      const snapshot = made[index];
      if (snapshot === undefined) continue;
      const { commit, tree, gone, large } = snapshot;
      const side = { ...from, head: request.head, tree, commit, ...grown(from, request.paths, gone, large) };
      this.#known.set(from.session, side);
    }
    return { sides: [...this.#known.values()], spawned };
  }

  /** Everything about the sides has to be found out again. */
  forget(): void {
    this.#known.clear();
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

  /** A worktree of which little is known is read as a whole; one in which nobody works is as its branch. */
  async #whole(
    { session, place }: Candidate,
    head: string,
  ): Promise<{ readonly side: Side; readonly processes: number }> {
    const still = isSettled(session) && session.result?.changes?.commit !== undefined;
    const tree = still ? await treeOfCommit(this.#repository, head) : (await treeOf(this.#repository, place)).tree;
    const files = await diffTrees(this.#repository, place.baseCommit, tree, { renames: false, counts: false });
    const gone = files.filter(({ status }) => status === 'deleted').map(({ path }) => path);
    const { path: worktree, base, baseCommit } = place;
    const print = footprint(
      files.map(({ path }) => path),
      gone,
    );
    const side = {
      session: session.id,
      worktree,
      base,
      baseCommit,
      head,
      tree,
      commit: '',
      print,
      large: new Set<string>(),
    };
    return { side, processes: still ? 2 : 3 };
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
