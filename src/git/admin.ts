/** The entries `<common dir>/worktrees/<name>` by which git knows its linked worktrees, read and removed as files. */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { namesIn } from './files.ts';
import { readSmall } from './locate.ts';

/** What git keeps of one linked worktree in the shared git directory. Paths are absolute. */
export interface AdminEntry {
  /** The entry itself. */
  readonly admin: string;
  /** The worktree it belongs to; undefined while git has not written that yet. */
  readonly path: string | undefined;
  /** The reason why it is locked (may be empty); undefined when it is not. */
  readonly locked: string | undefined;
}

/** How one path is written down at another one. Relative (`worktree.useRelativePaths`) only as git does it: else it may lead through a link. */
export function pointers(at: string, to: string): readonly [absolute: string, relative: string] {
  return [to, relative(at, to)];
}

/** All entries of a repository, by name. A folder that is missing or cannot be listed has none. */
export async function adminEntries(commonDir: string): Promise<AdminEntry[]> {
  const folder = join(commonDir, 'worktrees');
  const names = namesIn(folder);
  return Promise.all(names.sort().map((name) => readEntry(join(folder, name))));
}

async function readEntry(admin: string): Promise<AdminEntry> {
  const [path, locked] = await Promise.all([pathOf(admin, admin), readSmall(join(admin, 'locked'))]);
  return { admin, path, locked: locked?.trimEnd() };
}

/** The worktree of an entry. Git may write it relative to where the entry `was` (`worktree.useRelativePaths`). */
async function pathOf(admin: string, was: string): Promise<string | undefined> {
  const dotGit = (await readSmall(join(admin, 'gitdir')))?.trimEnd() ?? '';
  return basename(dotGit) === '.git' ? dirname(resolve(was, dotGit)) : undefined;
}

/** The entries that wait with a worktree in the trash, by the id that it has there, with where the worktree was. */
export async function waitingEntries(
  commonDir: string,
): Promise<{ readonly id: string; readonly path: string | undefined }[]> {
  const folder = join(commonDir, 'coppice', 'trash');
  const was = join(commonDir, 'worktrees', 'any');
  return Promise.all(namesIn(folder).map(async (id) => ({ id, path: await pathOf(join(folder, id), was) })));
}

/** The entry of a worktree, by our reading of the entries, not by the worktree's `.git` file. */
export async function adminOf(commonDir: string, path: string): Promise<AdminEntry | undefined> {
  return (await adminEntries(commonDir)).find((entry) => entry.path === path);
}

/**
 * Entries that git left when it was killed before it wrote to which worktree they belong. Git names an entry after the
 * last part of the path, with a number when that is taken, and locks it as `initializing` while it is made.
 */
export async function unfinishedEntries(commonDir: string, path: string): Promise<AdminEntry[]> {
  const name = basename(path);
  return (await adminEntries(commonDir)).filter((entry) => {
    const own = basename(entry.admin);
    const numbered = own.startsWith(name) && /^\d*$/.test(own.slice(name.length));
    return entry.path === undefined && numbered && (entry.locked === undefined || entry.locked === 'initializing');
  });
}

/**
 * Removes an entry. It is renamed away first, so that nothing ever sees half of it; `toTrash` keeps it there instead of
 * deleting it.
 */
export async function removeAdmin(commonDir: string, admin: string, toTrash?: string): Promise<void> {
  const trash = toTrash ?? join(commonDir, 'coppice', 'trash', `${basename(admin)}-${randomBytes(6).toString('hex')}`);
  await mkdir(dirname(trash), { recursive: true });
  try {
    await rename(admin, trash);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return;
  }
  if (toTrash === undefined) await rm(trash, { recursive: true, force: true });
}

/** Whether a real folder is at the path; a link to one is none, and neither is what cannot be looked at. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Whether there is certainly nothing at the path. False also when that cannot be told, so that nothing is cleared on a
 * guess.
 */
export async function isAbsent(path: string): Promise<boolean> {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    // Anything but "not there" (no permission, a device that is gone) is "cannot tell".
    return systemCode(error) === 'ENOENT';
  }
}
