import { checkpointId, type Checkpoint } from '../../core/checkpoint/state.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Repository } from '../../git/repository.ts';
import { checkpointTree } from '../../git/checkpoint.ts';
import { treeOfCommit } from '../../git/save.ts';
import type { Side } from '../../protocol/diff-schemas.ts';
import { requireTrusted } from '../handlers/trusted.ts';
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
export async function treeOfSide(
  { store }: Services,
  { repository, place }: SessionPlace,
  session: Session,
  side: Side,
): Promise<SideTree> {
  if (side === 'base') return { tree: await treeOfCommit(repository, place.baseCommit), remarks: [] };
  return side === 'worktree' ? checkpointTree(repository, place) : asSide(checkpointAt(store, session.id, side));
}

function asSide({ tree, remarks = [] }: Checkpoint): SideTree {
  return { tree, remarks };
}

/** @throws CoppiceError `not-found` */
export function checkpointAt(store: Services['store'], session: string, n: number): Checkpoint {
  const checkpoint = store.get('checkpoint', checkpointId(session, n));
  if (checkpoint !== undefined) return checkpoint;
  const options = { context: { session }, way: 'see-checkpoints' } as const;
  throw new CoppiceError('not-found', `Session ${session} has no checkpoint ${n}.`, 'See which it has.', options);
}

/** All checkpoints of a session, oldest first. */
export function checkpointsOf(store: Services['store'], session: string): Checkpoint[] {
  return store
    .all('checkpoint')
    .filter((each) => each.session === session)
    .sort((a, b) => a.n - b.n);
}
