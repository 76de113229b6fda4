import { CoppiceError } from '../../core/errors.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Repository } from '../../git/repository.ts';
import { treeOfCommit } from '../../git/save.ts';
import { treeOf } from '../../git/tree.ts';
import type { Side } from '../../protocol/diff-schemas.ts';
import { requireTrusted } from '../handlers/sessions.ts';
import type { Services } from '../services.ts';

/** A session's worktree with the repository it belongs to. */
export interface SessionPlace {
  readonly repository: Repository;
  readonly place: Place;
}

/** One state of a session's files as a tree. `remarks` are sentences about what of the worktree is not in it. */
export interface SideTree {
  readonly tree: string;
  readonly remarks: readonly string[];
}

/** @throws CoppiceError `untrusted`, `wrong-state` (it has no worktree yet). */
export async function placeOf(services: Services, session: Session): Promise<SessionPlace> {
  requireTrusted(services, session.repository);
  const place = session.worktree;
  if (place === undefined) {
    throw new CoppiceError('wrong-state', `Session ${session.id} has no worktree yet.`, 'Wait until it has begun.');
  }
  const { repositories } = services;
  const location = await repositories.locate(session.request.from ?? session.repository.root);
  return { repository: await repositories.open(location), place };
}

/** @throws CoppiceError `not-found` (no such checkpoint), `worktree-unsafe`, `git-failed`, `disk-full`. */
export async function treeOfSide({ repository, place }: SessionPlace, session: Session, side: Side): Promise<SideTree> {
  if (side === 'base') return { tree: await treeOfCommit(repository, place.baseCommit), remarks: [] };
  if (side !== 'worktree') {
    throw new CoppiceError(
      'not-found',
      `Session ${session.id} has no checkpoint ${side}.`,
      'See `coppice checkpoints` for those it has.',
    );
  }
  const { tree, nested, unreadable } = await treeOf(repository, place);
  return {
    tree,
    remarks: [
      ...nested.map((path) => `${path} is a repository of its own: its files are not compared.`),
      ...unreadable.map((path) => `${path} cannot be read.`),
    ],
  };
}
