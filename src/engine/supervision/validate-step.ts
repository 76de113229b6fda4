import { event } from '../../core/events.ts';
import type { Place, Session, TurnEnd } from '../../core/session/state.ts';
import { asksForChange } from '../../core/supervision/criteria.ts';
import type { SupervisionEvents } from '../../core/supervision/judgement.ts';
import { strayFiles } from '../../core/supervision/stray.ts';
import { grownTests, weakenedTests, type ChangedFile } from '../../core/supervision/tests.ts';
import { validate } from '../../core/supervision/validation.ts';
import { beginningOf, endGated } from '../sessions/checkpoint.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';

/** What is known beside the journal of how the agent's output came. */
export interface Heard {
  readonly incomplete: boolean;
  readonly malformedLines: number;
}

/** What a turn changed, and what all of the work changed, until the files were as in `tree`. */
interface Changes {
  readonly tree: string;
  readonly changed: readonly string[];
  readonly all: readonly ChangedFile[];
}

/** What counts of a turn's time, where that is known and was not spent in waiting for a person. */
function tookSoFar({ workedMs, endedAt, held }: TurnEnd): Pick<SupervisionEvents['turn.validated'], 'took'> {
  return workedMs === undefined || held === true ? {} : { took: { agentMs: workedMs, endedAt } };
}

function hasGates({ supervision }: Session): boolean {
  return (supervision?.gates.length ?? 0) > 0;
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
  const began = beginningOf(context, session, lastTurn.n);
  const changesTo = async (tree: string): Promise<Changes> => {
    const [changed, all] = await Promise.all([
      began === undefined ? [] : checkpoints.paths(session, began.tree, tree),
      checkpoints.changed(session, place.baseCommit, tree),
    ]);
    return { tree, changed, all };
  };
  // The checkpoint at the turn's end has most likely found what the look will find: what it changed is counted meanwhile.
  const kept = session.checkpoint?.tree;
  const [tree, counted] = await checkpoints.lookBeside(session, place, async () =>
    kept === undefined ? undefined : changesTo(kept),
  );
  const { changed, all } = counted?.tree === tree ? counted : await changesTo(tree);
  const unchanged = all.length === 0;
  const issues = validate({
    ...{ outcome: lastTurn.outcome, reason: lastTurn.reason, text: lastTurn.text ?? '' },
    changedFiles: changed,
    ...{ expectedFiles: [], presentFiles: [], allowedPaths: [], needsChange: unchanged && asksForChange(session.goal) },
    unchanged,
    ...heard,
  });
  const [weakened, grown, stray] = [weakenedTests(all), grownTests(all), strayFiles(all, session.goal)];
  const lines = all.reduce((sum, { insertions = 0, deletions = 0 }) => sum + insertions + deletions, 0);
  await store.commit(engineActor, () => {
    const present = store.session(id);
    if (present.lastTurn?.n !== lastTurn.n || present.turn !== undefined) return [];
    const tests = { ...(weakened.length > 0 && { weakened }), ...(grown.length > 0 && { grown }) };
    const found = { tree, issues, files: all.length, lines, ...tests, ...(stray.length > 0 && { stray }) };
    const common = { session: id, turn: lastTurn.n, repository: repository.id };
    // With it, since nothing comes between the two: gates are asked next.
    const gated = issues.length === 0 && hasGates(present) ? endGated(context, present, tree) : [];
    return [event('turn.validated', { ...common, ...found, ...tookSoFar(present.lastTurn) }), ...gated];
  });
}
