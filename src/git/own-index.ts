/**
 * The one change that Coppice makes to a worktree's own index: after a commit it is brought to what was committed; else
 * `git status` there would show the commit undone. It happens under git's own lock.
 */
import { link, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { copyIndex } from './checkout.ts';

const ready = 'coppice-index';

/**
 * Replaces the index by a copy of ours. A lock that somebody else holds is left, and so is then the index.
 *
 * The lock is made as a second name of the finished copy: after a kill at any point it can be told from a lock of git.
 */
export async function bringIndexAlong(admin: string, ours: string, breakLock = false): Promise<void> {
  const [copy, lock, index] = [join(admin, ready), join(admin, 'index.lock'), join(admin, 'index')];
  await copyIndex(ours, copy);
  try {
    if (breakLock) await rm(lock, { force: true });
    await link(copy, lock);
    await rename(lock, index);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(copy, { force: true });
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
