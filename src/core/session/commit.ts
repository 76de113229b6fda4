import type { ChangeSummary, Committed, Session } from './state.ts';

/**
 * The last turn, when its change is to become a commit of its own before anything follows it. The change of the last turn of
 * all is committed when the work settles.
 */
export function commitDue({ committed, holding, lastTurn, turn }: Session): number | undefined {
  if (!holding || turn !== undefined || lastTurn?.outcome !== 'success') return undefined;
  return (committed?.turn ?? 0) < lastTurn.n ? lastTurn.n : undefined;
}

/** The end of a stretch of work covers all its turns, whether it made a commit or not: what comes later is a person's. */
export function afterSettling(
  { committed, lastTurn }: Session,
  changes: ChangeSummary | undefined,
): Committed | undefined {
  const made = changes?.commit === undefined ? committed?.changes : changes;
  if (lastTurn === undefined) return committed;
  return { turn: Math.max(committed?.turn ?? 0, lastTurn.n), ...(made === undefined ? {} : { changes: made }) };
}
