import { checkpointId, type Checkpoint, type CheckpointRecord } from '../../core/checkpoint/state.ts';
import { defined } from '../../core/defined.ts';
import { CoppiceError, toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import { goOn } from '../../core/restore/automatic.ts';
import { conversationWay, rewindTo } from '../../core/restore/conversation.ts';
import type { Restoring } from '../../core/restore/state.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { keepText, promptFile } from '../supervision/texts.ts';
import { keepNow, recordOf } from './checkpoint.ts';
import type { FileMove, Planned } from './checkpoints.ts';
import { engineActor, type SessionContext } from './context.ts';
import { requireTrusted } from './trust.ts';
import { withLease } from './with-lease.ts';

/**
 * Carries out a rollback. The state before is a checkpoint, the state after is one too and is in git before the first file
 * is touched; in between the files are brought from the one to the other. A later engine that finds it unfinished keeps what
 * it finds as a checkpoint and then finishes it, so that nothing is lost whatever happened in between.
 */
export async function restore(context: SessionContext, session: Session): Promise<void> {
  const { restoring, worktree } = session;
  if (restoring === undefined || worktree === undefined) return;
  try {
    requireTrusted(context, session);
    await withLease(context, session, worktree, () => rollBack(context, session, worktree, restoring));
  } catch (error) {
    if (context.stopping.aborted || context.store.state.readOnlyReason !== undefined) throw error;
    context.log.warn('a rollback failed', { session: session.id, to: restoring.to, error: String(error) });
    await end(context, session, restoring, { files: 0, error: toErrorRecord(error) });
  }
}

async function rollBack(context: SessionContext, session: Session, place: Place, restoring: Restoring): Promise<void> {
  const { store, checkpoints } = context;
  const { id, to, plan } = restoring;
  const before = await keepNow(context, session, place, side(restoring, 'before'));
  if (plan === undefined) refuseOther(restoring, before);
  const n = before.n + 1;
  const planned =
    plan === undefined
      ? await checkpoints.plan(session, place, {
          ...{ n, intent: id, now: before, target: at(context, session, to), request: restoring },
          ...(restoring.since === undefined ? {} : { since: at(context, session, restoring.since) }),
        })
      : await checkpoints.planAgain(session, place, {
          ...{ n, intent: `${id}:${n}`, now: before, before: at(context, session, plan.before), wanted: plan },
          ...(restoring.since === undefined ? { target: at(context, session, to) } : {}),
        });
  if (planned.moves.length === 0 && plan === undefined) {
    await end(context, session, restoring, { files: 0 });
    return;
  }
  const { tree, commit, moves, exact } = planned;
  const next = { before: before.n, after: n, tree, commit, ...defined({ exact }) };
  await store.commit(engineActor, () => [event('restore.planned', { session: session.id, restore: id, plan: next })]);
  await carryOut(context, session, place, planned, before.n);
  // What was asked for is undone as a whole, also when it took two attempts.
  const first = plan === undefined ? before.n : plan.before;
  const files = moves.filter(({ stays }) => stays !== true).length;
  await end(context, session, restoring, { files, before: first, after: { n, parent: before, planned } });
}

/**
 * Moves the files. What fails (a git that was killed, a full disk) is tried once more and then taken back, so that a rollback
 * that failed has changed nothing; if even that fails, it is said where the files are.
 */
async function carryOut(
  { checkpoints, stopping, log }: SessionContext,
  session: Session,
  place: Place,
  planned: Planned,
  before: number,
): Promise<void> {
  const back = {
    ...planned,
    moves: planned.moves.map(reversed),
  };
  try {
    await checkpoints.carryOut(session, place, planned);
  } catch (first) {
    stopping.throwIfAborted();
    log.warn('files could not be brought back; trying again', { session: session.id, error: String(first) });
    try {
      await checkpoints.carryOut(session, place, planned);
    } catch (error) {
      stopping.throwIfAborted();
      await checkpoints.carryOut(session, place, back).catch((cause: unknown) => {
        throw inBetween(session, toErrorRecord(error), before, cause);
      });
      throw error;
    }
  }
}

function reversed({ path, from, to, exact, fromExact, stays }: FileMove): FileMove {
  return { path, ...defined({ from: to, to: from, exact: fromExact, fromExact: exact, stays }) };
}

function inBetween({ id }: Session, { code, message }: ErrorRecord, before: number, cause: unknown): CoppiceError {
  const next = `Then roll back to checkpoint ${before}, which has them as they were.`;
  const context = { session: id, checkpoint: String(before) };
  return new CoppiceError(code, `${message} Some files are changed and some are not.`, next, {
    cause,
    context,
    way: 'roll-back',
  });
}

/** The files are not those that somebody looked at when they chose, or that gates judged. */
function refuseOther({ expect, automatic }: Restoring, { tree }: Checkpoint): void {
  if (expect === undefined || expect === tree) return;
  const [since, next] =
    automatic === undefined
      ? ['the preview', 'Look at the preview again.']
      : ['gates judged them', 'Look at them, and say what is to be done.'];
  throw new CoppiceError('wrong-state', `The files have changed since ${since}, so nothing was rolled back.`, next, {
    context: { expected: expect, found: tree },
  });
}

/** What the checkpoints around a rollback say of it. */
function side({ to, automatic }: Restoring, which: 'before' | 'after'): NonNullable<CheckpointRecord['restore']> {
  return { to, side: which, ...(automatic === undefined ? {} : { automatic: true }) };
}

function at({ store }: SessionContext, { id }: Session, n: number): Checkpoint {
  const checkpoint = store.get('checkpoint', checkpointId(id, n));
  if (checkpoint !== undefined) return checkpoint;
  throw new CoppiceError('not-found', `Session ${id} has no checkpoint ${n}.`, 'See which it has.', {
    context: { session: id },
    way: 'see-checkpoints',
  });
}

/** What becomes of the conversation, if it was asked for. */
async function conversationOf(context: SessionContext, session: Session, { conversation, to }: Restoring) {
  if (conversation !== true) return undefined;
  const point = at(context, session, to).conversation;
  // The files are back by now: an agent that is not known any more gets an account of what was said, like one that cannot go back.
  const canRewind = await context.agent(session).then(
    ({ capabilities }) => capabilities.rewind === true,
    () => false,
  );
  const present = context.store.session(session.id);
  const way = conversationWay(present, point, canRewind);
  return { way, ...defined({ rewound: rewindTo(present, point, way) }) };
}

/** What the supervisor is about to say can be read as it was sent. */
async function keepPrompt({ judges }: SessionContext, { id }: Session, following: readonly NewEvent[]): Promise<void> {
  for (const { type, data } of following) {
    if (type === 'prompt.added') await keepText(promptFile(judges, id, Number(data['prompt'])), String(data['text']));
  }
}

interface Ending {
  readonly files: number;
  readonly before?: number;
  readonly after?: { readonly n: number; readonly parent: Checkpoint; readonly planned: Planned };
  readonly error?: ErrorRecord;
}

async function end(
  context: SessionContext,
  session: Session,
  restoring: Restoring,
  { files, before, after, error }: Ending,
): Promise<void> {
  const { store } = context;
  const { id, automatic } = restoring;
  const conversation = error === undefined ? await conversationOf(context, session, restoring) : undefined;
  const ended = event(
    'restore.ended',
    defined({ session: session.id, restore: id, files, before, after: after?.n, error, conversation }),
  );
  await keepPrompt(context, session, goOn(store.session(session.id), restoring, defined({ before, error }), ''));
  await store.commit(automatic === undefined ? engineActor : 'supervisor', () => {
    const present = store.session(session.id);
    const following = goOn(present, restoring, defined({ before, error }), context.newId());
    if (after === undefined) return [ended, ...following];
    const { n, parent, planned } = after;
    const { tree, commit, exact } = planned;
    const captured = { tree, commit, head: parent.head, remarks: [], ...defined({ exact }) };
    const checkpoint = recordOf(present, captured, {
      ...{ n, kind: 'restore', parent: parent.n, changed: planned.tree !== parent.tree, byPerson: false },
      ...{ turn: parent.turn, restore: side(restoring, 'after') },
    });
    return [event('checkpoint.made', { session: session.id, checkpoint }), ended, ...following];
  });
}
