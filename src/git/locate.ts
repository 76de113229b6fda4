/**
 * Finds the repository of a folder without running git: in a repository that nobody trusted yet, not even git runs.
 */
import { createHash } from 'node:crypto';
import { realpathSync, type Stats, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { readText } from './files.ts';

/** Where a repository is, all paths absolute and real. */
export interface RepositoryLocation {
  /** Top folder of the checkout in which the search started. */
  readonly root: string;
  /** Git directory of that checkout. */
  readonly gitDir: string;
  /** Git directory that all checkouts of the repository share. */
  readonly commonDir: string;
  readonly kind: 'main' | 'linked' | 'submodule';
  /** 32 hex digits that stand for `commonDir`: the same from every checkout of the repository. */
  readonly id: string;
}

/** A pointer file (`.git`, `commondir`) is one path; more than this is not one. */
const pointerBytes = 16 * 1024;

/** How files are looked at: both reject with the system's error. */
export interface Looks {
  readonly realpath: (path: string) => Promise<string>;
  readonly stat: (path: string) => Promise<Stats>;
}

/** Each look goes to a thread: a place that somebody names may lie on a mount that does not answer. */
const inThreads: Looks = { realpath, stat };

/** Each look is made at once, for a place that has answered before. */
export const atOnce: Looks = {
  realpath: (path) => new Promise((resolved) => resolved(realpathSync.native(path))),
  stat: (path) => new Promise((resolved) => resolved(statSync(path))),
};

/**
 * @param start a folder or file inside a checkout; need not be absolute.
 * @throws CoppiceError `not-a-repository`, `bare-repository`.
 */
export async function locateRepository(start: string, looks = inThreads): Promise<RepositoryLocation> {
  const from = await existingFolder(start, looks);
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await checkoutAt(folder, looks);
    if (found !== undefined) return found;
    if (basename(folder) !== '.git' && (await looksLikeGitDir(folder, looks))) {
      throw new CoppiceError(
        'bare-repository',
        `${folder} is a bare repository: it has no checkout to work in.`,
        'Start in a clone or in a linked worktree of it.',
        { context: { start, folder } },
      );
    }
    if (dirname(folder) === folder) break;
  }
  throw new CoppiceError(
    'not-a-repository',
    `${start} is not inside a git repository.`,
    'Change to a repository, or run `git init` and make a first commit.',
    { context: { start } },
  );
}

/** The stable id of a shared git directory whose real path is known. */
export function repositoryId(commonDir: string): string {
  return createHash('sha256').update(commonDir).digest('hex').slice(0, 32);
}

async function existingFolder(start: string, looks: Looks): Promise<string> {
  try {
    const [path, info] = await Promise.all([looks.realpath(resolve(start)), looks.stat(resolve(start))]);
    return info.isDirectory() ? path : dirname(path);
  } catch (error) {
    const absent = systemCode(error) === 'ENOENT';
    throw new CoppiceError(
      'not-a-repository',
      absent ? `${start} is not there.` : `${start} cannot be opened.`,
      absent
        ? 'Check the path; of one that you have moved, tell it: `coppice repository move <old> <new>`.'
        : 'Check the path.',
      { context: { start, reason: systemCode(error) ?? 'unknown' }, cause: error },
    );
  }
}

async function checkoutAt(root: string, looks: Looks): Promise<RepositoryLocation | undefined> {
  const dotGit = join(root, '.git');
  const info = await looks.stat(dotGit).catch(() => undefined);
  if (info === undefined) return undefined;
  let gitDir: string | undefined;
  if (info.isDirectory()) gitDir = await looks.realpath(dotGit);
  else if (info.isFile()) gitDir = await pointedAt(dotGit, root, 'gitdir: ', looks);
  const [hasHead, shared, isWhole] = await (gitDir === undefined
    ? Promise.resolve([false, undefined, false] as const)
    : Promise.all([
        exists(join(gitDir, 'HEAD'), looks),
        pointedAt(join(gitDir, 'commondir'), gitDir, '', looks),
        looksLikeGitDir(gitDir, looks),
      ]));
  if (gitDir === undefined || !hasHead) {
    if (info.isDirectory()) return undefined;
    // Searching on upwards would take an unrelated repository around it for this one.
    throw new CoppiceError(
      'not-a-repository',
      `${dotGit} points to a git directory that does not exist.`,
      'Repair it with `git worktree repair`, or start in another folder.',
      { context: { dotGit } },
    );
  }
  const commonDir = shared ?? gitDir;
  if (!(shared === undefined ? isWhole : await looksLikeGitDir(shared, looks))) return undefined;
  const kind = shared !== undefined ? 'linked' : info.isFile() && insideModules(gitDir) ? 'submodule' : 'main';
  return { root, gitDir, commonDir, kind, id: repositoryId(commonDir) };
}

/** Real path of the folder that a pointer file names; undefined when there is no such file or folder. */
async function pointedAt(file: string, relativeTo: string, prefix: string, looks: Looks): Promise<string | undefined> {
  const text = await readSmall(file);
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const path = text.slice(prefix.length).replace(/\r?\n$/, '');
  if (path === '' || path.includes('\0')) return undefined;
  return looks.realpath(isAbsolute(path) ? path : join(relativeTo, path)).catch(() => undefined);
}

/** The text of a small regular file; undefined for anything else. */
export async function readSmall(file: string): Promise<string | undefined> {
  return readText(file, pointerBytes);
}

async function looksLikeGitDir(folder: string, looks: Looks): Promise<boolean> {
  const parts = [
    exists(join(folder, 'HEAD'), looks),
    isFolder(join(folder, 'objects'), looks),
    isFolder(join(folder, 'refs'), looks),
  ];
  return (await Promise.all(parts)).every(Boolean);
}

function insideModules(gitDir: string): boolean {
  return gitDir.includes(`${sep}modules${sep}`);
}

async function exists(path: string, looks: Looks): Promise<boolean> {
  return (await looks.stat(path).catch(() => undefined)) !== undefined;
}

async function isFolder(path: string, looks: Looks): Promise<boolean> {
  return (await looks.stat(path).catch(() => undefined))?.isDirectory() === true;
}
