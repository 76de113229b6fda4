import { defined } from '../../core/defined.ts';
import { CoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { ChangeSummary, Place, Session } from '../../core/session/state.ts';
import { engineActor, type SessionContext } from './context.ts';
import { requireTrusted } from './trust.ts';

/** A commit of what an agent did; `intent` is still open. */
export interface CommittedWork {
  readonly changes: ChangeSummary;
  readonly intent: string;
}

/**
 * Commits what the session's agent did on its branch. What an earlier engine announced for the same turn is finished under
 * its key, so that nothing is committed twice.
 *
 * @param turn after which this is done; undefined at the end of the work.
 */
export async function commitWork(
  context: SessionContext,
  session: Session,
  place: Place,
  turn?: number,
): Promise<CommittedWork> {
  const intent = announced(context, session, turn) ?? (await announce(context, session, turn));
  return { intent, changes: await context.workplace.commit(session, place, { intent, message: messageOf(session) }) };
}

/** Commits a turn before the next one begins. A failure is put on record and holds up nothing: the end of the work tries again. */
export async function commitTurn(context: SessionContext, session: Session, turn: number): Promise<void> {
  const place = session.worktree;
  if (place === undefined) throw new CoppiceError('internal', 'No worktree to commit.', 'Report this as a bug.');
  try {
    requireTrusted(context, session);
    const { changes, intent } = await commitWork(context, session, place, turn);
    await context.store.commit(engineActor, () => [
      event('turn.committed', { session: session.id, turn, changes, intent }),
    ]);
  } catch (cause) {
    if (context.stopping.aborted || context.store.state.readOnlyReason !== undefined) throw cause;
    context.log.warn('a turn could not be committed', { session: session.id, turn, error: String(cause) });
    const intent = announced(context, session, turn);
    const failed = defined({ session: session.id, turn, error: toErrorRecord(cause), intent });
    await context.store.commit(engineActor, () => [event('turn.committed', failed)]);
  }
}

function announced({ store }: SessionContext, session: Session, turn: number | undefined): string | undefined {
  return store.intentsOf(session.id).find(({ effect }) => effect.kind === 'commit' && effect.turn === turn)?.id;
}

async function announce(context: SessionContext, session: Session, turn: number | undefined): Promise<string> {
  const intent = context.newId();
  const effect = { kind: 'commit', ...(turn === undefined ? {} : { turn }) } as const;
  await context.store.commit(engineActor, () => [event('intent.opened', { intent, session: session.id, effect })]);
  return intent;
}

function messageOf(session: Session): string {
  const text = session.lastTurn?.text;
  return text === undefined || text === '' ? session.task.title : `${session.task.title}\n\n${text}`;
}
