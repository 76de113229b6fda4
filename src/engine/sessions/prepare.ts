import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { SessionEvents } from '../../core/session/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
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
  requireTrusted(context, session);
  const begun = await begunSupervision(context, session);
  const { worktree, setsUp, first, intent } = await placeOf(context, session);
  const ready = { session: session.id, repository: session.repository.id, worktree, ...defined({ intent }) };
  if (setsUp) await setUp(context, session, ready);
  const checkpoint = first === undefined ? [] : await firstCheckpoint(context, session, worktree, first.untouched);
  await context.store.commit(engineActor, () => [event('worktree.ready', ready), ...checkpoint, ...begun]);
}

interface Prepared {
  readonly worktree: Place;
  /** Its set-up commands are to be run: it was made for the session, or they have not been through yet. */
  readonly setsUp: boolean;
  /** It is the session's for the first time; `untouched`: nothing can have changed in it. */
  readonly first?: { readonly untouched: boolean };
  readonly intent?: string;
}

/** The worktree that the session has, else the one that is chosen for it; with its lease. */
async function placeOf(context: SessionContext, session: Session): Promise<Prepared> {
  const { workplace, store, stopping } = context;
  if (session.worktree !== undefined) {
    const setsUp = session.setUpDue === true;
    const worktree = await workplace.reclaim(session, session.worktree);
    return { worktree, setsUp, ...(setsUp ? { first: { untouched: false } } : {}) };
  }
  const { intent, choice } = announced(context, session) ?? (await choose(context, session));
  const worktree = await workplace.claim(session, choice, stopping);
  const made = choice.kind === 'create';
  const wanted = made || store.get('worktree', worktree.path)?.setUpDue === true;
  // Where an agent works on another host, its worktree there is set up when it is made.
  const setsUp = wanted && context.executor(session).tree === undefined;
  const commands = (await context.settings(session))['worktrees.setup'];
  return { worktree, setsUp, intent, first: { untouched: made && (!setsUp || commands.length === 0) } };
}

/** What fails leaves the worktree to its session, which sets it up when it goes on: nobody else would know of it. */
async function setUp(
  { workplace, store, stopping }: SessionContext,
  session: Session,
  ready: SessionEvents['worktree.ready'],
): Promise<void> {
  try {
    await workplace.setUp(session, ready.worktree, stopping);
  } catch (error) {
    if (!stopping.aborted) {
      await store.commit(engineActor, () => [event('worktree.ready', { ...ready, setUpDue: true })]);
    }
    throw error;
  }
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
