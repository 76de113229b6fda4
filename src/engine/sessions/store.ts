import type { Entities, Kind } from '../../core/coppice-domain.ts';
import type { Actor, JournalRecord, NewEvent } from '../../core/domain.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { Intent } from '../../core/intent/state.ts';
import type { Session } from '../../core/session/state.ts';
import { nearest } from '../../core/settings/suggest.ts';
import type { StateManager, StateView } from '../../state/state-manager.ts';

/** The state as the engine's other parts read it: the entities by their types. Reads include what is accepted and not yet on disk. */
export class Store {
  readonly state: StateManager;

  constructor(state: StateManager) {
    this.state = state;
  }

  get<K extends Kind>(kind: K, id: string): Entities[K] | undefined {
    return entity<K>(this.state.view, kind, id);
  }

  all<K extends Kind>(kind: K): Entities[K][] {
    return entities<K>(this.state.view, kind);
  }

  session(id: string): Session {
    const session = this.get('session', id);
    if (session !== undefined) return session;
    throw noSession(id);
  }

  /**
   * A session by its id, the beginning of its id, its task id, or the branch, name or path of the worktree that it has; where none at
   * hand has it, that it had.
   */
  find(key: string): Session {
    const exact = this.get('session', key);
    if (exact !== undefined) return exact;
    const all = this.all('session');
    const named = all.filter((each) => each.id.startsWith(key) || each.task.id === key);
    const working = all.filter((each) => !each.archived && worksIn(each, key));
    const found = [...new Set([...named, ...working])];
    const hits = found.length > 0 ? found : all.filter((each) => worksIn(each, key));
    const [hit] = hits;
    if (hit === undefined) throw noSession(key, this.#meant(key));
    if (hits.length === 1) return hit;
    const names = hits.slice(0, 5).map((each) => each.id);
    throw new CoppiceError(
      'bad-usage',
      `${key} names ${hits.length} sessions: ${names.join(', ')}.`,
      'Give more of the id.',
    );
  }

  /** What a session works on and where, for whoever reads the log. */
  whereabouts(id: string): { readonly task: string; readonly worktree?: string } | undefined {
    const session = this.get('session', id);
    if (session === undefined) return undefined;
    const { task, worktree } = session;
    return { task: task.id, ...(worktree === undefined ? {} : { worktree: worktree.path }) };
  }

  /** The name of a session that is nearest to one that no session has. */
  #meant(key: string): string | undefined {
    if (key.length < 4) return undefined; // anything is near to a letter
    const names = this.all('session').flatMap(({ id, task, archived, worktree }) =>
      archived
        ? []
        : [id, id.slice(0, key.length), task.id, ...(worktree === undefined ? [] : [worktree.slug, worktree.branch])],
    );
    return nearest(key, names);
  }

  intentsOf(session: string): Intent[] {
    return this.all('intent').filter((intent) => intent.session === session);
  }

  /** Decides on the present state and journals what was decided; resolves when it is on disk. */
  commit(actor: Actor, decide: () => readonly NewEvent[]): Promise<readonly JournalRecord[]> {
    return this.state.transact(actor, decide);
  }
}

function noSession(key: string, meant?: string): CoppiceError {
  const see = 'See which there are.';
  const next = meant === undefined ? see : `Did you mean "${meant}"? ${see}`;
  return new CoppiceError('not-found', `There is no session ${key}.`, next, { way: 'see-sessions' });
}

/** Whether that is the session's worktree: its name, its branch or its path. */
export function worksIn({ worktree }: Session, key: string): boolean {
  return worktree !== undefined && (worktree.slug === key || worktree.branch === key || worktree.path === key);
}

function entity<K extends Kind>(view: StateView, kind: K, id: string): Entities[K] | undefined {
  // A kind's entities are only made by its own reducer (see core/coppice-domain.ts).
  return view.get(kind, id) as unknown as Entities[K] | undefined;
}

function entities<K extends Kind>(view: StateView, kind: K): Entities[K][] {
  return [...view.all(kind)] as unknown as Entities[K][];
}
