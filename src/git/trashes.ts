/**
 * Where removed worktrees of a repository lie: in `<folder of worktrees>/.trash/<name of the repository>`, on the file system that
 * they were on. The folder of worktrees is a setting, so there may be several: each is noted in the repository before anything goes there.
 */
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { isFolder, waitingEntries } from './admin.ts';
import { namesIn, readText, replaceFile } from './files.ts';
import { hashOf, worktreesFolder } from './names.ts';
import type { Repository } from './repository.ts';

/** The folder of worktrees without links in it, as git writes paths down. */
export async function realRoot(root: string): Promise<string> {
  return realpath(root).catch(() => root);
}

/**
 * The trash of a worktree: that of the folder it is in, whatever the folder of worktrees is by now. One that is elsewhere (the
 * repository was moved) goes to that below `root`.
 */
export async function trashFor(repository: Repository, root: string, path: string): Promise<string> {
  const folder = dirname(path);
  const own = worktreesFolder(await realRoot(root), repository);
  return trashBeside(basename(folder) === basename(own) ? folder : own);
}

function trashBeside(folder: string): string {
  return join(dirname(folder), '.trash', basename(folder));
}

function notesIn(commonDir: string): string {
  return join(commonDir, 'coppice', 'trashes');
}

/** Puts on record in the repository that there is a trash; done before anything goes there, so that it is found for ever. */
export async function noteTrash(repository: Repository, trash: string): Promise<void> {
  const file = join(notesIn(repository.location.commonDir), hashOf(trash, 16));
  if (readText(file) !== `${trash}\n`) await replaceFile(file, `${trash}\n`);
}

/** Puts the trashes on record that removed worktrees, which were at the paths, may be in: earlier versions noted none. */
export async function noteTrashesOf(repository: Repository, root: string, paths: readonly string[]): Promise<void> {
  const trashes = await Promise.all(paths.map((path) => trashFor(repository, root, path)));
  for (const trash of new Set(trashes)) if (await isFolder(trash)) await noteTrash(repository, trash);
}

/** Whether something may be in a trash of the repository with this git directory, told from files alone. */
export async function mayHoldTrash(commonDir: string): Promise<boolean> {
  if ((await waitingEntries(commonDir)).length > 0) return true;
  const folder = notesIn(commonDir);
  const trashes = namesIn(folder).map((name) => readText(join(folder, name))?.trimEnd() ?? '');
  return trashes.some((trash) => trash !== '' && namesIn(trash).length > 0);
}

/**
 * Every trash of the repository: below `root`, and below what was the folder of worktrees before.
 *
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`) when the notes cannot be read.
 */
export async function trashesOf(repository: Repository, root: string): Promise<readonly string[]> {
  const present = trashBeside(worktreesFolder(await realRoot(root), repository));
  return [...new Set([present, ...(await notedTrashes(repository))])];
}

/**
 * Those that something ever went to. A copy of a repository has another name there, so that it never touches what is the other one's.
 * Throws like `trashesOf`.
 */
export async function notedTrashes(repository: Repository): Promise<readonly string[]> {
  const folder = notesIn(repository.location.commonDir);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  });
  const noted = names.map((name) => readText(join(folder, name))?.trimEnd() ?? '');
  const own = basename(worktreesFolder('', repository));
  return noted.filter((trash) => basename(trash) === own);
}

/**
 * The names in a trash; none when it is certainly not there.
 *
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`) when that cannot be told, as of a disk that is not there.
 */
export async function namesInTrash(trash: string): Promise<readonly string[]> {
  try {
    return await readdir(trash);
  } catch (error) {
    // Where the worktrees of the repository are, its trash would be, too.
    if (systemCode(error) === 'ENOENT' && (await isFolder(worktreesBeside(trash)))) return [];
    throw unreadable(trash, error);
  }
}

function worktreesBeside(trash: string): string {
  return join(dirname(dirname(trash)), basename(trash));
}

/** What a trash or something in it that cannot be read means for a person. Other errors than the system's stay as they are. */
export function unreadable(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof CoppiceError || code === undefined) return error;
  const [message, next] =
    code === 'ENOENT'
      ? [
          `${path}, where removed worktrees lie, is not there, and neither is the folder beside it.`,
          `Mount its disk if it has one of its own, then try again; if all of it is gone for good, run \`mkdir -p '${worktreesBeside(path)}'\` first.`,
        ]
      : [
          `${path}, where removed worktrees lie, cannot be read (${code}), so what is in it cannot be told.`,
          'See who may read it and whether its disk is well, then try again.',
        ];
  return new CoppiceError('worktree-unsafe', message, next, { context: { path, reason: 'trash', code }, cause: error });
}
