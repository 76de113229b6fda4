/**
 * The one change that Coppice makes to a worktree's own index: after a commit it is brought to what was committed; else
 * `git status` there would show the commit undone. It happens under git's own lock.
 */
import { link, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../core/errors.ts';
import { isAbsent } from './admin.ts';
import { copyIndex } from './checkout.ts';

const ready = 'coppice-index';

/**
 * Another git, as an editor runs one after each change, holds the lock while it writes the index: for moments, in a large worktree
 * on a busy disk for longer. A lock that is there for all of this time is one that a killed git left.
 */
const lockPatienceMs = 1_000;
const lockLookMs = 20;

/** Whether nobody writes the index of a worktree, or nobody does any more after a wait of one second at most. */
export function indexIsFree(admin: string): Promise<boolean> {
  return patiently(() => isAbsent(join(admin, 'index.lock')));
}

async function patiently(isSo: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + lockPatienceMs;
  while (!(await isSo())) {
    if (performance.now() > until) return false;
    await sleep(lockLookMs);
  }
  return true;
}

/**
 * Replaces the index by a copy of ours. A lock that somebody else keeps is left, and so is then the index.
 *
 * The lock is made as a second name of the finished copy: after a kill at any point it can be told from a lock of git.
 */
export async function bringIndexAlong(admin: string, ours: string, breakLock = false): Promise<void> {
  const [copy, lock, index] = [join(admin, ready), join(admin, 'index.lock'), join(admin, 'index')];
  await copyIndex(ours, copy);
  try {
    if (breakLock) await rm(lock, { force: true });
    if (await patiently(() => isLinked(copy, lock))) await rename(lock, index);
  } finally {
    await rm(copy, { force: true });
  }
}

async function isLinked(copy: string, lock: string): Promise<boolean> {
  try {
    await link(copy, lock);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** Finishes what a kill in the middle of `bringIndexAlong` left. For the holder of the worktree's lease. */
export async function finishInterrupted(admin: string): Promise<void> {
  const [copy, lock] = [join(admin, ready), join(admin, 'index.lock')];
  const own = await lstat(copy).catch(() => undefined);
  if (own === undefined) return;
  const held = await lstat(lock).catch(() => undefined);
  if (held?.ino === own.ino && held.dev === own.dev) await rename(lock, join(admin, 'index'));
  await rm(copy, { force: true });
}
