import { landingLoss, lastSeen } from '../../core/checkpoint/loss.ts';
import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Landing } from '../../core/landing/state.ts';
import { commitWorktree } from '../../git/commit.ts';
import { acquireLease } from '../../git/lease.ts';
import type { Repository } from '../../git/repository.ts';
import { giveBack, landingHolder } from '../places/lease-for.ts';
import { engineActor } from '../sessions/context.ts';
import type { LandingContext } from './context.ts';

/**
 * Commits what is not committed on the session's branch, as its person asked for with the landing. The landing's id is
 * the key under which git knows the commit, so that it is made once however often this begins again.
 *
 * @returns why it waits.
 */
export async function seal(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
): Promise<string | undefined> {
  const { store, stopping, log } = context;
  const session = store.session(landing.session);
  const place = session.worktree;
  if (place === undefined) return 'The session has no worktree.';
  const lease = await acquireLease(place, landingHolder(landing.id), repository.owner).catch((error: unknown) => {
    if (isCoppiceError(error, 'worktree-in-use')) return error.message;
    throw error;
  });
  if (typeof lease === 'string') return lease;
  const seen = lastSeen(session);
  try {
    const made = await commitWorktree(repository, place, {
      message: session.task.title,
      trailers: { task: session.task.id, session: session.id, intent: landing.id },
      signal: stopping,
      ...(seen === undefined || landing.deletions === true ? {} : { seen }),
    });
    const tip = made.nothing ? made.parent : made.commit;
    await store.commit(engineActor, () => [event('landing.sealed', { landing: landing.id, tip })]);
    return undefined;
  } catch (error) {
    throw error instanceof Error ? landingLoss(error, session) : error;
  } finally {
    await giveBack(lease, { log, stopping });
  }
}
