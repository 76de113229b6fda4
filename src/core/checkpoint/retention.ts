import type { Session } from '../session/state.ts';
import type { Checkpoint, CheckpointKind } from './state.ts';

/** How long checkpoints are kept: so many of the newest, and all that are younger than so many days. */
export interface Retention {
  readonly keep: number;
  readonly keepDays: number;
}

/** The start of a session, what gates were asked about, what a person wanted. */
const forGood: ReadonlySet<CheckpointKind> = new Set(['session-start', 'gate', 'named']);

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Checkpoints of a session that may go at the time `now`. The start of the session, gates, what a person wanted or named
 * and whatever a rollback refers to stay for good.
 *
 * @param checkpoints all of the session, in any order.
 */
export function prunable(
  session: Session,
  checkpoints: readonly Checkpoint[],
  { keep, keepDays }: Retention,
  now: number,
): readonly Checkpoint[] {
  const { restoring, restored } = session;
  const referred = new Set([
    ...[restoring?.to, restoring?.since, restoring?.plan?.before, restoring?.plan?.after],
    ...[restored?.before, restored?.after],
  ]);
  const newestFirst = [...checkpoints].sort((a, b) => b.n - a.n);
  return newestFirst
    .slice(Math.max(1, keep))
    .filter(({ at }) => now - at > keepDays * dayMs)
    .filter(({ n, kind, name }) => {
      return !forGood.has(kind) && name === undefined && !referred.has(n);
    });
}
