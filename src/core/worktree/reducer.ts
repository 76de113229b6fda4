import type { Recorded } from '../events.ts';
import type { Worktree } from './state.ts';

export function reduceWorktree(worktree: Worktree | undefined, event: Recorded): Worktree | undefined {
  switch (event.type) {
    case 'worktree.ready': {
      const { data, at } = event;
      const since = worktree?.since ?? at;
      // A worktree that we made stays ours to remove, also when a later session finds it there.
      const origin = worktree?.origin === 'created' ? 'created' : data.worktree.origin;
      const { path: id } = data.worktree;
      return {
        ...data.worktree,
        id,
        origin,
        repository: data.repository,
        holder: data.session,
        session: data.session,
        since,
      };
    }
    case 'session.restored': {
      const { id: session, worktree: place, repository, holding } = event.data.entity;
      if (place === undefined || worktree !== undefined) return worktree;
      const holder = holding ? session : null;
      return { ...place, id: place.path, repository: repository.id, holder, session, since: event.at };
    }
    case 'session.settled':
      return worktree?.holder === event.data.session ? { ...worktree, holder: null } : worktree;
    case 'worktree.removed':
      return undefined;
    default:
      return worktree;
  }
}
