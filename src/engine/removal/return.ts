import { dirname } from 'node:path';
import type { Actor } from '../../core/domain.ts';
import { CoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Place, Removal, Session } from '../../core/session/state.ts';
import { isAbsent, isFolder } from '../../git/admin.ts';
import { returnWorktree } from '../../git/return.ts';
import { madeWorktree, repositoryOf, type RemovalContext } from './context.ts';
import { leftOf, removeSession } from './remove.ts';

/**
 * Brings a removed session back, with the worktree that went with it. One that was not removed and whose worktree is gone
 * is removed first, so that its worktree is made again as it is known.
 *
 * @throws CoppiceError `wrong-state` (it was not removed), and what `removeSession` and `returnWorktree` throw.
 */
export async function returnSession(context: RemovalContext, id: string, actor: Actor): Promise<void> {
  const { store } = context;
  if (await isGone(context, store.session(id))) {
    await removeSession(context, id, { despite: [], skipTeardown: true }, actor);
  }
  const session = store.session(id);
  const { removal, worktree: place } = session;
  const repository = session.repository.id;
  if (removal === undefined) throw notRemoved(id);
  if (removal.kept === null || place === undefined) {
    await store.commit(actor, () => [event('session.returned', { session: id, repository })]);
    return;
  }
  const intent = context.newId();
  await store.commit(actor, () => {
    if (store.session(id).removal === undefined) throw notRemoved(id);
    if (store.intentsOf(id).length > 0) {
      throw new CoppiceError('wrong-state', `Session ${id} is being brought back.`, 'Wait a moment.');
    }
    return [event('intent.opened', { intent, session: id, effect: { kind: 'return', path: place.path } })];
  });
  await finishReturn(context, session, { place, removal, intent }, actor);
}

/** Carries out a return that is announced; also after a kill, since every step can be repeated. */
export async function finishReturn(
  context: RemovalContext,
  session: Session,
  { place, removal, intent }: { readonly place: Place; readonly removal: Removal; readonly intent: string },
  actor: Actor,
): Promise<void> {
  const { store } = context;
  const { id, repository } = session;
  try {
    const settings = await context.settings(repository.root);
    const worktree = await returnWorktree(await repositoryOf(context, session), place, {
      root: settings['worktrees.root'],
      kept: removal.kept ?? '',
      overdue: context.clock() >= removal.until,
      signal: context.stopping,
      ...(removal.trash === undefined ? {} : { trash: removal.trash }),
    });
    const returned = event('session.returned', { session: id, repository: repository.id, worktree, intent });
    await store.commit(actor, () => [returned]);
  } catch (error) {
    if (!context.stopping.aborted) {
      const failed = event('intent.failed', { intent, session: id, error: toErrorRecord(error) });
      await store.commit(actor, () => (store.get('intent', intent) === undefined ? [] : [failed]));
    }
    throw error;
  }
}

/** It is there without its worktree, which somebody else took away. */
async function isGone(context: RemovalContext, session: Session): Promise<boolean> {
  const place = madeWorktree(context, session);
  if (session.removal !== undefined || place === undefined || !(await isAbsent(place.path))) return false;
  const folder = dirname(place.path);
  if (await isFolder(folder)) {
    if ((await leftOf(context, session, place)).kept !== null) return true;
    const message = `The worktree ${place.path} is gone, and nothing is kept of it.`;
    throw new CoppiceError('not-found', message, 'Remove the session; its record stays.', { context: { folder } });
  }
  throw new CoppiceError(
    'not-found',
    `The folder ${folder}, in which its worktree was, is not there.`,
    'Mount its disk if it has one of its own; else remove the session first, then restore it.',
    { context: { folder } },
  );
}

function notRemoved(session: string): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${session} was not removed.`, 'Nothing has to be done.', {
    context: { session },
  });
}
