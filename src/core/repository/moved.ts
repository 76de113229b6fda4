import type { Entity, EntityRef, NewEvent } from '../domain.ts';
import { event, type Recorded } from '../events.ts';
import type { Landing } from '../landing/state.ts';
import type { Overlap } from '../radar/state.ts';
import type { Place, Session } from '../session/state.ts';
import type { Judgement } from '../supervision/judgement.ts';
import type { Grant, Stop } from '../supervision/stops.ts';
import type { Worktree } from '../worktree/state.ts';
import type { Repository } from './state.ts';

/** What of a repository is bound to it by its id, which stands for the path of its git directory. */
export interface Bound {
  readonly sessions: readonly Session[];
  readonly worktrees: readonly Worktree[];
  readonly landings: readonly Landing[];
  readonly judgements: readonly Judgement[];
  readonly stops: readonly Stop[];
  readonly grants: readonly Grant[];
  readonly overlaps: readonly Overlap[];
}

/** A repository at a path: its id, the top folder of its main checkout and its git directory. */
export interface RepositoryAt {
  readonly id: string;
  readonly root: string;
  readonly common: string;
}

/**
 * Binds everything of the repository `from` to `to`, which is the same one at another path, with the trust that was given
 * to the path where it is, else to the one where it was. Where work of two sessions overlaps is looked for again.
 */
export function moveRepository(
  from: RepositoryAt,
  to: RepositoryAt,
  bound: Bound,
  known: { readonly from: Repository | undefined; readonly to: Repository | undefined },
  by: string,
): readonly NewEvent[] {
  const idsOf = (entities: readonly { readonly id: string }[]): string[] => entities.map(({ id }) => id);
  // What a person has said of the new path holds.
  const { trusted = false, host = false } = known.to ?? known.from ?? {};
  return [
    event('repository.moved', {
      from,
      to,
      trusted,
      host,
      by,
      bound: {
        session: idsOf(bound.sessions),
        worktree: idsOf(bound.worktrees),
        landing: idsOf(bound.landings),
        judgement: idsOf(bound.judgements),
        stop: idsOf(bound.stops),
        grant: idsOf(bound.grants),
      },
    }),
    ...bound.overlaps.map(({ id }) => event('overlap.gone', { overlap: id, why: 'repository moved' })),
  ];
}

/** The entities that a move changes. */
export function movedRefs({ data }: Recorded<'repository.moved'>): EntityRef[] {
  return [
    { kind: 'repository', id: data.from.id },
    { kind: 'repository', id: data.to.id },
    ...Object.entries(data.bound).flatMap(([kind, ids]) => ids.map((id) => ({ kind, id }))),
  ];
}

/** The entity after the move; of the repository itself, the one at the path before is known no more. */
export function reduceMoved(
  ref: EntityRef,
  entity: Entity | undefined,
  { at, data }: Recorded<'repository.moved'>,
): object | undefined {
  const { from, to, trusted, host, by } = data;
  if (ref.kind === 'repository') {
    return ref.id === to.id ? { id: to.id, root: to.root, trusted, host, by, at } : undefined;
  }
  if (entity === undefined) return undefined;
  if (ref.kind === 'session') return movedSession(entity as unknown as Session, from, to);
  const place = ref.kind === 'worktree' ? movedPlace(entity as unknown as Worktree, from, to) : entity;
  return { ...place, repository: to.id };
}

function movedSession(session: Session, from: RepositoryAt, to: RepositoryAt): Session {
  const { request, worktree } = session;
  return {
    ...session,
    repository: { id: to.id, root: to.root },
    ...(request.from === undefined
      ? {}
      : { request: { ...request, from: movedPath(request.from, from.root, to.root) } }),
    ...(worktree === undefined ? {} : { worktree: movedPlace(worktree, from, to) }),
  };
}

function movedPlace<P extends Place>(place: P, from: RepositoryAt, to: RepositoryAt): P {
  return {
    ...place,
    admin: movedPath(place.admin, from.common, to.common),
    common: movedPath(place.common, from.common, to.common),
  };
}

/** The path with the folder `from` at its beginning replaced by `to`; any other path as it is. */
export function movedPath(path: string, from: string, to: string): string {
  return path === from || path.startsWith(`${from}/`) ? `${to}${path.slice(from.length)}` : path;
}
