import { checkpointOf, reduceCheckpoint } from './checkpoint/reducer.ts';
import type { Checkpoint } from './checkpoint/state.ts';
import type { Columns, Domain, Entity, EntityRef, JournalRecord } from './domain.ts';
import { recorded, type Recorded } from './events.ts';
import { intentOf, reduceIntent } from './intent/reducer.ts';
import type { Intent } from './intent/state.ts';
import { reduceLanding } from './landing/reducer.ts';
import type { Landing } from './landing/state.ts';
import { reduceOverlap } from './radar/reducer.ts';
import type { Overlap } from './radar/state.ts';
import { movedRefs, reduceMoved } from './repository/moved.ts';
import { reduceRepository } from './repository/reducer.ts';
import type { Repository } from './repository/state.ts';
import { reduceReview } from './review/reducer.ts';
import type { Review } from './review/state.ts';
import { reduceSession } from './session/reducer.ts';
import type { Session } from './session/state.ts';
import { statusOf } from './session/status.ts';
import { reduceGrant, reduceStop, stopsOf, type Grant, type Stop } from './supervision/stops.ts';
import type { Judgement } from './supervision/judgement.ts';
import { reduceAllowance, type Allowance } from './supervision/levels.ts';
import { judgementOf, reduceJudgement } from './supervision/judgement-reducer.ts';
import { upcast } from './upcast.ts';
import { reduceWatch } from './watch/reducer.ts';
import type { Watch } from './watch/state.ts';
import { reduceWorktree } from './worktree/reducer.ts';
import type { Worktree } from './worktree/state.ts';

/** The aggregates by kind. */
export interface Entities {
  session: Session;
  checkpoint: Checkpoint;
  worktree: Worktree;
  repository: Repository;
  intent: Intent;
  landing: Landing;
  review: Review;
  judgement: Judgement;
  stop: Stop;
  grant: Grant;
  allowance: Allowance;
  watch: Watch;
  overlap: Overlap;
}
export type Kind = keyof Entities;

function touches(record: JournalRecord): readonly EntityRef[] {
  const event = recorded(record);
  if (event === undefined || event.type === 'session.refused') return [];
  if (event.type === 'repository.moved') return movedRefs(event);
  const single = singleOf(event);
  if (single !== undefined) return [single];
  const refs: EntityRef[] = [];
  if ('session' in event.data && event.type !== 'intent.opened' && event.type !== 'intent.failed') {
    refs.push({ kind: 'session', id: event.data.session });
  }
  refs.push(...partsOf(event));
  if ('landing' in event.data) refs.push({ kind: 'landing', id: event.data.landing });
  if (event.type === 'landing.landed' && event.data.reverts !== undefined) {
    refs.push({ kind: 'landing', id: event.data.reverts });
  }
  const intent = intentOf(event);
  if (intent !== undefined) refs.push({ kind: 'intent', id: intent });
  return refs;
}

/** The parts of a repository or a session that an event is about. */
function partsOf(event: Recorded): EntityRef[] {
  const named = { checkpoint: checkpointOf(event), judgement: judgementOf(event), worktree: worktreeOf(event) };
  const refs = Object.entries(named).flatMap(([kind, id]) => (id === undefined ? [] : [{ kind, id }]));
  if (event.type === 'repository.trusted' || event.type === 'repository.distrusted') {
    refs.push({ kind: 'repository', id: event.data.repository });
  }
  if (event.type === 'budget.extended') refs.push({ kind: 'allowance', id: event.data.budget });
  return [...refs, ...stopsOf(event).map((id) => ({ kind: 'stop', id }))];
}

/** The entity of an event that touches nothing else. */
function singleOf(event: Recorded): EntityRef | undefined {
  switch (event.type) {
    case 'watch.changed':
    case 'watch.gap':
    case 'files.changed':
      return { kind: 'watch', id: event.data.session };
    case 'overlap.found':
    case 'overlap.gone':
      return { kind: 'overlap', id: event.data.overlap };
    case 'grant.given':
    case 'grant.withdrawn':
      return { kind: 'grant', id: event.data.grant };
    default:
      return event.type.startsWith('review.') && 'session' in event.data
        ? { kind: 'review', id: event.data.session }
        : undefined;
  }
}

function worktreeOf(event: Recorded): string | undefined {
  if (event.type === 'worktree.ready' || event.type === 'worktree.made') return event.data.worktree.path;
  if (event.type === 'session.returned') return event.data.worktree?.path;
  if (event.type === 'session.restored') return event.data.entity.worktree?.path;
  if (event.type === 'worktree.removed' || event.type === 'session.settled') return event.data.worktree;
  return undefined;
}

