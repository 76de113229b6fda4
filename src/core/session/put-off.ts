/** What happens when the model's service has no more for now and says when it will have. Pure. */
import type { NewEvent } from '../domain.ts';
import { event } from '../events.ts';
import { queues } from './mode.ts';
import type { Session } from './state.ts';
import { isLive } from './status.ts';

/** The session is to wait until its service takes work again, or has waited long enough. */
export type PutOffStep = { readonly do: 'put-off'; readonly turn: number } | { readonly do: 'go-on' };

/** As often as this in a row a service may put a session off; then a person is told that the turn failed. */
const mostInARow = 6;

/** What is announced for longer than this is no limit that comes and goes: the longest that services have is a week. */
const longestMs = 8 * 24 * 3_600_000;

/** A service that puts off again and again is asked less and less often, from this wait on. */
const againMs = 30_000;

/**
 * The last turn was put off by the model's service, which said until when. Where people sit at the session they decide, and without
 * a time nobody knows when to go on.
 */
export function putOffDue({ lastTurn, mode, holding, turns, putOff = 0 }: Session): PutOffStep | undefined {
  if (lastTurn?.outcome !== 'rate-limited' || lastTurn.n !== turns || !holding || !queues(mode)) return undefined;
  if (lastTurn.retryAt === undefined || putOff >= mostInARow) return undefined;
  return lastTurn.retryAt - lastTurn.endedAt > longestMs ? undefined : { do: 'put-off', turn: lastTurn.n };
}

/** When a session that was put off is to go on, milliseconds since 1970: as announced, and later each time that it was in vain. */
export function goesOnAt({ lastTurn, putOff = 0 }: Session): number {
  const { retryAt = 0, endedAt = 0 } = lastTurn ?? {};
  return Math.max(retryAt, putOff === 0 ? 0 : endedAt + againMs * 2 ** (putOff - 1));
}

/** It waits for a correction of the settings. Whoever asks what comes next has read them: there is one. */
export function isOverMistake({ pausedUntil }: Session): boolean {
  return pausedUntil?.mistake === true;
}

/**
 * What a session without an agent does where the settings cannot be used: it waits, and says for what. `problem` is a sentence. One
 * that waits in line, or that somebody has cancelled, goes on waiting or ends without a word about it.
 */
export function waitsForCorrection(session: Session, problem: string, now: number): readonly NewEvent[] {
  const reason = untilCorrected(problem);
  const isKnown = session.pausedUntil !== undefined && session.pausedUntil.reason === reason;
  if (isKnown || isLive(session) || session.admission !== 'admitted' || session.cancelling !== undefined) return [];
  return [event('session.paused', { session: session.id, until: now, reason, mistake: true })];
}

/** What is to be done about settings that cannot be used; `problem` is a sentence. */
export function untilCorrected(problem: string): string {
  return `${problem} Correct that: the session then goes on by itself, and nothing of it is lost.`;
}

/** The wait is over: the agent is given what to go on with. `resumes`: it knows its conversation. */
export function goesOn(session: Session, resumes: boolean): readonly NewEvent[] {
  if (isOverMistake(session)) return [event('session.resumed', { session: session.id })];
  const text = 'The rate limit that ended your last turn is over. See what is done already, then go on.';
  const whole = resumes ? text : `${text}\n\nThis is what was asked for:\n\n${session.goal}`;
  const prompt = { prompt: session.promptCount + 1, text: whole, steer: false, afterWait: true };
  return [event('session.resumed', { session: session.id }), event('prompt.added', { session: session.id, ...prompt })];
}
