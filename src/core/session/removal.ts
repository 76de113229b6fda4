import { CoppiceError } from '../errors.ts';
import { isOpen } from '../landing/reducer.ts';
import type { Landing } from '../landing/state.ts';
import type { Session } from './state.ts';
import { isLive, isSettled, statusOf } from './status.ts';

/** A session below another one, as far as the removal of that one goes. */
export interface Below {
  readonly session: Session;
  readonly landed: boolean;
  readonly running: boolean;
}

/** The sessions that work below one and are not removed. */
export function below(session: Session, sessions: readonly Session[]): Below[] {
  return sessions
    .filter((each) => each.parent === session.id && each.removal === undefined)
    .map((each) => ({ session: each, landed: isHome(each), running: !isSettled(each) || isLive(each) }));
}

/** Nothing of it waits to come home: it landed, or there was nothing to land. */
function isHome(session: Session): boolean {
  if (statusOf(session) === 'landed' || session.worktree === undefined) return true;
  return isSettled(session) && session.result?.changes?.files === 0;
}

/**
 * Why a session cannot be removed at present, whatever is consented to; undefined when it can be. A session that others
 * work below holds the branch to which their work comes home.
 */
export function whyKept(
  session: Session,
  sessions: readonly Session[],
  landings: readonly Landing[],
): CoppiceError | undefined {
  const { id } = session;
  if (!isSettled(session) || isLive(session)) {
    return refusal(id, `is ${statusOf(session)}`, 'Cancel it first, or let it end.');
  }
  if (landings.some((each) => each.session === id && isOpen(each))) {
    return refusal(id, 'is on its way home', 'Wait for its landing, or take it out of the line.');
  }
  const children = below(session, sessions);
  const running = children.find((each) => each.running);
  if (running !== undefined) {
    return refusal(id, `has session ${running.session.id} at work below it`, 'Let that one end first.');
  }
  const unlanded = children.find((each) => !each.landed);
  if (unlanded === undefined) return undefined;
  return refusal(
    id,
    `has work below it that did not land: session ${unlanded.session.id}`,
    'Land or remove that one first.',
  );
}

function refusal(session: string, what: string, next: string): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${session} ${what}.`, next, { context: { session } });
}
