import type { NewEvent } from '../domain.ts';
import { CoppiceError } from '../errors.ts';
import { event } from '../events.ts';
import type { Session } from '../session/state.ts';
import type { Wish } from './state.ts';

/**
 * Asks for a checkpoint of a session's files as they are, at work or at rest. Asking again with the same id changes nothing.
 *
 * @throws CoppiceError `wrong-state`
 */
export function requestCheckpoint(session: Session, wish: Wish): readonly NewEvent[] {
  if (session.wish?.id === wish.id) return [];
  if (session.removal !== undefined) throw refusal(session, 'was removed', 'Bring it back first.');
  if (session.worktree === undefined || session.checkpoint === undefined) {
    throw refusal(session, 'has no worktree yet', 'Wait until it has begun.');
  }
  if (session.wish !== undefined) throw refusal(session, 'is being kept already', 'Wait for the end of it.');
  return [event('checkpoint.requested', { session: session.id, wish })];
}

function refusal(session: Session, what: string, next: string): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${session.id} ${what}.`, next, { context: { session: session.id } });
}
