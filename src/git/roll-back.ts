/** What a rollback does to the files: which of the changes between two states were chosen, and the state that they make. */
import { CoppiceError } from '../core/errors.ts';
import type { ChosenHunks } from '../core/restore/state.ts';
import { checkpointRef, messageOf } from './checkpoint.ts';
import { commitEdited, type Edited } from './edit-tree.ts';
import { blobWithHunks } from './hunks.ts';
import type { Repository } from './repository.ts';
import { chosenMoves, type Move, movesBetween } from './restore.ts';

/** Which changes are wanted. Without `paths` and `hunks` all of them. */
export interface RollbackChoice {
  readonly paths?: readonly string[];
  readonly hunks?: readonly ChosenHunks[];
  /** Only paths that differ between this tree and the target. */
  readonly since?: string;
}

/**
 * The moves that bring the chosen files from the tree `now` to the tree `target`.
 *
 * @throws CoppiceError `bad-usage` when a file has no such changes, or cannot be taken in parts.
 */
export async function chosenRollback(
  repository: Repository,
  now: string,
  target: string,
  { paths, hunks, since }: RollbackChoice,
): Promise<Move[]> {
  const every = await movesBetween(repository, now, target);
  const moves = since === undefined ? every : chosenMoves(every, await pathsBetween(repository, since, target));
  const whole = chosenMoves(moves, paths ?? (hunks === undefined ? undefined : []));
  const partly = await Promise.all((hunks ?? []).map((each) => inPart(repository, moves, each)));
  const twice = partly.find(({ path }) => whole.some((move) => move.path === path));
  if (twice === undefined) return [...whole, ...partly];
  throw new CoppiceError('bad-usage', `${twice.path} is asked for in whole and in part.`, 'Ask for one of them.');
}

/** Paths that differ between two trees. */
export async function pathsBetween(repository: Repository, from: string, to: string): Promise<string[]> {
  return (await movesBetween(repository, from, to)).map(({ path }) => path);
}

async function inPart(repository: Repository, moves: readonly Move[], { path, hunks }: ChosenHunks): Promise<Move> {
  const move = moves.find((each) => each.path === path);
  const { from, to } = move ?? {};
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
  what: { session: string; n: number; intent: string; now: string; head: string; moves: readonly Move[] },
): Promise<Edited> {
  const { session, n, intent, now, head, moves } = what;
  const made = await commitEdited(repository, {
    name: session,
    message: messageOf(session, n, intent),
    ...{ parents: [head], base: now, edits: moves },
  });
  await repository.run(['update-ref', checkpointRef(session, n), made.commit, '']);
  return made;
}
