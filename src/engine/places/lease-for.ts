import { setTimeout as delay } from 'node:timers/promises';
import { isCoppiceError } from '../../core/errors.ts';
import { acquireLease, releaseLease, type Lease } from '../../git/lease.ts';
import type { Owner } from '../../git/owner.ts';
import type { Log } from '../process/log.ts';

/** A landing brings a checkout along within moments; a very large one on a slow disk takes longer. */
const patienceMs = 60_000;
const lookMs = 25;

/** The name under which a landing holds the worktree that is on its target. */
export function landingHolder(landing: string): string {
  return `landing-${landing}`;
}

/**
 * Takes the lease of a worktree for a session. A landing that holds it for its moment is waited for, everybody else is
 * not. Throws like `acquireLease`; the signal's reason on abort.
 */
export async function leaseFor(
  place: Parameters<typeof acquireLease>[0],
  session: string,
  me: Owner,
  signal?: AbortSignal,
): Promise<Lease> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await acquireLease(place, session, me);
    } catch (error) {
      const held = isCoppiceError(error, 'worktree-in-use') && error.context['holder']?.startsWith(landingHolder(''));
      if (held !== true || performance.now() > until) throw error;
      await delay(lookMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** Gives a lease back after work whose outcome stands whatever becomes of the lease: what goes wrong is in the log. */
export async function giveBack(lease: Lease, log: Pick<Log, 'warn'>): Promise<void> {
  await releaseLease(lease).catch((error: unknown) => {
    log.warn('a lease could not be given back', { path: lease.place.path, error: String(error) });
  });
}
