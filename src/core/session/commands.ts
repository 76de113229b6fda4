import { defined } from '../defined.ts';
import type { NewEvent } from '../domain.ts';
import { CoppiceError, type Way } from '../errors.ts';
import { event, type Events } from '../events.ts';
import type { Answer } from '../agent/events.ts';
import { admission, admissible, positionOf, type Limits, type Work } from '../queue/policy.ts';
import { decisionAnswered, overtaken, remembered } from '../supervision/commands.ts';
import { isLive, isSettled, openBreakpoints, statusOf } from './status.ts';
import type { Session } from './state.ts';

/** The answer to a request for work: it starts, waits at a position (1 = next), or was refused. */
export type Verdict =
  | { readonly status: 'started' }
  | { readonly status: 'queued'; readonly position: number }
  | { readonly status: 'rejected'; readonly reason: string; readonly queueLength: number };

/**
 * What a request means in the present state: the events to commit, none of them committed yet, and what the requester
 * is told.
 */
export interface Decision {
  readonly events: readonly NewEvent[];
  readonly verdict: Verdict;
}

/**
 * A piece of work arrives: admitted, queued, or refused with the reason (refusals are journalled too). Asked for again
 * under the id of a session that is there, it is that session: nothing happens a second time.
 */
export function create(
  sessions: readonly Session[],
  data: Events['session.created'],
  prompt: string,
  limits: Limits,
): Decision {
  const known = sessions.find(({ id }) => id === data.session);
  if (known !== undefined) return repeated(sessions, known, data.repository.id, prompt);
  if (data.stage !== undefined && data.parent === undefined) {
    const what = `A stage is a part of a plan: ${data.stage} has none.`;
    throw new CoppiceError('bad-usage', what, 'Name the session that it belongs to as well: --parent.');
  }
  const { verdict, events } = admit(sessions, data.session, data, limits);
  if (verdict.status === 'rejected') return { verdict, events };
  const opening = [
    event('session.created', data),
    event('prompt.added', { session: data.session, prompt: 1, text: prompt, steer: false }),
  ];
  return { verdict, events: [...opening, ...events] };
}

/** What whoever asks for a session a second time is told. Throws `wrong-state` when its id stands for other work. */
export function repeated(sessions: readonly Session[], known: Session, repository: string, prompt: string): Decision {
  if (known.goal === prompt && known.repository.id === repository)
    return { events: [], verdict: place(sessions, known) };
  throw wrongState(known, 'is other work than what was asked for under its id', 'Ask again with an id of its own.');
}

/** Where a session that was taken stands: in the line, or past it. */
function place(sessions: readonly Session[], { id }: Session): Verdict {
  const position = positionOf(sessions, id);
  return position === undefined ? { status: 'started' } : { status: 'queued', position };
}

function admit(sessions: readonly Session[], session: string, work: Work, limits: Limits): Decision {
  const decision = admission(sessions, work, limits);
  switch (decision.verdict) {
    case 'admit':
      return { verdict: { status: 'started' }, events: [event('session.admitted', { session })] };
    case 'queue':
      return {
        verdict: { status: 'queued', position: decision.position },
        events: [event('session.queued', { session })],
      };
    case 'refuse': {
      const { reason, queueLength } = decision;
      return {
        verdict: { status: 'rejected', reason, queueLength },
        events: [event('session.refused', { code: 'queue-full', reason, mode: work.mode })],
      };
    }
  }
}

/**
 * One more prompt for a session. While it works the prompt waits for the turn's end, or cuts in when it steers. One whose
 * `key` the session has had is that prompt: it is given once.
 */
export function addPrompt(
  sessions: readonly Session[],
  session: Session,
  prompt: Pick<Events['prompt.added'], 'text' | 'steer' | 'requester' | 'key'>,
  limits: Limits,
): Decision {
  if (prompt.key !== undefined && session.promptKeys?.includes(prompt.key) === true) {
    return { events: [], verdict: place(sessions, session) };
  }
  if (session.cancelling !== undefined) {
    throw wrongState(session, 'is being cancelled', 'Wait until it has ended, then continue it.');
  }
  if (session.removal !== undefined) {
    throw wrongState(session, 'was removed', 'Bring it back first.', 'restore');
  }
  const n = session.promptCount + 1;
  const added = event('prompt.added', { session: session.id, prompt: n, ...prompt });
  if (!isSettled(session)) return { events: [added, ...overtaken(session)], verdict: place(sessions, session) };
  const { verdict, events } = admit(sessions, session.id, session, limits);
  return verdict.status === 'rejected' ? { verdict, events } : { verdict, events: [added, ...events] };
}

