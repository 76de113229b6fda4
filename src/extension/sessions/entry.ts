import type { BreakpointView, SessionDetail, SessionView } from '../../protocol/schemas.ts';

/** What the window knows of a session. */
export interface Entry {
  readonly session: SessionView;
  /** Everything there is to know, as of the last look; absent for a session that was only listed. */
  readonly detail: SessionDetail | undefined;
}

/** Ids of the sessions that changed, each with what was known before and what is known now. */
export type Changes = ReadonlyMap<string, { readonly before: Entry | undefined; readonly after: Entry | undefined }>;

/** One question to a person, and the session that it holds. */
export interface Need {
  readonly session: SessionView;
  readonly breakpoint: BreakpointView;
}

/** What people have to decide, the oldest first: it has held its session the longest. */
export function needsOf(entries: Iterable<Entry>): readonly Need[] {
  const needs: Need[] = [];
  for (const { session, detail } of entries) {
    if (session.archived) continue;
    for (const breakpoint of detail?.needs ?? []) needs.push({ session, breakpoint });
  }
  const order = (a: Need, b: Need): number =>
    a.breakpoint.raisedAt.localeCompare(b.breakpoint.raisedAt) || a.breakpoint.id.localeCompare(b.breakpoint.id);
  return needs.sort(order);
}
