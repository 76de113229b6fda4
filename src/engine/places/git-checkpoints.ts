import type { LostFiles } from '../../core/checkpoint/loss.ts';
import type { Checkpoint } from '../../core/checkpoint/state.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { ChangedFile } from '../../core/supervision/tests.ts';
import type { TouchedPaths } from '../../core/watch/touched.ts';
import { allOf } from '../../git/all-of.ts';
import { checkpointTree, dropCheckpoint, highestRef, takeBase, takeCheckpoint } from '../../git/checkpoint.ts';
import { diffTrees, patchBetween } from '../../git/diff.ts';
import type { Repository } from '../../git/repository.ts';
import { sparing } from '../../git/ignored-then.ts';
import { treeSince } from '../../git/still.ts';
import { implausibleLoss } from '../../git/loss.ts';
import { absentFiles, refuseObstacles } from '../../git/obstacles.ts';
import { treeChanges } from '../../git/tree-diff.ts';
import { moveFiles, type Move, movesBetweenStates } from '../../git/restore.ts';
import { chosenRollback, keepResult, pathsBetween } from '../../git/roll-back.ts';
import type { Captured, CheckpointPlace, Planned, Rollback, TakeOptions, Unfinished } from '../sessions/checkpoints.ts';
import type { Repositories } from './repositories.ts';

/** What checkpoints of git worktrees are made with. */
export interface GitCheckpointsOptions {
  readonly repositories: Pick<Repositories, 'locate' | 'open'>;
  readonly touched: TouchedPaths;
  /** Aborted when the engine stops. */
  readonly stopping: AbortSignal;
  /** Milliseconds from any fixed point, never backwards; that of this process unless given. */
  readonly clock?: () => number;
}

/** Under this name paths are taken for checkpoints. */
const taker = 'checkpoint';
/** Under this one for looks. */
const looker = 'look';

/** Written by Coppice, not by those who work there. */
const ownFolder = '.tasks/';

/** What the watch cannot see (a file mapped into memory, another machine) is looked for again after this time at the latest. */
const goodMs = 2000;

/**
 * The look at the files of a session that began last: what it has found, once it has, and when it began, in milliseconds of this
 * process.
 */
interface Looked {
  readonly tree?: string;
  readonly at: number;
}

/** What says where a session's repository is. */
type Home = Pick<Session, 'id'> & {
  readonly request: Pick<Session['request'], 'from'>;
  readonly repository: Pick<Session['repository'], 'root'>;
};

/** Checkpoints of git worktrees, under private refs. */
export class GitCheckpoints implements CheckpointPlace {
  readonly #options: GitCheckpointsOptions;
  readonly #looked = new Map<string, Looked>();

  constructor(options: GitCheckpointsOptions) {
    this.#options = options;
  }

