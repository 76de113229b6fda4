import { queues } from '../session/mode.ts';
import { isLive } from '../session/status.ts';
import type { Session } from '../session/state.ts';

/** Limits of one engine (design §1). */
export interface Limits {
  /** Sessions of a queueing mode that may be at work at once. */
  readonly running: number;
  /** Of these places, those that only critical sessions take; fewer than all. */
  readonly reserved: number;
  /** Sessions that may wait; one more is refused. */
  readonly waiting: number;
  /** By label, how many sessions that carry it may be at work at once. */
  readonly labels: Readonly<Record<string, number>>;
}

/** What the queue asks of a piece of work. */
export type Work = Pick<Session, 'mode' | 'priority'> & { readonly labels?: readonly string[] };

/** Sessions that occupy a place: admitted, or with a process that may still run. */
export function occupants(sessions: Iterable<Session>): Session[] {
  return [...sessions].filter((each) => queues(each.mode) && (each.admission === 'admitted' || isLive(each)));
}

const lanes: Readonly<Record<Session['priority'], number>> = { critical: 0, high: 1, normal: 2 };

/** Waiting sessions in the order in which they will be admitted: priority lane first, then order of arrival. */
export function line(sessions: Iterable<Session>): Session[] {
  return [...sessions]
    .filter((each) => each.admission === 'waiting')
    .sort((a, b) => lanes[a.priority] - lanes[b.priority] || (a.place ?? 0) - (b.place ?? 0));
}

export type Admission =
  | { readonly verdict: 'admit' }
  | { readonly verdict: 'queue'; readonly position: number }
  | { readonly verdict: 'refuse'; readonly reason: string; readonly queueLength: number };

/** What happens to one more piece of work: it starts, waits (1 = next), or is refused with the reason. */
export function admission(sessions: readonly Session[], work: Work, limits: Limits): Admission {
  if (!queues(work.mode)) return { verdict: 'admit' };
  const waiting = line(sessions);
  const ahead = waiting.filter((each) => lanes[each.priority] <= lanes[work.priority]);
  const places = new Places(occupants(sessions), limits);
  for (const each of ahead) places.offer(each);
  if (places.offer(work) === undefined) return { verdict: 'admit' };
  if (waiting.length < limits.waiting) return { verdict: 'queue', position: ahead.length + 1 };
  const running = occupants(sessions).length;
  const reason = `${running} sessions are at work (limit ${limits.running}) and ${waiting.length} wait (limit ${limits.waiting}).`;
  return { verdict: 'refuse', reason, queueLength: waiting.length };
}

/** Ids of waiting sessions that may start, in order. */
export function admissible(sessions: readonly Session[], limits: Limits): string[] {
  const places = new Places(occupants(sessions), limits);
  return line(sessions)
    .filter((each) => places.offer(each) === undefined)
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
  const waiting = line(sessions).slice(0, position);
  const atWork = occupants(sessions);
  const places = new Places(atWork, limits);
  const obstacle = waiting.map((each) => places.offer(each)).at(-1);
  if (obstacle?.what === 'label') {
    const { label, limit } = obstacle;
    const same = waiting.filter(({ labels }) => labels?.includes(label) === true);
    const taken = atWork.filter(({ labels }) => labels?.includes(label) === true).length;
    return `Waits for a free place with the label ${label}: ${taken} of ${limit} are taken, ${ahead(same.length)}.`;
  }
  if (obstacle?.what === 'reserved') {
    const [usual, kept] = [limits.running - limits.reserved, limits.reserved];
    const taken = atWork.filter(({ priority }) => priority !== 'critical').length;
    return `Waits for a free place: ${taken} of ${usual} are taken, ${ahead(position)}; ${kept} more for critical work alone.`;
  }
  return `Waits for a free place: ${atWork.length} of ${limits.running} are taken, ${ahead(position)}.`;
}

function ahead(position: number): string {
  return position === 1 ? 'next in line' : `${position - 1} ahead of it`;
}

/** Why a piece of work cannot start: its label has no place, those that are left are reserved, or there is none at all. */
type Obstacle =
  | { readonly what: 'label'; readonly label: string; readonly limit: number }
  | { readonly what: 'reserved' }
  | { readonly what: 'full' };

/** The places of an engine while they are offered to the line, from its head. */
class Places {
  readonly #limits: Limits;
  readonly #labels = new Map<string, number>();
  #taken = 0;
  #usual = 0;

  constructor(atWork: readonly Work[], limits: Limits) {
    this.#limits = limits;
    for (const each of atWork) {
      this.#take(each);
      this.#claim(each);
    }
  }

  /**
   * Takes a place, or says why it does not. What waits for a label holds its place in each of its labels: nothing that stands behind
   * it gets there first, so that it comes to its turn, and what has other labels passes it.
   */
  offer(work: Work): Obstacle | undefined {
    const obstacle = this.#obstacle(work);
    if (obstacle === undefined) this.#take(work);
    this.#claim(work);
    return obstacle;
  }

  #obstacle({ priority, labels = [] }: Work): Obstacle | undefined {
    const { running, reserved, labels: limits } = this.#limits;
    for (const label of labels) {
      const limit = Object.hasOwn(limits, label) ? limits[label] : undefined;
      if (limit !== undefined && (this.#labels.get(label) ?? 0) >= limit) return { what: 'label', label, limit };
    }
    if (this.#taken >= running) return { what: 'full' };
    return priority !== 'critical' && this.#usual >= running - reserved ? { what: 'reserved' } : undefined;
  }

  #take({ priority }: Work): void {
    this.#taken += 1;
    if (priority !== 'critical') this.#usual += 1;
  }

  #claim({ labels = [] }: Work): void {
    for (const label of labels) this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
  }
}
