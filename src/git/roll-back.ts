/** What a rollback does to the files: which of the changes between two states were chosen, and the state that they make. */
import { CoppiceError } from '../core/errors.ts';
import type { ChosenHunks } from '../core/restore/state.ts';
import { checkpointRef, messageOf } from './checkpoint.ts';
import { commitEdited, type Edited } from './edit-tree.ts';
import { type Exact, exactFilesOf, keepExact } from './exact.ts';
import { blobWithHunks } from './hunks.ts';
import { sparing } from './ignored-then.ts';
import { setOwnRef } from './own-refs.ts';
import type { Repository } from './repository.ts';
import { chosenMoves, type FileState, type Move, movesBetweenStates, withNeeded } from './restore.ts';

/** Which changes are wanted. Without `paths` and `hunks` all of them. */
export interface RollbackChoice {
  readonly paths?: readonly string[];
  readonly hunks?: readonly ChosenHunks[];
  /** Only files that the target has and `now` has not; `paths` and `hunks` are not looked at then. */
  readonly gone?: boolean;
  /** Only paths that differ between this state and the target. */
  readonly since?: FileState;
}

/**
 * The moves that bring the chosen files from the state `now` to the state `target`.
 *
 * @throws CoppiceError `bad-usage` when a file has no such changes, or cannot be taken in parts.
 */
export async function chosenRollback(
  repository: Repository,
  now: FileState & { readonly head: string },
  target: FileState,
  { paths, hunks, gone, since }: RollbackChoice,
): Promise<Move[]> {
  const every = await movesBetweenStates(repository, now, target);
  const moves = since === undefined ? every : await movesOf(repository, every, since, target);
  const whole = gone === true ? lostMoves(moves) : chosenMoves(moves, paths ?? (hunks === undefined ? undefined : []));
  const partly = await Promise.all((hunks ?? []).map((each) => inPart(repository, moves, each)));
  const twice = partly.find(({ path }) => whole.some((move) => move.path === path));
  const chosen = [...whole, ...partly];
  if (twice === undefined) {
    // What a rollback itself has put there is known not to have been there before.
    return since === undefined
      ? sparing(repository, { now: now.tree, target: target.tree, head: now.head }, chosen, moves)
      : chosen;
  }
  throw new CoppiceError('bad-usage', `${twice.path} is asked for in whole and in part.`, 'Ask for one of them.');
}

/** The moves that bring back what is not there, with what stands in its way. */
function lostMoves(moves: readonly Move[]): Move[] {
  return withNeeded(moves, new Set(moves.filter(({ from }) => from === undefined).map(({ path }) => path)));
}

/**
 * Of the moves those of the very paths that differ between two states, with what they cannot do without: what merely stands below one of
 * them by now is something else.
 */
async function movesOf(
  repository: Repository,
  moves: readonly Move[],
  since: FileState,
  target: FileState,
): Promise<Move[]> {
  const paths = new Set(await pathsBetween(repository, since, target));
  return withNeeded(moves, new Set(moves.map(({ path }) => path).filter((path) => paths.has(path))));
}

/** Paths that differ between two states. */
export async function pathsBetween(repository: Repository, from: FileState, to: FileState): Promise<string[]> {
  return (await movesBetweenStates(repository, from, to)).map(({ path }) => path);
}

async function inPart(repository: Repository, moves: readonly Move[], { path, hunks }: ChosenHunks): Promise<Move> {
  const move = moves.find((each) => each.path === path);
  const { from, to, exact, fromExact } = move ?? {};
  if (exact !== undefined || fromExact !== undefined) {
    const next = 'Take the whole file, or leave it.';
    throw new CoppiceError('bad-usage', `${path} has line ends or a filter that single changes would break.`, next);
  }
  if (from === undefined || to === undefined || !isFile(from.mode) || !isFile(to.mode)) {
    throw new CoppiceError(
      'bad-usage',
      `${path} is not a file in both states, so there are no single changes to choose from.`,
      'Take the whole file, or leave it.',
    );
  }
  const id = await blobWithHunks(repository, path, { from: from.id, to: to.id, chosen: hunks });
  return { path, from, to: { mode: from.mode, id } };
}

function isFile(mode: string): boolean {
  return mode.startsWith('100');
}

/** The state that the moves make, as a commit under the ref of its checkpoint; made before any file is touched. */
export async function keepResult(
  repository: Repository,
  what: { session: string; n: number; intent: string; now: FileState; head: string; moves: readonly Move[] },
): Promise<Edited & { readonly exact?: Exact }> {
  const { session, n, intent, now, head, moves } = what;
  const files = new Map(await exactFilesOf(repository, now.exact));
  for (const { path, to, exact: id } of moves) {
    if (to === undefined || id === undefined) files.delete(path);
    else files.set(path, { mode: to.mode, id });
  }
  const exact = await keepExact(repository, files);
  const made = await commitEdited(repository, {
    message: messageOf(session, n, intent),
    parents: [head, ...(exact === undefined ? [] : [exact.commit])],
    ...{ base: now.tree, edits: moves },
  });
  await setOwnRef(repository, checkpointRef(session, n), made.commit, '');
  return { ...made, ...(exact === undefined ? {} : { exact }) };
}