function reduce(ref: EntityRef, entity: Entity | undefined, record: JournalRecord): Entity | undefined {
  const event = recorded(record);
  if (event === undefined) return entity;
  if (event.type === 'repository.moved') return plain(reduceMoved(ref, entity, event));
  return reduceOwn(ref, entity, event);
}

function reduceOwn(ref: EntityRef, entity: Entity | undefined, event: Recorded): Entity | undefined {
  // Entities of a kind are only ever made by that kind's own reducer, so the casts restore what the generic store forgot.
  switch (ref.kind as Kind) {
    case 'session':
      return plain(reduceSession(entity as unknown as Session | undefined, event));
    case 'checkpoint':
      return plain(reduceCheckpoint(entity as unknown as Checkpoint | undefined, event));
    case 'worktree':
      return plain(reduceWorktree(entity as unknown as Worktree | undefined, event));
    case 'repository':
      return plain(reduceRepository(entity as unknown as Repository | undefined, event));
    case 'intent':
      return plain(reduceIntent(ref.id, entity as unknown as Intent | undefined, event));
    case 'watch':
      return plain(reduceWatch(entity as unknown as Watch | undefined, event));
    case 'overlap':
      return plain(reduceOverlap(entity as unknown as Overlap | undefined, event));
    case 'review':
      return plain(reduceReview(entity as unknown as Review | undefined, event));
    case 'judgement':
      return plain(reduceJudgement(entity as unknown as Judgement | undefined, event));
    case 'stop':
      return plain(reduceStop(ref.id, entity as unknown as Stop | undefined, event));
    case 'grant':
      return plain(reduceGrant(entity as unknown as Grant | undefined, event));
    case 'allowance':
      return plain(reduceAllowance(entity as unknown as Allowance | undefined, event));
    case 'landing':
      return plain(reduceLanding(ref.id, entity as unknown as Landing | undefined, event));
  }
}

function plain(entity: object | undefined): Entity | undefined {
  return entity as Entity | undefined;
}

const columns: Record<Kind, readonly string[]> = {
  session: ['status', 'mode', 'agent', 'repository', 'task', 'parent', 'worktree', 'createdAt'],
  checkpoint: ['session', 'n', 'kind', 'at'],
  worktree: ['repository', 'branch', 'holder'],
  repository: ['trusted'],
  intent: ['session', 'effect'],
  watch: ['worktree', 'mode'],
  overlap: ['repository', 'ours', 'theirs'],
  landing: ['session', 'repository', 'target', 'state'],
  review: [],
  judgement: ['session', 'repository', 'turn'],
  stop: ['repository', 'hits'],
  grant: ['repository', 'tool'],
  allowance: [],
};

function columnsOf(kind: string, entity: Entity): Columns {
  switch (kind as Kind) {
    case 'session': {
      const session = entity as unknown as Session;
      return {
        status: statusOf(session),
        mode: session.mode,
        agent: session.agent,
        repository: session.repository.id,
        task: session.task.id,
        parent: session.parent ?? null,
        worktree: session.worktree?.path ?? null,
        createdAt: session.createdAt,
      };
    }
    case 'worktree': {
      const worktree = entity as unknown as Worktree;
      return { repository: worktree.repository, branch: worktree.branch, holder: worktree.holder };
    }
    case 'repository':
      return { trusted: (entity as unknown as Repository).trusted ? 1 : 0 };
    case 'intent': {
      const intent = entity as unknown as Intent;
      return { session: intent.session, effect: intent.effect.kind };
    }
    case 'overlap': {
      const { repository, ours, theirs } = entity as unknown as Overlap;
      return { repository, ours: ours.session, theirs: 'session' in theirs ? theirs.session : null };
    }
    default:
      return own(kind as Kind, entity);
  }
}

/** Columns that are fields of the entity under the same name. */
function own(kind: Kind, entity: Entity): Columns {
  return Object.fromEntries(
    columns[kind].map((name) => {
      const value = entity[name];
      return [name, typeof value === 'string' || typeof value === 'number' ? value : null];
    }),
  );
}

/** The rules of Coppice, ready for `state/`. */
export const coppiceDomain: Domain = {
  reducerVersion: 51,
  upcast: (record) => upcast(record),
  touches,
  reduce,
  columns,
  columnsOf,
};
