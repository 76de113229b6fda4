/**
 * `.worktreeinclude`: a file in gitignore syntax at the top of the main checkout. Files that are ignored there and that
 * it names (`.env`, local settings) are copied to a worktree that is being made. Tracked files come with the checkout,
 * and untracked ones that are not ignored are somebody's work; neither is copied.
 */
import { constants, copyFile, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { zeroSplit } from './door.ts';
import type { Repository } from './repository.ts';

/** How much is copied at most; what goes beyond is skipped and reported. */
export interface IncludeOptions {
  /** All files together; default 512 MiB. */
  readonly maxBytes?: number;
  /** Default 20,000. */
  readonly maxFiles?: number;
}

/** What was copied and what was not, by path relative to the checkout. `reason` is a clause. */
export interface IncludeReport {
  readonly copied: readonly string[];
  readonly bytes: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const nothing: IncludeReport = { copied: [], bytes: 0, skipped: [] };
const includeFile = '.worktreeinclude';

/**
 * Copies what `.worktreeinclude` of the main checkout names into the worktree at `to`; `false` copies nothing. A file
 * that cannot be copied is skipped and reported, a full disk is the system's error, an abort the signal's reason.
 */
export async function copyIncluded(
  repository: Repository,
  to: string,
  options: IncludeOptions | false,
  signal?: AbortSignal,
): Promise<IncludeReport> {
  const from = repository.mainRoot;
  if (options === false || from === undefined) return nothing;
  const patterns = join(from, includeFile);
  if ((await lstat(patterns).catch(() => undefined))?.isFile() !== true) return nothing;
  const named = await ignoredFilesNamed(repository, from, patterns);
  const limits = { files: options.maxFiles ?? 20_000, bytes: options.maxBytes ?? 512 * 1024 * 1024 };
  const copied: string[] = [];
  const skipped: { path: string; reason: string }[] = [];
  let bytes = 0;
  for (const path of named) {
    signal?.throwIfAborted();
    const size = (await lstat(join(from, path)).catch(() => undefined))?.size ?? 0;
    const over =
      copied.length >= limits.files ? 'too many files' : bytes + size > limits.bytes ? 'too large' : undefined;
    const reason = over ?? (await copyOne(from, to, path));
    if (reason !== undefined) {
      skipped.push({ path, reason });
      continue;
    }
    copied.push(path);
    bytes += size;
  }
  return { copied, bytes, skipped };
}

/** The pattern by which git ignores this path alone. */
export function patternOf(path: string): string {
  return `/${path.replaceAll(/[\\*?[\] ]/gu, '\\$&')}`;
}

/**
 * Paths that `.worktreeinclude` names and the main checkout ignores, and that commits since `base` up to `commit` brought into the
 * history all the same, sorted: whoever stops ignoring `.env` in a worktree has its copy committed with the next look.
 */
export async function includedSince(repository: Repository, base: string, commit: string): Promise<readonly string[]> {
  // `-m`: a merge brings in what none of its sides had, and git shows nothing of merges unless told.
  const args = ['log', '-m', '--format=', '--name-only', '-z', '--no-renames', '--diff-filter=A', '--end-of-options'];
  return namedAmong(repository, [...args, commit, `^${base}`]);
}

/** The same for what a tree (or commit) has that `base` has not, whatever lies in between. */
export async function includedBetween(repository: Repository, base: string, tree: string): Promise<readonly string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--diff-filter=A', '--end-of-options'];
  return base === tree ? [] : namedAmong(repository, [...args, base, tree]);
}

/** Of the paths that a call of git tells, those that were copied although git ignores them. Without any it is not made. */
async function namedAmong(repository: Repository, args: readonly string[]): Promise<readonly string[]> {
  const from = repository.mainRoot;
  if (from === undefined) return [];
  const patterns = join(from, includeFile);
  if ((await lstat(patterns).catch(() => undefined))?.isFile() !== true) return [];
  const named = new Set(await ignoredFilesNamed(repository, from, patterns));
  if (named.size === 0) return [];
  const added = zeroSplit((await repository.run(args)).stdout);
  return [...new Set(added)].filter((path) => named.has(path)).sort();
}

/**
 * Paths of the worktree at `folder` that `.worktreeinclude` of the main checkout names and that are there: files and links, in
 * folders of the worktree itself.
 */
export async function includedIn(repository: Repository, folder: string): Promise<readonly string[]> {
  const from = repository.mainRoot;
  if (from === undefined) return [];
  const patterns = join(from, includeFile);
  if ((await lstat(patterns).catch(() => undefined))?.isFile() !== true) return [];
  const there: string[] = [];
  const root = await realpath(folder);
  for (const path of await ignoredFilesNamed(repository, from, patterns)) {
    if (path.includes('\n')) continue; // no rule of git could name it
    const info = await lstat(join(root, path)).catch(() => undefined);
    if (info?.isFile() !== true && info?.isSymbolicLink() !== true) continue;
    const parent = dirname(join(root, path));
    if ((await realpath(parent)) === parent) there.push(path);
  }
  return there;
}

async function ignoredFilesNamed(repository: Repository, root: string, patterns: string): Promise<string[]> {
  const index = join(repository.location.commonDir, 'index');
  const untracked = await repository.onTree(root, index, [
    'ls-files',
    '--others',
    '--ignored',
    `--exclude-from=${patterns}`,
    '-z',
  ]);
  if (untracked.stdout.length === 0) return [];
  const ignored = await repository.onTree(root, index, ['check-ignore', '-z', '--stdin'], {
    input: untracked.stdout,
    okCodes: [0, 1],
  });
  return zeroSplit(ignored.stdout);
}

/** Copies one file or link and gives the reason when it did not. */
async function copyOne(from: string, to: string, path: string): Promise<string | undefined> {
  if (path.endsWith('/')) return 'a repository of its own';
  const source = join(from, path);
  const target = join(to, path);
  if (!(await makeParents(to, dirname(path)))) return 'its folder is a link or a file in the worktree';
  try {
    const info = await lstat(source);
    if (info.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (info.isFile()) await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else return 'not a file';
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return 'already in the worktree';
    if (code === 'ENOENT') return 'gone';
    if (code === 'EACCES' || code === 'EPERM') return 'not readable';
    throw error;
  }
}

/** Makes the folders down to `path`, each a real one: a link in the checkout must not lead the copy outside. */
async function makeParents(root: string, path: string): Promise<boolean> {
  let folder = root;
  for (const part of path === '.' ? [] : path.split('/')) {
    folder = join(folder, part);
    const info = await lstat(folder).catch(() => undefined);
    if (info === undefined) await mkdir(folder);
    else if (!info.isDirectory()) return false;
  }
  return true;
}
