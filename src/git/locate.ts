/**
 * Finds the repository of a folder without running git: in a repository that nobody trusted yet, not even git runs.
 */
import { createHash } from 'node:crypto';
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

/**
 * @param start a folder or file inside a checkout; need not be absolute.
 * @throws CoppiceError `not-a-repository`, `bare-repository`.
 */
export async function locateRepository(start: string): Promise<RepositoryLocation> {
  const from = await existingFolder(start);
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await checkoutAt(folder);
    if (found !== undefined) return found;
    if (basename(folder) !== '.git' && (await looksLikeGitDir(folder))) {
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

async function existingFolder(start: string): Promise<string> {
  try {
    const [path, info] = await Promise.all([realpath(resolve(start)), stat(resolve(start))]);
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

async function checkoutAt(root: string): Promise<RepositoryLocation | undefined> {
  const dotGit = join(root, '.git');
  const info = await stat(dotGit).catch(() => undefined);
  if (info === undefined) return undefined;
  let gitDir: string | undefined;
  if (info.isDirectory()) gitDir = await realpath(dotGit);
  else if (info.isFile()) gitDir = await pointedAt(dotGit, root, 'gitdir: ');
  const [hasHead, shared, isWhole] = await (gitDir === undefined
    ? Promise.resolve([false, undefined, false] as const)
    : Promise.all([
        exists(join(gitDir, 'HEAD')),
        pointedAt(join(gitDir, 'commondir'), gitDir, ''),
        looksLikeGitDir(gitDir),
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
  if (!(shared === undefined ? isWhole : await looksLikeGitDir(shared))) return undefined;
  const kind = shared !== undefined ? 'linked' : info.isFile() && insideModules(gitDir) ? 'submodule' : 'main';
  return { root, gitDir, commonDir, kind, id: repositoryId(commonDir) };
}

/** Real path of the folder that a pointer file names; undefined when there is no such file or folder. */
async function pointedAt(file: string, relativeTo: string, prefix: string): Promise<string | undefined> {
  const text = await readSmall(file);
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const path = text.slice(prefix.length).replace(/\r?\n$/, '');
  if (path === '' || path.includes('\0')) return undefined;
  return realpath(isAbsolute(path) ? path : join(relativeTo, path)).catch(() => undefined);
}

/** The text of a small regular file; undefined for anything else. */
export async function readSmall(file: string): Promise<string | undefined> {
  return readText(file, pointerBytes);
}

async function looksLikeGitDir(folder: string): Promise<boolean> {
  const parts = [exists(join(folder, 'HEAD')), isFolder(join(folder, 'objects')), isFolder(join(folder, 'refs'))];
  return (await Promise.all(parts)).every(Boolean);
}

function insideModules(gitDir: string): boolean {
  return gitDir.includes(`${sep}modules${sep}`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
