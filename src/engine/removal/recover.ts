import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Intent } from '../../core/intent/state.ts';
import { finishRemoval } from '../../git/removal.ts';
import { engineActor } from '../sessions/context.ts';
import { repositoryOf, type RemovalContext } from './context.ts';
import { concluded } from './remove.ts';
import { finishReturn } from './return.ts';

/**
 * Takes up what an earlier engine announced of removals and returns: what had gone to the trash is removed, what had not
 * stays; a return is finished. In a repository that is not trusted nothing is done, and it waits until somebody asks (`takeUp`).
 *
 * @param left what was on record before anybody could ask this engine for anything: what it is asked for it carries out itself.
 */
export async function recoverRemovals(context: RemovalContext, left: readonly Intent[]): Promise<void> {
  const { log, stopping } = context;
  for (const intent of left) {
    if (stopping.aborted) return;
    if (intent.effect.kind !== 'removal' && intent.effect.kind !== 'return') continue;
    await settle(context, intent).catch((error: unknown) => {
      log.warn('a removal cannot be taken up', { session: intent.session, error: String(error) });
    });
  }
}

/**
 * Takes up what was begun with a session and could not be ended. Throws what stands in its way now. Whoever is in the middle of it is
 * not waited for.
 */
export async function takeUp(context: RemovalContext, session: string): Promise<void> {
  for (const intent of context.store.intentsOf(session)) {
    if (context.unsettled.delete(intent.id)) await settle(context, intent);
  }
}

async function settle(context: RemovalContext, intent: Intent): Promise<void> {
  try {
    await end(context, intent);
  } finally {
    if (context.store.get('intent', intent.id) !== undefined) context.unsettled.add(intent.id);
  }
}

async function end(context: RemovalContext, { id, session: key, effect, openedAt }: Intent): Promise<void> {
  const { store } = context;
  const session = store.get('session', key);
  const place = session?.worktree;
  if (session === undefined || place === undefined) return;
  if (store.get('repository', session.repository.id)?.trusted !== true) return;
  if (effect.kind === 'return') {
    const { removal } = session;
    if (removal !== undefined) await finishReturn(context, session, { place, removal, intent: id }, engineActor);
    return;
  }
  const settings = await context.settings(session.repository.root);
  const repository = await repositoryOf(context, session);
  const removed = await finishRemoval(repository, place, settings['worktrees.root'], {
    ...{ session: key, since: openedAt },
  });
  const failed = event('intent.failed', { intent: id, session: key, error: notRemoved.toRecord() });
  await store.commit(engineActor, () =>
    removed === undefined ? [failed] : concluded(session, place, removed, id, context.clock()).events,
  );
}

const notRemoved = new CoppiceError(
  'wrong-state',
  'The engine ended before the session was removed; nothing was taken away.',
  'Remove it again.',
);
