/** The shape of the Sessions view: which row is below which, and in what order. Pure. */
import type { SessionView } from '../../protocol/schemas.ts';
import { Subtrees, sameBelow, type Below, type Rank } from './below.ts';
import type { Changes, Entry } from './entry.ts';

/** A row. Rows are interned: the same row is always the same object, which is how VS Code knows it again. */
export type Row =
  | { readonly kind: 'repository'; readonly root: string }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'turn'; readonly session: string; readonly n: number }
  | { readonly kind: 'archive'; readonly root: string };

/** Makes each row once. */
export class Rows {
  readonly #rows = new Map<string, Row>();

  repository(root: string): Row {
    return this.#intern(`r:${root}`, { kind: 'repository', root });
  }

  session(id: string): Row {
    return this.#intern(`s:${id}`, { kind: 'session', id });
  }

  turn(session: string, n: number): Row {
    return this.#intern(`t:${session}/${n}`, { kind: 'turn', session, n });
  }

  archive(root: string): Row {
    return this.#intern(`a:${root}`, { kind: 'archive', root });
  }

  #intern(key: string, row: Row): Row {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    this.#rows.set(key, row);
    return row;
  }
}

/** The stable id of a row, for VS Code. */
export function rowId(row: Row): string {
  switch (row.kind) {
    case 'repository':
      return `repository:${row.root}`;
    case 'archive':
      return `archive:${row.root}`;
    case 'session':
      return `session:${row.id}`;
    case 'turn':
      return `turn:${row.session}/${row.n}`;
  }
}

/** What is asked of the outline beside the sessions. */
export interface OutlineOptions {
  readonly showArchived: boolean;
}

/** Rows by parent, made once for a state of the sessions. */
export class Outline {
  readonly #rows: Rows;
  readonly #options: OutlineOptions;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #children = new Map<string, SessionView[]>();
  readonly #archived = new Map<string, SessionView[]>();
  readonly #roots = new Map<string, SessionView[]>();
  readonly #subtrees: Subtrees;

  constructor(entries: ReadonlyMap<string, Entry>, roots: readonly string[], rows: Rows, options: OutlineOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#entries = entries;
    for (const root of roots) this.#roots.set(root, []);
    const sessions = [...entries.values()].map(({ session }) => session);
    this.#subtrees = new Subtrees(sessions, (session) => entries.get(parentOf(session, entries) ?? '')?.session);
    for (const session of sessions) this.#place(session);
  }

