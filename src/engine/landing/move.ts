import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Checkout, Intent } from '../../core/intent/state.ts';
import type { Build, Landing } from '../../core/landing/state.ts';
import { acquireLease, type Lease } from '../../git/lease.ts';
import { branchCommit } from '../../git/refs.ts';
import { checkoutOf, isLinked } from '../../git/landing-checkout.ts';
import { moveBranch, settleMove, whyMoveWaits, type Move, type MoveOutcome } from '../../git/landing-move.ts';
import type { Repository } from '../../git/repository.ts';
import { giveBack, landingHolder } from '../places/lease-for.ts';
import { engineActor } from '../sessions/context.ts';
import { landed } from './build.ts';
import type { LandingContext } from './context.ts';

/**
 * Makes what was built the target, or says why that has to wait. Announced before, with everything that is needed to
 * tell afterwards what became of it.
 *
 * @returns the reason why it waits.
 */
export async function move(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  build: Build,
): Promise<string | undefined> {
  if ((await branchCommit(repository, landing.target)) !== build.from) {
    await context.store.commit(engineActor, () => [event('landing.overtaken', { landing: landing.id })]);
    return undefined;
  }
  const found = await checkoutOf(repository, landing.target);
  if (found.kind === 'held') return found.why;
  const checkout = found.kind === 'one' ? found.checkout : null;
  const planned = { branch: landing.target, from: build.from, to: build.commit, checkout };
  if (checkout === null) return announced(context, repository, landing, build, planned);
  return alone(context, repository, landing, checkout, async () => {
    const why = await whyMoveWaits(repository, planned, checkout);
    return why ?? announced(context, repository, landing, build, planned);
  });
}

async function announced(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  build: Build,
  planned: Move,
): Promise<string | undefined> {
  const { store, newId } = context;
  const intent = newId();
  const { branch, from, to, checkout } = planned;
  const effect = { kind: 'landing', ref: `refs/heads/${branch}`, from, to, checkout } as const;
  await store.commit(engineActor, () => [event('intent.opened', { intent, session: landing.id, effect })]);
  const outcome = await moveBranch(repository, planned).catch(async (error: unknown) => {
    await conclude(context, repository, landing, planned, intent);
    throw error;
  });
  await store.commit(engineActor, () => conclusion(landing, build, outcome, intent));
  return outcome.kind === 'held' ? outcome.why : undefined;
}

function conclusion(landing: Landing, build: Build, outcome: MoveOutcome, intent: string) {
  switch (outcome.kind) {
    case 'moved':
      return [landed(landing, build, intent)];
    case 'overtaken':
      return [event('landing.overtaken', { landing: landing.id, intent })];
    case 'held':
      return [notMoved(landing.id, intent, outcome.why)];
  }
}

function notMoved(landing: string, intent: string, message: string) {
  const error = { code: 'wrong-state', message, next: 'It is tried again.' } as const;
  return event('intent.failed', { intent, session: landing, error });
}

/** Runs `work` while nobody may write in a worktree of ours that is on the target. */
async function alone(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  checkout: Checkout,
  work: () => Promise<string | undefined>,
): Promise<string | undefined> {
  if (!isLinked(repository, checkout)) return work();
  const place = { ...checkout, common: repository.location.commonDir };
  let lease: Lease;
  try {
    lease = await acquireLease(place, landingHolder(landing.id), repository.owner);
  } catch (error) {
    if (isCoppiceError(error, 'worktree-in-use')) return error.message;
    throw error;
  }
  try {
    return await work();
  } finally {
    await giveBack(lease, context);
  }
}

/**
 * What became of a move that an earlier engine announced: settled on disk first, then on record. The intent stays open while
 * that cannot be told yet.
 */
export async function concludeMove(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  { id, effect }: Intent,
): Promise<void> {
  if (effect.kind !== 'landing') return;
  // A git that brings files along, or takes them back, goes on when its engine is killed: what it does would be undone in vain.
  if ((await repository.owner.orphans()).length > 0) return;
  const { from, to, checkout } = effect;
  const planned = { branch: landing.target, from, to, checkout };
  const settled = async (): Promise<undefined> => {
    await conclude(context, repository, landing, planned, id);
    return undefined;
  };
  if (checkout === null) await settled();
  else await alone(context, repository, landing, checkout, settled);
}

async function conclude(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  planned: Move,
  intent: string,
): Promise<void> {
  const { build } = landing;
  const end = await settleMove(repository, planned);
  await context.store.commit(engineActor, () =>
    end === 'moved' && build !== undefined
      ? [landed(landing, build, intent)]
      : [notMoved(landing.id, intent, 'The branch was not moved.')],
  );
}