/** Asks for the end of a session. Repeating it is harmless. */
export function cancel(session: Session, reason: string): readonly NewEvent[] {
  if (isSettled(session) && !isLive(session)) {
    throw wrongState(session, `is ${statusOf(session)} already`, 'Nothing has to be cancelled.');
  }
  return session.cancelling === undefined ? [event('session.cancelling', { session: session.id, reason })] : [];
}

/**
 * Asks the agent to stop its turn and keeps the session. An agent that was given a prompt and has said nothing yet is at its turn, too:
 * one that waits for its model may say nothing for as long as that takes.
 */
export function interrupt(session: Session): readonly NewEvent[] {
  const isGiven = session.turn !== undefined || session.prompts.some(({ state }) => state === 'written');
  if (!isLive(session) || !isGiven) {
    throw wrongState(session, 'has no turn under way', 'Give it a prompt.', 'continue');
  }
  return session.interrupting === true ? [] : [event('session.interrupting', { session: session.id })];
}

/** Answers that no request of an agent takes. */
const ofDecisions: ReadonlySet<Answer['choice']> = new Set(['hand-over', 'put-back']);

/**
 * The breakpoint that has this very answer already: its front end heard nothing, and has sent it again under the `key` that it calls
 * the answer. `id` is the breakpoint that it names, if it names one.
 */
export function answeredBefore({ answered }: Session, id: string | undefined, key?: string): string | undefined {
  const same = key === undefined ? undefined : answered?.find((each) => each.key === key);
  return id === undefined || id === same?.breakpoint ? same?.breakpoint : undefined;
}

/** A person's answer. Exactly one answer counts; a second one is refused, so nobody believes in an answer that was not used. */
export function answer(
  session: Session,
  id: string | undefined,
  given: Answer,
  by: string,
  newId: () => string = () => '',
  key?: string,
): readonly NewEvent[] {
  const target = openBreakpoints(session).find((each) => id === undefined || each.id === id);
  if (target === undefined) throw nothingToAnswer(session, id);
  const { id: breakpoint } = target;
  const name = defined({ key });
  const resolved = event('breakpoint.resolved', { session: session.id, breakpoint, answer: given, by, ...name });
  // A question of our own is over with its answer; a request of the agent is over when the agent took the answer.
  const closed = event('breakpoint.closed', { session: session.id, breakpoint, why: 'delivered' });
  if (target.kind !== 'decision' && ofDecisions.has(given.choice)) {
    throw new CoppiceError('bad-usage', `Only a decision takes ${given.choice}.`, 'Allow it, deny it, or abort.');
  }
  if (target.request?.fixed === true && given.input !== undefined) {
    throw new CoppiceError(
      'bad-usage',
      'This agent takes no other input.',
      'Allow it as it is, or deny it with a reason.',
    );
  }
  const follows =
    target.kind === 'decision'
      ? decisionAnswered(session, target, given, by)
      : remembered(session, target, given, by, newId());
  const events = target.request === undefined ? [resolved, ...follows, closed] : [resolved, ...follows];
  if (given.choice !== 'abort') return events;
  return [
    ...events,
    event('session.cancelling', { session: session.id, reason: given.reason ?? 'aborted at a breakpoint' }),
  ];
}

/** Of the agents' requests some have the name of an earlier one; the latest answer is the one that was too early for this. */
function nothingToAnswer(session: Session, id: string | undefined): CoppiceError {
  const taken = session.answered?.findLast(({ breakpoint }) => breakpoint === id);
  return taken === undefined
    ? wrongState(session, 'waits for no such answer', 'See what it waits for.', 'see-session')
    : wrongState(session, `was answered already by ${taken.by} with "${taken.said}"`, 'Nothing else has to be done.');
}

/** Admissions that free places allow. */
export function admissions(sessions: readonly Session[], limits: Limits): readonly NewEvent[] {
  return admissible(sessions, limits).map((session) => event('session.admitted', { session }));
}

function wrongState({ id }: Session, what: string, next: string, way?: Way): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${id} ${what}.`, next, { context: { session: id }, way });
}
