/**
 * The trash: worktrees that were renamed aside, each with a manifest beside it that says under which ref its files are
 * kept. Deleting is done late and slowly, since on some file systems creating files right after deleting many is several
 * times slower (`protocols/git-mechanics.md` A).
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import { isAbsent, isFolder } from './admin.ts';
import { replaceFile } from './files.ts';
import { keepGitDirectories } from './inside.ts';
import { worktreesFolder } from './names.ts';
import type { Repository } from './repository.ts';
import { keepMore, type Saved } from './save.ts';
import { filesOf } from './tree.ts';

interface Manifest {
  readonly v: 1;
  readonly state: 'kept' | 'deleting';
  /** Where it was. */
  readonly path: string;
  readonly saved: Saved;
  /** Milliseconds since 1970. */
  readonly removedAt: number;
  readonly keepUntil: number;
}

/** A removed worktree in the trash. `path` is where it was; times are in milliseconds since 1970. */
export interface TrashEntry {
  readonly id: string;
  readonly path: string;
  readonly saved: Saved;
  readonly removedAt: number;
  readonly keepUntil: number;
}

async function trashOf(repository: Repository, root: string): Promise<string> {
  return join(await realRoot(root), '.trash', basename(worktreesFolder(root, repository)));
}

/** The folder of worktrees without links in it, as git writes paths down. */
export async function realRoot(root: string): Promise<string> {
  return realpath(root).catch(() => root);
}

/** Where the git entry of a removed worktree waits with it. */
export function adminTrash(repository: Repository, id: string): string {
  return join(repository.location.commonDir, 'coppice', 'trash', id);
}

/**
 * Renames a saved folder into the trash. The manifest is there first: a folder in the trash always has one.
 *
 * @throws CoppiceError `worktree-unsafe` when the trash is on another file system.
 */
export async function moveToTrash(
  repository: Repository,
  root: string,
  path: string,
  saved: Saved,
  times: { now: number; keepMs: number },
): Promise<string> {
  const trash = await trashOf(repository, root);
  const id = `${basename(path)}-${randomBytes(6).toString('hex')}`;
  await mkdir(trash, { recursive: true, mode: 0o700 });
  const manifest: Manifest = {
    v: 1,
    state: 'kept',
    path,
    saved,
    removedAt: times.now,
    keepUntil: times.now + times.keepMs,
  };
  await writeManifest(trash, id, manifest);
  try {
    await rename(path, join(trash, id));
  } catch (error) {
    await rm(join(trash, `${id}.json`), { force: true });
    if (systemCode(error) !== 'EXDEV') throw error;
    throw new CoppiceError(
      'worktree-unsafe',
      `${path} is on another file system than ${trash}.`,
      'Remove it with `git worktree remove`.',
      {
        context: { path, trash },
        cause: error,
      },
    );
  }
  return id;
}

async function writeManifest(trash: string, id: string, manifest: Manifest): Promise<void> {
  await replaceFile(join(trash, `${id}.json`), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The worktrees of a repository in the trash below `root`, by id. A manifest that cannot be read is left out. */
export async function listTrash(repository: Repository, root: string): Promise<TrashEntry[]> {
  return (await manifests(await trashOf(repository, root))).map(([id, { path, saved, removedAt, keepUntil }]) => ({
    id,
    path,
    saved,
    removedAt,
    keepUntil,
  }));
}

/**
 * The ids of which something is in the trash below `root`, readable or not; undefined when that cannot be told: it may be on a disk
 * that is not there at the moment.
 */
export async function idsInTrash(repository: Repository, root: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const names = await readdir(await trashOf(repository, root));
    return new Set(names.map((name) => name.replace(/\.json$/, '')));
  } catch (error) {
    // Where the worktrees of the repository are, its trash would be, too.
    const certain =
      systemCode(error) === 'ENOENT' && (await isFolder(worktreesFolder(await realRoot(root), repository)));
    return certain ? new Set() : undefined;
  }
}

/** The latest removal of a worktree that was at the path; undefined where the trash has none. */
export async function latestInTrash(
  repository: Repository,
  root: string,
  path: string,
): Promise<TrashEntry | undefined> {
  const removals = (await listTrash(repository, root)).filter((entry) => entry.path === path);
  return removals.sort((a, b) => b.removedAt - a.removedAt)[0];
}

async function manifests(trash: string): Promise<[string, Manifest][]> {
  const names = (await readdir(trash).catch(() => [])).filter((name) => name.endsWith('.json'));
  const found = await Promise.all(
    names
      .sort()
      .map(async (name): Promise<[string, Manifest | undefined]> => [
        name.slice(0, -'.json'.length),
        await readManifest(join(trash, name)),
      ]),
  );
  return found.filter((entry): entry is [string, Manifest] => entry[1] !== undefined);
}

async function readManifest(file: string): Promise<Manifest | undefined> {
  try {
    const { v, state, path, saved, removedAt, keepUntil } = JSON.parse(await readFile(file, 'utf8')) as Record<
      string,
      unknown
    >;
    const { ref, commit, tree } = saved as Record<string, unknown>;
    if (v !== 1 || (state !== 'kept' && state !== 'deleting') || typeof path !== 'string') return undefined;
    if (typeof ref !== 'string' || typeof commit !== 'string' || typeof tree !== 'string') return undefined;
    if (typeof removedAt !== 'number' || typeof keepUntil !== 'number') return undefined;
    return { v, state, path, saved: { ref, commit, tree }, removedAt, keepUntil };
  } catch {
    return undefined;
  }
}

/** What is due, and how gently it is deleted. */
export interface SweepOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** A pause after every so many files, in milliseconds; default 20 after 200. */
  readonly pauseMs?: number;
}

