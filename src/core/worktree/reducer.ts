import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import type { Worktree } from './state.ts';

/** The worktree after the event; undefined once it was removed. */
export function reduceWorktree(worktree: Worktree | undefined, event: Recorded): Worktree | undefined {
  switch (event.type) {
    case 'worktree.made':
      if (worktree === undefined) return made(event);
      return event.data.setUpDue === true ? worktree : setUp(worktree);
    case 'worktree.ready':
      return taken(worktree, event);
    case 'session.returned':
      return returned(worktree, event);
    case 'session.restored':
      return worktree ?? restored(event);
    case 'session.settled':
      return worktree?.holder === event.data.session ? { ...worktree, holder: null } : worktree;
    case 'worktree.removed':
      return undefined;
    default:
      return worktree;
  }
}

function made({ at, data }: Recorded<'worktree.made'>): Worktree {
  const { worktree: place, repository, setUpDue } = data;
  return { ...place, id: place.path, repository, holder: null, session: null, since: at, ...defined({ setUpDue }) };
}

function setUp({ setUpDue: _, ...worktree }: Worktree): Worktree {
  return worktree;
}

function taken(worktree: Worktree | undefined, { at, data }: Recorded<'worktree.ready'>): Worktree {
  const { worktree: place, repository, session, setUpDue } = data;
  // A worktree that we made stays ours to remove, also when a later session finds it there.
  const origin = worktree?.origin === 'created' ? 'created' : place.origin;
  const known = {
    ...place,
    id: place.path,
    origin,
    repository,
    holder: session,
    session,
    since: worktree?.since ?? at,
  };
  return { ...known, ...defined({ setUpDue }) };
}

function returned(worktree: Worktree | undefined, { at, data }: Recorded<'session.returned'>): Worktree | undefined {
  const { worktree: place, repository, session } = data;
  if (place === undefined) return worktree;
  return worktree ?? { ...place, id: place.path, repository, holder: null, session, since: at };
}

function restored({ at, data }: Recorded<'session.restored'>): Worktree | undefined {
  const { id: session, worktree: place, repository, holding } = data.entity;
  if (place === undefined) return undefined;
  return { ...place, id: place.path, repository: repository.id, holder: holding ? session : null, session, since: at };
}
