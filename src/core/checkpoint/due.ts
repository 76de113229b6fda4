import { openBreakpoints } from '../session/status.ts';
import type { Session } from '../session/state.ts';
import type { Due } from './state.ts';

/** The end of a turn that is not kept yet. Only between turns: what an agent is writing is nobody's state. */
export function turnEndDue(session: Session): Due | undefined {
  const { turn, lastTurn, holding, checkpoint } = session;
  if (!holding || checkpoint === undefined || turn !== undefined || lastTurn === undefined) return undefined;
  if (checkpoint.turn >= lastTurn.n) return undefined;
  const next = promptAtHand(session);
  return { kind: 'turn-end', turn: lastTurn.n, ...(next === undefined ? {} : { prompt: next }) };
}

/** The prompt that follows without delay: its turn begins from the very state in which the last one ended. */
function promptAtHand(session: Session): number | undefined {
  if (session.pausedUntil !== undefined || session.cancelling !== undefined || session.interrupting === true)
    return undefined;
  if (openBreakpoints(session).length > 0) return undefined;
  return session.prompts.find((prompt) => prompt.state === 'waiting')?.n;
}

/** The beginning of a prompt's turn that is not kept yet. One that cuts into a turn has no beginning of its own. */
export function turnStartDue(session: Session, prompt: number): Due | undefined {
  if (session.turn !== undefined || (session.checkpoint?.prompt ?? 0) >= prompt) return undefined;
  return { kind: 'turn-start', prompt };
}

/** Tools that wait for permission, before which nothing was kept yet. */
export function toolDue(session: Session): Due | undefined {
  const asked = session.breakpoints.filter(
    (each) => each.kind === 'permission' && each.request !== undefined && each.written !== true && each.kept !== true,
  );
  return asked.length === 0 ? undefined : { kind: 'tool', requests: asked.map((each) => each.id) };
}
