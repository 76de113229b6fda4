import type { NewEvent } from '../domain.ts';
import { CoppiceError, type Way } from '../errors.ts';
import { event } from '../events.ts';
import { isLive } from '../session/status.ts';
import type { Session } from '../session/state.ts';
import type { RestoreRequest } from './state.ts';

/**
 * Asks for a rollback of a session's files. An agent at work is interrupted first when `pause` says so, else the rollback is
 * refused. Asking again with the same id changes nothing.
 *
 * @throws CoppiceError `wrong-state`
 */
export function requestRestore(session: Session, request: RestoreRequest, pause: boolean): readonly NewEvent[] {
  if (session.restoring?.id === request.id || session.restored?.id === request.id) return [];
  if (session.worktree === undefined) {
    throw refusal(session, 'has no worktree yet', 'Wait until it has begun.');
  }
  if (session.restoring !== undefined) {
    throw refusal(session, 'is being rolled back already', 'Wait for the end of it.');
  }
  const requested = event('restore.requested', { session: session.id, request });
  if (!isLive(session)) return [requested];
  if (session.run?.state === 'unknown') {
    throw refusal(session, 'may be at work: its state is unknown', 'See what is in doubt.', 'see-session');
  }
  if (!pause) throw refusal(session, 'is at work', 'Interrupt it first, or ask for the rollback with a pause.');
  // What it was given and has not begun is not begun afterwards: a person has taken over.
  const busy = session.turn !== undefined || session.prompts.some((prompt) => prompt.state !== 'seen');
  return busy && session.interrupting !== true
    ? [requested, event('session.interrupting', { session: session.id })]
    : [requested];
}

/** The rollback that takes the last one back. @throws CoppiceError `wrong-state` when there is none. */
export function undoOf(session: Session, id: string): RestoreRequest {
  const { restored } = session;
  if (restored?.before === undefined || restored.after === undefined) {
    throw refusal(session, 'has no rollback to undo', 'See the states that it can go back to.', 'see-checkpoints');
  }
  const conversation = restored.conversation !== undefined;
  return { id, to: restored.before, since: restored.after, ...(conversation ? { conversation } : {}) };
}

function refusal({ id }: Session, what: string, next: string, way?: Way): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${id} ${what}.`, next, { context: { session: id }, way });
}
