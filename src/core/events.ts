import type { CheckpointEvents } from './checkpoint/state.ts';
import type { JournalRecord, NewEvent } from './domain.ts';
import type { IntentEvents } from './intent/state.ts';
import type { LandingEvents } from './landing/state.ts';
import type { RadarEvents } from './radar/state.ts';
import type { RestoreEvents } from './restore/state.ts';
import type { ReviewEvents } from './review/state.ts';
import type { RepositoryEvents } from './repository/state.ts';
import type { SessionEvents } from './session/events.ts';
import type { BudgetEvents } from './supervision/levels.ts';
import type { StopEvents } from './supervision/stops.ts';
import type { SupervisionEvents } from './supervision/judgement.ts';
import type { WatchEvents } from './watch/state.ts';
import type { EngineEvents, WorktreeEvents } from './worktree/state.ts';

/** Every kind of event with its data, at its present version. */
export interface Events
  extends
    SessionEvents,
    CheckpointEvents,
    IntentEvents,
    LandingEvents,
    RepositoryEvents,
    RestoreEvents,
    ReviewEvents,
    SupervisionEvents,
    StopEvents,
    BudgetEvents,
    WorktreeEvents,
    WatchEvents,
    RadarEvents,
    EngineEvents {}

export type EventType = keyof Events;

/** A record of the journal whose type is known. */
export type Recorded<K extends EventType = EventType> = {
  [T in K]: Omit<JournalRecord, 'type' | 'data'> & { readonly type: T; readonly data: Readonly<Events[T]> };
}[K];

/** Present version of every event type. A raised number comes with an upcaster in `upcast.ts`. */
export const versions: Readonly<Record<EventType, number>> = {
  'session.created': 1,
  'prompt.added': 1,
  'session.queued': 1,
  'session.admitted': 1,
  'worktree.ready': 1,
  'run.started': 1,
  'run.doubted': 1,
  'run.confirmed': 1,
  'run.exited': 1,
  'agent.identified': 1,
  'input.written': 1,
  'turn.started': 1,
  'turn.ended': 1,
  'service.retried': 1,
  'danger.seen': 1,
  'breakpoint.raised': 1,
  'breakpoint.resolved': 1,
  'breakpoint.closed': 1,
  'session.cancelling': 1,
  'session.interrupting': 1,
  'session.paused': 1,
  'session.resumed': 1,
  'session.settled': 1,
  'turn.committed': 1,
  'session.archived': 1,
  'session.pushed': 1,
  'session.renamed': 1,
  'session.removed': 1,
  'session.returned': 1,
  'session.restored': 1,
  'session.refused': 1,
  'checkpoint.requested': 1,
  'checkpoint.made': 1,
  'checkpoint.failed': 1,
  'checkpoint.gated': 1,
  'checkpoint.named': 1,
  'checkpoint.pruned': 1,
  'restore.requested': 1,
  'restore.planned': 1,
  'restore.ended': 1,
  'intent.opened': 1,
  'intent.failed': 1,
  'landing.requested': 1,
  'landing.sealed': 1,
  'landing.built': 1,
  'landing.tested': 1,
  'landing.untested': 1,
  'landing.held': 1,
  'landing.overtaken': 1,
  'landing.landed': 1,
  'landing.refused': 1,
  'landing.withdrawn': 1,
  'review.commented': 1,
  'review.edited': 1,
  'review.resolved': 1,
  'review.withdrawn': 1,
  'review.sent': 1,
  'review.ticked': 1,
  'review.unticked': 1,
  'supervision.begun': 1,
  'autonomy.changed': 1,
  'turn.validated': 1,
  'gate.answered': 1,
  'gate.unanswered': 1,
  'turn.reviewed': 1,
  'turn.decided': 1,
  'turn.commented': 1,
  'budget.raised': 1,
  'verification.requested': 1,
  'verification.begun': 1,
  'verification.ended': 1,
  'session.approved': 1,
  'stop.set': 1,
  'stop.removed': 1,
  'stop.met': 1,
  'budget.extended': 1,
  'budget.reserved': 1,
  'grant.given': 1,
  'grant.withdrawn': 1,
  'prompt.edited': 1,
  'repository.trusted': 1,
  'repository.distrusted': 1,
  'repository.moved': 1,
  'worktree.made': 1,
  'worktree.removed': 1,
  'watch.changed': 1,
  'watch.gap': 1,
  'files.changed': 1,
  'overlap.found': 1,
  'overlap.gone': 1,
  'engine.started': 1,
  'engine.stopped': 1,
};

/** A typed event, ready for the journal. */
export function event<K extends EventType>(type: K, data: Events[K]): NewEvent {
  return { type, v: versions[type], data: { ...data } };
}

/** The record as a typed event, or undefined for a type that this version does not know (kept, never folded). */
export function recorded(record: JournalRecord): Recorded | undefined {
  if (!Object.hasOwn(versions, record.type)) return undefined;
  // The journal only holds what `event` made, hash-chained; the cast is the one place where that trust is placed.
  return record as unknown as Recorded;
}
