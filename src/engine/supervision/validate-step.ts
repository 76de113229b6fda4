import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { asksForChange } from '../../core/supervision/criteria.ts';
import { grownTests, weakenedTests } from '../../core/supervision/tests.ts';
import { validate } from '../../core/supervision/validation.ts';
import { beginningOf } from '../sessions/checkpoint.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';

/** What is known beside the journal of how the agent's output came. */
export interface Heard {
  readonly incomplete: boolean;
  readonly malformedLines: number;
}

/** Looks at what came back from the last turn, by rules alone, and puts on record which files are judged from here on. */
export async function validateTurn(
  context: SessionContext,
  session: Session,
  place: Place,
  heard: Heard,
): Promise<void> {
  const { store, checkpoints } = context;
  const { lastTurn, id, repository } = session;
  if (lastTurn === undefined) return;
  const tree = await checkpoints.look(session, place);
  const began = beginningOf(context, session, lastTurn.n);
  const [changed, all] = await Promise.all([
    checkpoints.changed(session, began?.tree ?? tree, tree),
    checkpoints.changed(session, place.baseCommit, tree),
  ]);
  const unchanged = all.length === 0;
  const issues = validate({
    ...{ outcome: lastTurn.outcome, reason: lastTurn.reason, text: lastTurn.text ?? '' },
    changedFiles: changed.map(({ path }) => path),
    ...{ expectedFiles: [], presentFiles: [], allowedPaths: [], needsChange: unchanged && asksForChange(session.goal) },
    unchanged,
    ...heard,
  });
  const [weakened, grown] = [weakenedTests(all), grownTests(all)];
  const lines = all.reduce((sum, { insertions = 0, deletions = 0 }) => sum + insertions + deletions, 0);
  await store.commit(engineActor, () => {
    const present = store.session(id);
    if (present.lastTurn?.n !== lastTurn.n || present.turn !== undefined) return [];
    const tests = { ...(weakened.length > 0 && { weakened }), ...(grown.length > 0 && { grown }) };
    const found = { tree, issues, files: all.length, lines, ...tests };
    return [event('turn.validated', { session: id, turn: lastTurn.n, repository: repository.id, ...found })];
  });
}
