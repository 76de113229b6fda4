import { event } from '../../core/events.ts';
import type { Step } from '../../core/session/next.ts';
import { goesOn, goesOnAt, putOffDue, type PutOffStep } from '../../core/session/put-off.ts';
import type { Session } from '../../core/session/state.ts';
import { engineActor, type SessionContext } from './context.ts';

/** Asked anew at least so often, milliseconds: the clock of a machine that slept, or that is set, jumps. */
const lookMs = 30_000;

/** Milliseconds until it is to be looked again whether a session that was put off goes on; 0 or less: it does. */
export function waitOf({ pausedUntil }: Session, now: number): number | undefined {
  return pausedUntil === undefined ? undefined : Math.min(pausedUntil.at - now, lookMs);
}

/** Whether a step begins or ends a wait. */
export function isOfWait(step: Step): step is PutOffStep {
  return step.do === 'put-off' || step.do === 'go-on';
}

/** Begins a wait, or goes on after it. */
export async function waitStep(context: SessionContext, session: Session, step: PutOffStep): Promise<void> {
  await (step.do === 'put-off' ? putOff(context, session) : goOn(context, session));
}

/** Records until when the session waits, with a sentence for people. */
async function putOff({ store, log }: SessionContext, { id }: Session): Promise<void> {
  await store.commit(engineActor, () => {
    const present = store.session(id);
    if (present.cancelling !== undefined || putOffDue(present) === undefined) return [];
    const until = goesOnAt(present);
    log.warn('a model’s service puts a session off', { session: id, until: new Date(until).toISOString() });
    const reason = `The model's service has no more for now; it goes on by itself at ${timeOf(until)}, or with your next prompt.`;
    return [event('session.paused', { session: id, until, reason })];
  });
}

/** Goes on when the time has come. A prompt that a person gave meanwhile has ended the wait already. */
async function goOn(context: SessionContext, session: Session): Promise<void> {
  const { store } = context;
  const { capabilities } = await context.agent(session);
  await store.commit(engineActor, () => {
    const present = store.session(session.id);
    const isOver = present.pausedUntil !== undefined && present.cancelling === undefined;
    return isOver ? goesOn(present, capabilities.resume && present.conversed === true) : [];
  });
}

/** `14:05`, or with the day when that is another one, in the time of this machine. */
function timeOf(at: number): string {
  const there = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = `${two(there.getHours())}:${two(there.getMinutes())}`;
  const isToday = there.toDateString() === new Date().toDateString();
  return isToday ? time : `${time} on ${there.getFullYear()}-${two(there.getMonth() + 1)}-${two(there.getDate())}`;
}