  async begin(session: Session, place: Place, intent: string, untouched: boolean): Promise<Captured> {
    const repository = await this.#repository(session);
    const options = { session: session.id, n: 0, intent };
    if (untouched) return takeBase(repository, place, options);
    return takeCheckpoint(repository, place, { ...options, signal: this.#options.stopping });
  }

  async take(session: Session, place: Place, { n, intent, parent, full }: TakeOptions): Promise<Captured> {
    const repository = await this.#repository(session);
    // Taken before the files are looked at: what is written meanwhile is for the next checkpoint as well.
    const touched = await this.#options.touched.take(session.id, taker);
    try {
      return await takeCheckpoint(repository, place, {
        ...{ session: session.id, n, intent, signal: this.#options.stopping },
        ...(parent === undefined ? {} : { parent }),
        seen: touched.paths,
        ...(full || touched.gap !== undefined ? {} : { touched: touched.paths }),
      });
    } catch (error) {
      this.#options.touched.giveBack(session.id, taker, touched);
      throw error;
    }
  }

  async look(session: Home, place: Place): Promise<string> {
    const [tree] = await this.lookBeside(session, place, () => Promise.resolve());
    return tree;
  }

  async lookBeside<T>(session: Home, place: Place, meanwhile: () => Promise<T>): Promise<readonly [string, T]> {
    // Before the files are looked at, so that what is written meanwhile is told to the next one who asks.
    await this.#options.touched.take(session.id, looker);
    const repository = await this.#repository(session);
    return allOf([this.#look(session, place, repository), meanwhile()]);
  }

  async lookAgain(session: Home, place: Place): Promise<string> {
    const { paths, gap } = await this.#options.touched.take(session.id, looker);
    const last = this.#looked.get(session.id);
    const good = last?.tree !== undefined && gap === undefined && paths.length === 0;
    if (good && this.#now() - last.at < goodMs) return last.tree;
    return this.#look(session, place, await this.#repository(session));
  }

  #now(): number {
    return (this.#options.clock ?? performance.now.bind(performance))();
  }

  async #look(session: Home, place: Place, repository: Repository): Promise<string> {
    const at = this.#now();
    for (const [id, looked] of this.#looked) if (id === session.id || at - looked.at > goodMs) this.#looked.delete(id);
    const begun: Looked = { at };
    this.#looked.set(session.id, begun);
    const { stopping } = this.#options;
    const tree =
      (await treeSince(repository, place, stopping)) ?? (await checkpointTree(repository, place, stopping)).tree;
    // Not where another one began meanwhile: only that one was told what was touched since.
    if (this.#looked.get(session.id) === begun) this.#looked.set(session.id, { tree, at });
    return tree;
  }

  async differs(session: Session, from: string, to: string): Promise<boolean> {
    return (await this.paths(session, from, to)).length > 0;
  }

  async lost(session: Session, place: Place, from: string, to: string): Promise<LostFiles | undefined> {
    return implausibleLoss(await this.#repository(session), place, { from, to });
  }

  async paths(session: Session, from: string, to: string): Promise<readonly string[]> {
    const changes = await treeChanges(await this.#repository(session), from, to);
    return changes.map(({ path }) => path).filter((path) => !path.startsWith(ownFolder));
  }

  async changed(session: Session, from: string, to: string): Promise<readonly ChangedFile[]> {
    const files = await diffTrees(await this.#repository(session), from, to, { renames: false });
    return files.filter(({ path }) => !path.startsWith(ownFolder));
  }

  async patch(session: Session, from: string, to: string, maxBytes: number): Promise<string> {
    return patchBetween(await this.#repository(session), from, to, maxBytes);
  }

  async plan(session: Session, place: Place, { now, target, since, request, ...rest }: Rollback): Promise<Planned> {
    const repository = await this.#repository(session);
    const choice = { ...request, ...(since === undefined ? {} : { since }) };
    const chosen = await chosenRollback(repository, now, target, choice);
    const moves = request.gone === true ? await sparingPresent(place, chosen) : chosen;
    if (moves.length === 0) return { moves, tree: now.tree, commit: now.commit };
    return this.#keep(repository, session, place, { ...rest, now, moves });
  }

  async planAgain(session: Session, place: Place, unfinished: Unfinished): Promise<Planned> {
    const { now, before, wanted, target, ...rest } = unfinished;
    const repository = await this.#repository(session);
    const planned = new Set(await pathsBetween(repository, before, wanted));
    const left = (await movesBetweenStates(repository, now, wanted)).filter(({ path }) => planned.has(path));
    const moves =
      target === undefined
        ? left
        : await sparing(repository, { now: now.tree, target: target.tree, head: now.head }, left);
    return this.#keep(repository, session, place, { ...rest, now, moves });
  }

  async carryOut(session: Session, place: Place, { moves }: Planned): Promise<void> {
    await moveFiles(await this.#repository(session), place, moves);
  }

  async #keep(
    repository: Repository,
    session: Session,
    place: Place,
    { n, intent, now, moves }: Pick<Rollback, 'n' | 'intent' | 'now'> & { readonly moves: readonly Move[] },
  ): Promise<Planned> {
    await refuseObstacles(repository, place, moves);
    const what = { session: session.id, n, intent, now, head: now.head, moves };
    return { moves, ...(await keepResult(repository, what)) };
  }

  async drop(session: Session, checkpoint: Checkpoint): Promise<void> {
    await dropCheckpoint(await this.#repository(session), session.id, checkpoint);
  }

  async free(session: Session): Promise<number> {
    return (await highestRef(await this.#repository(session), session.id)) + 1;
  }

  async #repository(session: Home): Promise<Repository> {
    const { repositories } = this.#options;
    return repositories.open(await repositories.locate(session.request.from ?? session.repository.root));
  }
}

/** What git ignores by now and is still there is not brought back: there is nothing to bring. */
async function sparingPresent(place: Place, moves: readonly Move[]): Promise<Move[]> {
  const come = moves.filter(({ from }) => from === undefined).map(({ path }) => path);
  const absent = new Set(await absentFiles(place, come));
  return moves.filter(({ path, from }) => from !== undefined || absent.has(path));
}
