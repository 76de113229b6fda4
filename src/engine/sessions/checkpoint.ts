import { defined } from '../../core/defined.ts';
import { isBefore, toolMarks } from '../../core/checkpoint/due.ts';
import {
  checkpointId,
  type Checkpoint,
  type CheckpointEvents,
  type CheckpointRecord,
  type Due,
} from '../../core/checkpoint/state.ts';
import { prunable } from '../../core/checkpoint/retention.ts';
import type { NewEvent } from '../../core/domain.ts';
import { CoppiceError, isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { isLive } from '../../core/session/status.ts';
import type { Captured, TakeOptions } from './checkpoints.ts';
import { engineActor, type SessionContext } from './context.ts';
import { lossQuestion } from './loss.ts';
import { requireTrusted } from './trust.ts';

/**
 * Takes a checkpoint that is due. The beginning of a turn that cannot be kept keeps the turn from beginning: what could not
 * be taken back is not done. Of anything later the failure is put on record, and the work goes on.
 */
export async function takeDue(context: SessionContext, session: Session, due: Due, quiet: boolean): Promise<void> {
  const place = session.worktree;
  if (place === undefined) throw new CoppiceError('internal', 'No worktree to keep.', 'Report this as a bug.');
  try {
    requireTrusted(context, session);
    if (isWorkedOn(session, due)) await context.away.bring(session, place);
    await take(context, session, place, due, quiet);
    await prune(context, context.store.session(session.id));
  } catch (error) {
    if (context.stopping.aborted || context.store.state.readOnlyReason !== undefined) throw error;
    const intent = announced(context, session)?.id;
    const failed = defined({ session: session.id, error: toErrorRecord(error), intent });
    if (due.kind === 'turn-start') {
      if (intent !== undefined)
        await context.store.commit(engineActor, () => [event('intent.failed', { ...failed, intent })]);
      throw error;
    }
    context.log.warn('a checkpoint could not be taken', { session: session.id, kind: due.kind, error: String(error) });
    await context.store.commit(engineActor, () => [event('checkpoint.failed', { ...failed, ...toBeNoted(due) })]);
  }
}

/** The files may have been changed where the agent is, if that is elsewhere. */
function isWorkedOn(session: Session, { kind }: Due): boolean {
  return kind === 'turn-end' || kind === 'tool' || (kind === 'named' && isLive(session));
}

/** What of a checkpoint that failed is on record, so that nobody waits for it. */
function toBeNoted(
  due: Exclude<Due, { kind: 'turn-start' }>,
): Omit<CheckpointEvents['checkpoint.failed'], 'session' | 'error'> {
  switch (due.kind) {
    case 'turn-end':
      return { kind: due.kind, turn: due.turn };
    case 'gate':
      return { kind: due.kind, gate: due.gate };
    case 'named':
      return { kind: due.kind, wish: due.wish.id };
    case 'tool':
      return due;
  }
}

async function take(context: SessionContext, session: Session, place: Place, due: Due, quiet: boolean): Promise<void> {
  const { kind } = due;
  const turn = session.checkpoint?.turn ?? 0;
  switch (kind) {
    case 'turn-start':
      await keep(context, session, place, { quiet, full: false, weigh: 'last' }, { ...due, turn });
      return;
    case 'turn-end':
      await keep(context, session, place, { quiet: false, full: false, weigh: 'turn' }, due);
      return;
    case 'tool':
      await keep(
        context,
        session,
        place,
        { quiet: false, full: false },
        { ...due, turn, tools: toolMarks(session, due) },
      );
      return;
    case 'named': {
      const { id, name } = due.wish;
      await keep(context, session, place, { quiet, full: true }, { kind, turn, wish: id }, name);
      return;
    }
    case 'gate': {
      const gated = endGated(context, session, due.gate.tree);
      if (gated.length > 0) {
        await context.store.commit(engineActor, () => gated);
        return;
      }
      // Work at rest that was changed since its last turn was changed by a person.
      const atRest = due.turn === undefined;
      // Every file was looked at a moment ago: what agrees with that need not be looked at again.
      const full = session.checkpoint?.tree !== due.gate.tree;
      const weigh = atRest ? {} : ({ weigh: 'last' } as const);
      await keep(context, session, place, { quiet: quiet && atRest, full, ...weigh }, { kind, gate: due.gate, turn });
    }
  }
}

/** The end of a turn with exactly the files that gates are to be asked about is the checkpoint of them: nothing is taken then. */
export function endGated(context: Pick<SessionContext, 'store'>, session: Session, tree: string): readonly NewEvent[] {
  const last = newest(context, session);
  if (last?.kind !== 'turn-end' || last.tree !== tree) return [];
  return [event('checkpoint.gated', { session: session.id, n: last.n, tree })];
}

/** Takes a checkpoint before a rollback: of the files as they are, read in full. */
export function keepNow(
  context: SessionContext,
  session: Session,
  place: Place,
  restore: NonNullable<CheckpointRecord['restore']>,
): Promise<Checkpoint> {
  return keep(
    context,
    session,
    place,
    { quiet: true, full: true },
    { kind: 'restore', turn: session.checkpoint?.turn ?? 0, restore },
  );
}

/** What is over its time goes: from the journal first, so that nothing there ever names a ref that is gone. */
async function prune(context: SessionContext, session: Session): Promise<void> {
  const { store, checkpoints, clock } = context;
  const settings = await context.settings(session);
  const retention = { keep: settings['checkpoints.keep'], keepDays: settings['checkpoints.keepDays'] };
  const all = store.all('checkpoint').filter((each) => each.session === session.id);
  const old = prunable(session, all, retention, clock());
  if (old.length === 0) return;
  const reason = `older than ${retention.keepDays} days, and not among the last ${retention.keep}`;
  await store.commit(engineActor, () =>
    old.map(({ n }) => event('checkpoint.pruned', { session: session.id, n, reason })),
  );
  for (const each of old) await checkpoints.drop(session, each);
}

/**
 * What was seen being touched and what is there must agree: `found` is the tree of all files as somebody else read them at the
 * end of the work. Where it is not that of the newest checkpoint, every file is looked at once more, and a difference is kept.
 */
export async function reconcile(context: SessionContext, session: Session, place: Place, found: string): Promise<void> {
  const { checkpoints, log, stopping, store } = context;
  const last = newest(context, session);
  if (last === undefined || last.tree === found || (session.lastTurn?.n ?? 0) > last.turn) return;
  try {
    if ((await checkpoints.look(session, place)) === last.tree) return;
    log.warn('files changed that nobody saw changing', { session: session.id, checkpoint: last.n });
    await keep(context, session, place, { quiet: false, full: true }, { kind: 'turn-end', turn: last.turn });
  } catch (error) {
    if (stopping.aborted || store.state.readOnlyReason !== undefined) throw error;
    log.warn('a checkpoint could not be compared with the files', { session: session.id, error: String(error) });
  }
}

interface How {
  /** No agent has been at work since the checkpoint before, so that what differs was a person. */
  readonly quiet: boolean;
  /** Every file is looked at. */
  readonly full: boolean;
  /** A person is asked if too much is gone since the turn began, or since the last checkpoint. */
  readonly weigh?: 'turn' | 'last';
}

type Why = Pick<
  CheckpointRecord,
  'kind' | 'turn' | 'prompt' | 'requests' | 'uses' | 'wish' | 'tools' | 'gate' | 'restore'
>;

async function keep(
  context: SessionContext,
  session: Session,
  place: Place,
  { quiet, full, weigh }: How,
  { prompt, ...why }: Why,
  name?: string,
): Promise<Checkpoint> {
  const { store, checkpoints } = context;
  const parent = newest(context, session);
  const { id: intent, n } = announced(context, session) ?? (await announce(context, session));
  const captured = await captureAs(context, session, place, { n, intent, parent, full });
  const changed = captured.tree !== parent?.tree || captured.exact?.tree !== parent.exact?.tree;
  const byPerson =
    quiet && changed && parent !== undefined && (await checkpoints.differs(session, parent.tree, captured.tree));
  const { turn } = why;
  const question =
    weigh === undefined
      ? undefined
      : await lossQuestion(context, session, place, {
          ...{ turn, tree: captured.tree, weigh },
          before: weigh === 'turn' ? beginningOf(context, session, turn) : parent,
        });
  const circumstances = {
    ...{ ...why, n: captured.n, parent: parent?.n ?? null, changed, byPerson },
    // Nobody knows yet from which files the next turn will begin.
    ...(question === undefined ? defined({ prompt }) : {}),
  };
  const record = recordOf(store.session(session.id), captured, circumstances);
  await store.commit(engineActor, () => [
    event('checkpoint.made', { session: session.id, checkpoint: record, intent: captured.intent }),
    ...(name === undefined ? [] : [event('checkpoint.named', { session: session.id, n: captured.n, name })]),
    // With it, so that nothing can come between the two.
    ...(question === undefined ? [] : [question]),
  ]);
  const made = store.get('checkpoint', checkpointId(session.id, captured.n));
  if (made !== undefined) return made;
  throw new CoppiceError('internal', `Checkpoint ${captured.n} vanished.`, 'Report this as a bug.');
}

function newest({ store }: Pick<SessionContext, 'store'>, { id, checkpoint }: Session) {
  return checkpoint === undefined ? undefined : store.get('checkpoint', checkpointId(id, checkpoint.n));
}

/** The checkpoint of the files as they were when a turn began; undefined when it is gone. */
export function beginningOf(
  { store }: Pick<SessionContext, 'store'>,
  { id, checkpoint }: Session,
  turn: number,
): Checkpoint | undefined {
  for (let n = checkpoint?.n ?? -1; n >= 0; n -= 1) {
    const at = store.get('checkpoint', checkpointId(id, n));
    if (at !== undefined && isBefore(at, turn)) return at;
  }
  return undefined;
}

interface Announced {
  readonly id: string;
  readonly n: number;
}

/** What an earlier engine announced and did not confirm. */
function announced({ store }: SessionContext, session: Session): Announced | undefined {
  for (const { id, effect } of store.intentsOf(session.id)) {
    if (effect.kind === 'checkpoint') return { id, n: effect.n };
  }
  return undefined;
}

async function announce(context: SessionContext, session: Session, number?: number): Promise<Announced> {
  const id = context.newId();
  const n = number ?? (session.checkpoint?.n ?? -1) + 1;
  await context.store.commit(engineActor, () => [
    event('intent.opened', { intent: id, session: session.id, effect: { kind: 'checkpoint', n } }),
  ]);
  return { id, n };
}

type Numbered = Captured & { readonly n: number; readonly intent: string };

/** A number that something else has already (a journal that was lost, another data directory) is left to it. */
async function captureAs(
  context: SessionContext,
  session: Session,
  place: Place,
  options: TakeOptions,
): Promise<Numbered> {
  const { n, intent } = options;
  try {
    return { ...(await context.checkpoints.take(session, place, options)), n, intent };
  } catch (error) {
    if (!isCoppiceError(error, 'path-in-the-way')) throw error;
    const free = await context.checkpoints.free(session);
    if (free <= n) throw error;
    await context.store.commit(engineActor, () => [
      event('intent.failed', { intent, session: session.id, error: error.toRecord() }),
    ]);
    const next = await announce(context, session, free);
    const captured = await context.checkpoints.take(session, place, { ...options, n: next.n, intent: next.id });
    return { ...captured, n: next.n, intent: next.id };
  }
}

type Circumstances = Why & Pick<CheckpointRecord, 'n' | 'parent' | 'changed' | 'byPerson'>;

/** The whole record of a checkpoint: the files, and where session, conversation, budget and queue stood. */
export function recordOf(session: Session, captured: Captured, circumstances: Circumstances): CheckpointRecord {
  const { tree, commit, head, remarks, exact } = captured;
  const { agentSession, position, streamOffset, turns, place, priority } = session;
  const given = session.prompts.filter((prompt) => prompt.state === 'waiting').length;
  return {
    ...circumstances,
    ...{ tree, commit, head, usage: session.usage },
    ...defined({ exact }),
    conversation: {
      ...defined({ agentSession, position }),
      offset: streamOffset,
      prompts: session.promptCount - given,
      turns,
    },
    queue: { priority, ...defined({ place }) },
    ...(remarks.length === 0 ? {} : { remarks }),
  };
}

/** The first checkpoint of a session, to be journalled with its worktree. */
export async function firstCheckpoint(
  context: SessionContext,
  session: Session,
  place: Place,
  untouched: boolean,
): Promise<readonly NewEvent[]> {
  if (session.checkpoint !== undefined) return [];
  const captured = await context.checkpoints.begin(session, place, `begin:${session.id}`, untouched);
  const prompt = session.prompts.find((each) => each.state === 'waiting')?.n;
  const checkpoint = recordOf(session, captured, {
    ...{ n: 0, kind: 'session-start', parent: null, changed: false, byPerson: false, turn: session.turns },
    ...defined({ prompt }),
  });
  return [event('checkpoint.made', { session: session.id, checkpoint })];
}
