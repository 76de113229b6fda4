import { setTimeout as delay } from 'node:timers/promises';
import { isCoppiceError } from '../../core/errors.ts';
import { acquireLease, owesLease, releaseLease, type Lease } from '../../git/lease.ts';
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

/**
 * Gives a lease back after work whose outcome stands whatever becomes of the lease. What goes wrong is in the log, and tried again
 * a few times behind this call: engines of other data directories wait for what is on the disk. Never throws.
 */
export async function giveBack(lease: Lease, { log, stopping, againMs = 1000 }: Returning): Promise<void> {
  const failed = (error: unknown): void => {
    log.warn('a lease could not be given back', { path: lease.place.path, error: String(error) });
  };
  try {
    await releaseLease(lease);
  } catch (error) {
    failed(error);
    giveBackLater(lease, againMs, stopping).catch(failed);
  }
}

/** What giving back works with; `againMs` is the time before the second try, doubled for each further one: 1 s unless told. */
export interface Returning {
  readonly log: Pick<Log, 'warn'>;
  readonly stopping: AbortSignal;
  readonly againMs?: number;
}

/** About an hour in all. */
const moreTries = 12;

/** Ends early when somebody takes the worktree, and when the engine ends: nobody waits for a dead one. Throws the last error. */
async function giveBackLater(lease: Lease, againMs: number, stopping: AbortSignal): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < moreTries; tries += 1) {
    const again = await delay(againMs * 2 ** tries, true, { signal: stopping, ref: false }).catch(() => false);
    if (!again || !owesLease(lease)) return;
    try {
      await releaseLease(lease);
      return;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
