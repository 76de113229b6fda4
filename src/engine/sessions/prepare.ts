import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Session } from '../../core/session/state.ts';
import { begunSupervision } from '../supervision/begin.ts';
import { firstCheckpoint } from './checkpoint.ts';
import { engineActor, type SessionContext } from './context.ts';
import { requireTrusted } from './trust.ts';
import type { Choice } from './workplace.ts';

interface Begun {
  readonly intent: string;
  readonly choice: Choice;
}

/**
 * Gives a session its worktree and the lease of it. There is no way around it: when isolation fails the session fails, it
 * never works in the main checkout (invariant 2).
 */
export async function prepare(context: SessionContext, session: Session): Promise<void> {
  const { store, workplace } = context;
  requireTrusted(context, session);
  const ready = { session: session.id, repository: session.repository.id };
  const begun = await begunSupervision(context, session);
  if (session.worktree !== undefined) {
    const worktree = await workplace.reclaim(session, session.worktree);
    await store.commit(engineActor, () => [event('worktree.ready', { ...ready, worktree }), ...begun]);
    return;
  }
  const { intent, choice } = announced(context, session) ?? (await choose(context, session));
  const worktree = await workplace.claim(session, choice, context.stopping);
  // Where an agent works on another host, its worktree there is set up when it is made.
  const setUp = choice.kind === 'create' && context.executor(session).tree === undefined;
  if (setUp) await workplace.setUp(session, worktree, context.stopping);
  const commands = (await context.settings(session))['worktrees.setup'];
  const untouched = choice.kind === 'create' && (!setUp || commands.length === 0);
  const first = await firstCheckpoint(context, session, worktree, untouched);
  await store.commit(engineActor, () => [event('worktree.ready', { ...ready, worktree, intent }), ...first, ...begun]);
}

async function choose(context: SessionContext, session: Session): Promise<Begun> {
  const intent = context.newId();
  await context.workplace.choose(session, async ({ kind, slug, branch, path }) => {
    const effect = { kind: 'worktree', slug, branch, path, take: kind === 'take' } as const;
    await context.store.commit(engineActor, () => [event('intent.opened', { intent, session: session.id, effect })]);
  });
  const begun = announced(context, session);
  if (begun !== undefined) return begun;
  throw new CoppiceError('internal', `No place was chosen for session ${session.id}.`, 'Report this as a bug.');
}

/** What was begun, perhaps by an earlier engine: the same name is used, so that a half-made worktree is finished and no second one is made. */
function announced(context: SessionContext, session: Session): Begun | undefined {
  for (const { id, effect } of context.store.intentsOf(session.id)) {
    if (effect.kind !== 'worktree') continue;
    const { slug, branch, path, take } = effect;
    return { intent: id, choice: { kind: take ? 'take' : 'create', slug, branch, path } };
  }
  return undefined;
}
