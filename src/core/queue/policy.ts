import { queues } from '../session/mode.ts';
import { isLive } from '../session/status.ts';
import type { Mode, Session } from '../session/state.ts';

/** Limits of one engine (design §1). */
export interface Limits {
  /** Sessions of a queueing mode that may be at work at once. */
  readonly running: number;
  /** Sessions that may wait; one more is refused. */
  readonly waiting: number;
}

/** Sessions that occupy a place: admitted, or with a process that may still run. */
export function occupants(sessions: Iterable<Session>): Session[] {
  return [...sessions].filter((each) => queues(each.mode) && (each.admission === 'admitted' || isLive(each)));
}

/** Waiting sessions in the order in which they will be admitted: priority lane first, then order of arrival. */
export function line(sessions: Iterable<Session>): Session[] {
  const lane = (session: Session): number => (session.priority === 'high' ? 0 : 1);
  return [...sessions]
    .filter((each) => each.admission === 'waiting')
    .sort((a, b) => lane(a) - lane(b) || (a.place ?? 0) - (b.place ?? 0));
}

export type Admission =
  | { readonly verdict: 'admit' }
  | { readonly verdict: 'queue'; readonly position: number }
  | { readonly verdict: 'refuse'; readonly reason: string; readonly queueLength: number };

/** What happens to one more piece of work of this mode: it starts, waits (1 = next), or is refused with the reason. */
export function admission(sessions: readonly Session[], mode: Mode, limits: Limits): Admission {
  if (!queues(mode)) return { verdict: 'admit' };
  const waiting = line(sessions).length;
  const running = occupants(sessions).length;
  if (waiting === 0 && running < limits.running) return { verdict: 'admit' };
  if (waiting < limits.waiting) return { verdict: 'queue', position: waiting + 1 };
  const reason = `${running} sessions are at work (limit ${limits.running}) and ${waiting} wait (limit ${limits.waiting}).`;
  return { verdict: 'refuse', reason, queueLength: waiting };
}

/** Ids of waiting sessions that may start, in order. */
export function admissible(sessions: readonly Session[], limits: Limits): string[] {
  const free = Math.max(0, limits.running - occupants(sessions).length);
  return line(sessions)
    .slice(0, free)
    .map((each) => each.id);
}

/** Position in the line (1 = next), or undefined when the session does not wait. */
export function positionOf(sessions: readonly Session[], id: string): number | undefined {
  const index = line(sessions).findIndex((each) => each.id === id);
  return index < 0 ? undefined : index + 1;
}

/** Why a session does not start, in one sentence. */
export function whyWaiting(sessions: readonly Session[], id: string, limits: Limits): string | undefined {
  const position = positionOf(sessions, id);
  if (position === undefined) return undefined;
  const running = occupants(sessions).length;
  const ahead = position === 1 ? 'next in line' : `${position - 1} ahead of it`;
  return `Waits for a free place: ${running} of ${limits.running} are taken, ${ahead}.`;
}
