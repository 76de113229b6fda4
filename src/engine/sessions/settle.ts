import { defined } from '../../core/defined.ts';
import { toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { turnFailure, type SignIn } from '../../core/session/turn-failure.ts';
import type { ChangeSummary, Place, Result, Session } from '../../core/session/state.ts';
import { isMistakeInFile } from '../config/config.ts';
import { reconcile } from './checkpoint.ts';
import { commitWork } from './commit.ts';
import { isTrusted } from './trust.ts';
import { engineActor, type SessionContext } from './context.ts';

/**
 * Ends a stretch of work: nothing of the run is left, what the agent did is committed on its branch, the lease is given
 * back. `error` is why the work could not be carried on, when that is so.
 */
export async function settle(context: SessionContext, session: Session, error?: unknown): Promise<void> {
  const problem = error === undefined ? session.cancelling?.error : toErrorRecord(error);
  const place = session.holding ? session.worktree : undefined;
  const work = await withShared(
    context,
    session,
    place,
    await record(context, session, place, outcomeOf(session, problem)),
  );
  if (place !== undefined && work.changes !== undefined) {
    await reconcile(context, context.store.session(session.id), place, work.changes.tree);
  }
  if (place !== undefined) await context.workplace.release(session, place);
  // What the engine interrupted the agent for comes before what went wrong because of it.
  const interruption = work.outcome === 'interrupted' ? session.interruptedFor : undefined;
  const failure =
    problem ??
    interruption ??
    work.error ??
    (work.outcome === 'failed' ? turnFailure(session.lastTurn, await signInOf(context, session)) : undefined);
  const settled = event(
    'session.settled',
    defined({
      session: session.id,
      outcome: work.outcome,
      worktree: place?.path,
      text: session.lastTurn?.text,
      changes: work.changes,
      error: failure,
      intent: work.intent,
    }),
  );
  await context.store.commit(engineActor, () => {
    const left = context.store.intentsOf(session.id).filter((each) => each.id !== work.intent);
    // Before anybody is told: who continues the session at that word brings values that are not to be forgotten.
    context.vault.forget(session.id);
    return [
      ...left.map((each) => event('intent.failed', { intent: each.id, session: session.id, error: over })),
      settled,
    ];
  });
}

const over: ErrorRecord = { code: 'wrong-state', message: 'The work has ended.', next: 'Nothing has to be done.' };

function outcomeOf(session: Session, problem: ErrorRecord | undefined): Result['outcome'] {
  if (session.cancelling !== undefined && session.cancelling.error === undefined) return 'cancelled';
  if (problem !== undefined) return 'failed';
  if (session.interrupting === true) return 'interrupted';
  switch (session.lastTurn?.outcome) {
    case 'success':
      return 'reported';
    case 'interrupted':
      return 'interrupted';
    default:
      return 'failed';
  }
}

/** An agent that is not known any more is named as the session names it. */
async function signInOf(context: SessionContext, session: Session): Promise<SignIn> {
  try {
    const { title, signIn, environment } = await context.agent(session);
    return { title, command: signIn, keys: environment.secrets };
  } catch {
    return { title: session.agent, command: undefined, keys: [] };
  }
}

interface Recorded {
  readonly outcome: Result['outcome'];
  readonly changes?: ChangeSummary;
  readonly intent?: string;
  readonly error?: ErrorRecord;
}

/** An agent that works in the repository itself shares its stash and its branches: what came of that goes on record with the changes. */
async function withShared(
  context: SessionContext,
  session: Session,
  place: Place | undefined,
  work: Recorded,
): Promise<Recorded> {
  const { tree, shared } = context.executor(session);
  const elsewhere = tree !== undefined || shared !== undefined;
  if (place === undefined || work.changes === undefined || elsewhere) return work;
  const { workplace } = context;
  const remarks = [
    ...(await workplace.stashRemarks(session, place)),
    ...(await workplace.movedRemarks(session, place)),
  ];
  if (remarks.length === 0) return work;
  return { ...work, changes: { ...work.changes, remarks: [...(work.changes.remarks ?? []), ...remarks] } };
}

/** Commits on success; otherwise the work in progress stays uncommitted in the worktree, where a continuation finds it. */
async function record(
  context: SessionContext,
  session: Session,
  place: Place | undefined,
  outcome: Result['outcome'],
): Promise<Recorded> {
  // Trust may have been taken back while the session was at work: from then on not even git runs.
  if (place === undefined || !isTrusted(context, session)) return { outcome };
  try {
    await context.away.bring(session, place);
    if (outcome !== 'reported' || !(await context.settings(session))[`session.autoCommit.${session.mode}`]) {
      return { outcome, changes: await context.workplace.changes(session, place) };
    }
    return { outcome, ...(await commitWork(context, session, place)) };
  } catch (cause) {
    if (outcome === 'reported' && isMistakeInFile(cause)) throw cause;
    // The change is in the worktree and stays there; what cannot be recorded is not reported as done.
    context.log.warn('the change could not be recorded', { session: session.id, error: String(cause) });
    return { outcome: outcome === 'reported' ? 'failed' : outcome, error: toErrorRecord(cause) };
  }
}
