/**
 * Locks that git finds in its way. Git makes `<ref>.lock` for the moment in which it writes a ref; one that is killed then
 * leaves it, and that ref can never be written again. Only locks of refs that nobody but Coppice writes are ever cleared
 * here (docs/decisions/0020-stale-locks.md).
 */
import { lstat, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import type { Owner, ProcessMark } from './owner.ts';

/** The file of a lock that git found in its way, out of what it printed; undefined when it was something else. */
export function lockIn(stderr: string): string | undefined {
  return /Unable to create '(.+\.lock)': File exists/.exec(stderr)?.[1];
}

/** Whether git failed because a lock was in its way. */
export function isLocked(error: unknown): boolean {
  return isCoppiceError(error, 'git-failed') && lockIn(error.context['stderr'] ?? '') !== undefined;
}

/** A git that outlived its engine is done with a lock in moments; on a disk that is held up it takes longer. */
const orphanPatienceMs = 30_000;
const orphanLookMs = 50;

/**
 * Waits until no git is left that outlived an earlier engine of this data directory: what such a one is about is its to finish.
 * Ends early when that cannot be told, and after `patienceMs`.
 */
export async function orphansEnd(owner: Owner, patienceMs = orphanPatienceMs): Promise<void> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const left = await owner.orphans().catch(() => []);
    if (left.length === 0) return;
    await sleep(orphanLookMs);
  }
}

/** How long a lock must stay as it is to count as left behind, after git itself has waited for it (`environment.ts`). */
const usualQuietMs = 2_000;

/**
 * Removes a lock that a killed git left: it stays the very same file while it is watched, and no git that was there before
 * is there afterwards, so that none can hold it. "Cannot tell" is never "left behind".
 *
 * @param lock absolute path of a lock of one of Coppice's own refs.
 * @returns whether the lock is gone.
 */
export async function clearStaleLock(owner: Owner, lock: string, quietMs = usualQuietMs): Promise<boolean> {
  const found = await identityOf(lock);
  if (found === undefined) return true;
  const before = await gitsOf(owner);
  await sleep(quietMs);
  const after = await gitsOf(owner);
  const now = await identityOf(lock);
  if (now === undefined) return true;
  if (now !== found || before === undefined || after === undefined) return false;
  if (before.some((git) => after.some((each) => each.pid === git.pid && each.startTime === git.startTime)))
    return false;
  await rm(lock, { force: true });
  return true;
}

/** Undefined when they cannot be told. */
async function gitsOf(owner: Owner): Promise<readonly ProcessMark[] | undefined> {
  return owner.gits().catch(() => undefined);
}

/** Undefined when it is gone. */
async function identityOf(lock: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(lock, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
