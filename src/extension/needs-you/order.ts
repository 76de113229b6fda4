/** Which decision comes first. Pure. */
import type { SessionView } from '../../protocol/schemas.ts';
import type { Entry, Need } from '../sessions/entry.ts';

/**
 * Those that hold up the most work first (sessions below, or a line that waits for the place), and among them the one that has
 * waited longest.
 */
export function inOrder(needs: readonly Need[], entries: ReadonlyMap<string, Entry>): readonly Need[] {
  const sessions = [...entries.values()].map(({ session }) => session);
  const queue = sessions.some(({ status }) => status === 'queued');
  const below = new Map<string, number>();
  for (const { parent } of sessions) if (parent !== undefined) below.set(parent, (below.get(parent) ?? 0) + 1);
  const weight = ({ session }: Need): number => (below.get(session.id) ?? 0) + (queue && holdsPlace(session) ? 1 : 0);
  return [...needs].sort(
    (a, b) =>
      weight(b) - weight(a) ||
      a.breakpoint.raisedAt.localeCompare(b.breakpoint.raisedAt) ||
      a.breakpoint.id.localeCompare(b.breakpoint.id),
  );
}

/** Dispatch and interactive sessions are not counted by the limit of the queue. */
function holdsPlace({ mode }: SessionView): boolean {
  return mode !== 'dispatch' && mode !== 'interactive';
}