  get isEmpty(): boolean {
    const archived = this.#options.showArchived ? [...this.#archived.values()] : [];
    return [...this.#roots.values(), ...archived].every((sessions) => sessions.length === 0);
  }

  /** The rows below one, or those at the top. */
  children(row?: Row): readonly Row[] {
    if (row === undefined) return [...this.#roots.keys()].sort().map((root) => this.#rows.repository(root));
    switch (row.kind) {
      case 'repository': {
        const archive = this.#options.showArchived && (this.#archived.get(row.root)?.length ?? 0) > 0;
        const sessions = this.#sorted(this.#roots.get(row.root));
        return archive ? [...sessions, this.#rows.archive(row.root)] : sessions;
      }
      case 'archive':
        return this.#sorted(this.#archived.get(row.root));
      case 'session':
        return [...this.#sorted(this.#children.get(row.id)), ...this.#turns(row.id)];
      case 'turn':
        return [];
    }
  }

  /** The row above one; undefined at the top. */
  parent(row: Row): Row | undefined {
    if (row.kind === 'repository') return undefined;
    if (row.kind === 'archive') return this.#rows.repository(row.root);
    if (row.kind === 'turn') return this.#rows.session(row.session);
    const session = this.#entries.get(row.id)?.session;
    if (session === undefined) return undefined;
    const above = parentOf(session, this.#entries);
    if (above !== undefined) return this.#rows.session(above);
    return session.archived ? this.#rows.archive(session.repository) : this.#rows.repository(session.repository);
  }

  /** How the sessions that are shown below this one stand; undefined where there are none. */
  below(id: string): Below | undefined {
    return this.#subtrees.below(id);
  }

  /** Where a session stands among its like. */
  rank(id: string): Rank {
    return this.#subtrees.rank(id);
  }

  /** The newest first; none until somebody has looked at the session. */
  #turns(id: string): readonly Row[] {
    const notes = this.#entries.get(id)?.detail?.turnNotes ?? [];
    return notes.map(({ n }) => this.#rows.turn(id, n)).reverse();
  }

  #place(session: SessionView): void {
    const above = parentOf(session, this.#entries);
    if (above !== undefined) add(this.#children, above, session);
    else if (session.archived) {
      add(this.#archived, session.repository, session);
      if (this.#options.showArchived && !this.#roots.has(session.repository)) this.#roots.set(session.repository, []);
    } else add(this.#roots, session.repository, session);
  }

  #sorted(sessions: readonly SessionView[] = []): readonly Row[] {
    return [...sessions]
      .sort((a, b) => this.rank(a.id) - this.rank(b.id) || order(a, b))
      .map(({ id }) => this.#rows.session(id));
  }
}

function add(map: Map<string, SessionView[]>, key: string, session: SessionView): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [session]);
  else there.push(session);
}

/** The session that this one is shown below: its parent, if that one is there and as archived as this one. */
function parentOf(session: SessionView, entries: ReadonlyMap<string, Entry>): string | undefined {
  const { parent } = session;
  if (parent === undefined || parent === session.id) return undefined;
  const above = entries.get(parent)?.session;
  return above !== undefined && above.archived === session.archived && above.repository === session.repository
    ? parent
    : undefined;
}

/** Of the same rank: the queue in its order, all else with the newest first. */
function order(a: SessionView, b: SessionView): number {
  return (a.position ?? 0) - (b.position ?? 0) || b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id);
}

/**
 * The rows that have to be drawn again after a change: a session's own row where only its text changed, the row above where
 * sessions came, went or really changed places, and each plan above that now stands differently. `undefined` stands for the whole
 * view. As few as can be: what is below a row that is drawn anew cannot be clicked meanwhile.
 */
export function touched(changes: Changes, before: Outline, after: Outline, rows: Rows): ReadonlySet<Row | undefined> {
  // An empty view shows its welcome text in place of its repositories.
  if (before.isEmpty !== after.isEmpty) return new Set([undefined]);
  const again = new Set<Row | undefined>();
  const moved = movedBelow(before, after);
  for (const [id, change] of changes) {
    const row = rows.session(id);
    if (before.rank(id) === after.rank(id) && samePlace(change.before, change.after)) again.add(row);
    else for (const each of movedAbove(row, change, before, after, moved)) again.add(each);
    for (const each of plansAbove(row, before, after, moved)) again.add(each);
  }
  const known = new Set(before.children());
  for (const row of again) {
    // A repository that has just come or gone changes the top.
    if (row?.kind === 'repository' && !(known.has(row) && after.children().includes(row))) return new Set([undefined]);
  }
  return again.has(undefined) ? new Set([undefined]) : topmost(again, before, after);
}

/** The rows without those that are below another of them: these are drawn anew with it. */
function topmost(again: ReadonlySet<Row | undefined>, ...outlines: readonly Outline[]): ReadonlySet<Row | undefined> {
  const isBelow = (row: Row, outline: Outline): boolean => {
    const seen = new Set<Row>();
    for (let above = outline.parent(row); above !== undefined && !seen.has(above); above = outline.parent(above)) {
      if (again.has(above)) return true;
      seen.add(above);
    }
    return false;
  };
  return new Set([...again].filter((row) => row === undefined || !outlines.some((each) => isBelow(row, each))));
}

/** The rows above one, before and after, if what is below them was moved; else the row itself. */
function movedAbove(
  row: Row,
  change: { readonly before: Entry | undefined; readonly after: Entry | undefined },
  before: Outline,
  after: Outline,
  moved: (row: Row) => boolean,
): readonly Row[] {
  const near = [change.before && before.parent(row), change.after && after.parent(row)];
  // The place of archived sessions comes and goes with them.
  const above = near.flatMap((each) => (each?.kind === 'archive' ? [each, after.parent(each)] : [each]));
  const found = above.filter((each) => each !== undefined).filter(moved);
  return found.length === 0 ? [row] : found;
}

/** Whether the rows below one are others than before, or in another order. Each row is looked at once. */
function movedBelow(before: Outline, after: Outline): (row: Row) => boolean {
  const known = new Map<Row, boolean>();
  return (row) => {
    const found = known.get(row) ?? !sameRows(before.children(row), after.children(row));
    known.set(row, found);
    return found;
  };
}

function sameRows(was: readonly Row[], is: readonly Row[]): boolean {
  return was.length === is.length && was.every((row, at) => row === is[at]);
}

/** Of the plans above a row, those that stand differently, and what is above one that came to be one or has another place. */
function plansAbove(
  row: Row,
  before: Outline,
  after: Outline,
  moved: (row: Row) => boolean,
): ReadonlySet<Row | undefined> {
  const plans = new Set<Row>();
  for (const outline of [before, after]) {
    let above = outline.parent(row);
    for (; above?.kind === 'session' && !plans.has(above); above = outline.parent(above)) plans.add(above);
  }
  const again = new Set<Row | undefined>();
  for (const plan of plans) {
    if (plan.kind !== 'session') continue;
    const [was, is] = [before.below(plan.id), after.below(plan.id)];
    if (!sameBelow(was, is)) again.add(plan);
    const above = after.parent(plan);
    const another = (was === undefined) !== (is === undefined);
    if (another || (before.rank(plan.id) !== after.rank(plan.id) && (above === undefined || moved(above)))) {
      again.add(above);
    }
  }
  return again;
}

function samePlace(was: Entry | undefined, is: Entry | undefined): boolean {
  if (was === undefined || is === undefined) return false;
  const [a, b] = [was.session, is.session];
  return a.archived === b.archived && a.parent === b.parent && a.repository === b.repository && order(a, b) === 0;
}