/** What was deleted, by the path where it was, and what stays. */
export interface SweepReport {
  readonly deleted: readonly string[];
  /** Not deleted, since its files could not be shown to be kept; nothing is ever deleted on doubt. */
  readonly doubtful: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Deletes what is over its time. Before it deletes, it reads the files once more: what was written after the removal
 * (by a process that was still inside) is saved too, and so are repositories inside (`inside.ts`). Can be aborted and
 * repeated at any point.
 */
export async function sweepTrash(repository: Repository, root: string, options: SweepOptions): Promise<SweepReport> {
  const trash = await trashOf(repository, root);
  const deleted: string[] = [];
  const doubtful: { path: string; reason: string }[] = [];
  for (const [id, manifest] of await manifests(trash)) {
    options.signal?.throwIfAborted();
    if (options.now < manifest.keepUntil) continue;
    const folder = join(trash, id);
    if (await isFolder(folder)) {
      const sure = (): Promise<string | undefined> => makeSure(repository, trash, id, manifest, options.signal);
      const reason = manifest.state === 'deleting' ? undefined : await repository.exclusive('trash', sure);
      if (reason !== undefined) {
        doubtful.push({ path: manifest.path, reason });
        continue;
      }
      const left = await deleteSlowly(folder, options).then(() => undefined, leftBehind(options.signal));
      if (left !== undefined) {
        doubtful.push({ path: manifest.path, reason: left });
        continue;
      }
    }
    await rm(adminTrash(repository, id), { recursive: true, force: true });
    await rm(join(trash, `${id}.json`), { force: true });
    deleted.push(manifest.path);
  }
  return { deleted, doubtful };
}

/**
 * Renames a worktree back out of the trash, with git's entry of it; the manifest goes last. Can be repeated after a kill.
 *
 * @returns false when the trash does not have it (any more).
 * @throws CoppiceError `path-in-the-way` when something is at its path.
 */
export async function takeFromTrash(
  repository: Repository,
  root: string,
  id: string,
  place: { readonly path: string; readonly admin: string },
): Promise<boolean> {
  const trash = await trashOf(repository, root);
  return repository.exclusive('trash', async () => {
    const manifest = await readManifest(join(trash, `${id}.json`));
    if (manifest?.state !== 'kept' || manifest.path !== place.path) return false;
    const [folder, admin] = [join(trash, id), adminTrash(repository, id)];
    const waits = await isFolder(folder);
    if (!waits && !(await isFolder(place.path))) return false;
    if (waits && !(await isAbsent(place.path))) throw occupied(place.path);
    if (!(await isFolder(place.admin))) {
      if (!(await isFolder(admin))) return false;
      await rename(admin, place.admin);
    }
    if (waits) await rename(folder, place.path);
    await rm(join(trash, `${id}.json`), { force: true });
    return true;
  });
}

function occupied(path: string): CoppiceError {
  return new CoppiceError('path-in-the-way', `${path} exists already and was left as it is.`, 'Move it away first.', {
    context: { path },
  });
}

/** Gives the reason why the folder may not be deleted; otherwise marks it as being deleted. */
async function makeSure(
  repository: Repository,
  trash: string,
  id: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { ref, commit } = manifest.saved;
  const kept = await repository.run(['merge-base', '--is-ancestor', commit, ref], { okCodes: [0, 1, 128] });
  if (kept.code !== 0) return `${ref} does not hold it any more`;
  const tree = await filesOf(repository, join(trash, id), signal).catch(reason);
  if (typeof tree !== 'string') return tree.message;
  const inside = await keepGitDirectories(repository, join(trash, id), adminTrash(repository, id), signal).catch(
    reason,
  );
  if (!Array.isArray(inside)) return inside.message;
  if (tree !== manifest.saved.tree || inside.length > 0) {
    await keepMore(repository, manifest.saved, tree, manifest.path, inside);
  }
  await writeManifest(trash, id, { ...manifest, state: 'deleting' });
  return undefined;
}

/** What of a folder cannot be deleted (a path too long, files of another user) stays, and holds up nothing else. */
function leftBehind(signal: AbortSignal | undefined): (error: unknown) => string {
  return (error) => {
    if (signal?.aborted === true || systemCode(error) === undefined) throw error;
    return `some of it cannot be deleted (${systemCode(error) ?? 'unknown'})`;
  };
}

function reason(error: unknown): CoppiceError {
  if (isCoppiceError(error)) return error;
  throw error;
}

/** Deletes a folder so gently that whoever makes files at the same time is not held up. Throws the system's error. */
export async function deleteSlowly(folder: string, options: Pick<SweepOptions, 'pauseMs' | 'signal'>): Promise<void> {
  let count = 0;
  // Names are bytes: one that is no text could not be named again.
  const visit = async (path: Buffer): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
    if (entries.length > 0) await makeWritable(path);
    for (const entry of entries) {
      const full = Buffer.concat([path, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) await visit(full);
      else await unlink(full);
      count += 1;
      if (count % 200 === 0)
        await delay(options.pauseMs ?? 20, undefined, options.signal === undefined ? {} : { signal: options.signal });
      options.signal?.throwIfAborted();
    }
    await rmdir(path);
  };
  if (!(await isAbsent(folder))) await visit(Buffer.from(folder));
}

/** Tools write-protect folders of what they downloaded (Go); what cannot be changed is told by what follows. */
async function makeWritable(path: Buffer): Promise<void> {
  const { mode } = await lstat(path);
  if ((mode & 0o200) !== 0) return;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await folder.chmod((mode & 0o777) | 0o200).catch(() => undefined);
  } finally {
    await folder.close();
  }
}
