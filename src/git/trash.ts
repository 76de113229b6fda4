/**
 * The trash: worktrees that were renamed aside, each with a manifest beside it that says under which ref its files are
 * kept. They are deleted late (`trash-sweep.ts`).
 */
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { CoppiceError, ours, systemCode } from '../core/errors.ts';
import { adminOf, isAbsent, isFolder } from './admin.ts';
import { diskFailure, replaceFile } from './files.ts';
import type { Repository } from './repository.ts';
import type { Saved } from './save.ts';
import { type Filed, manifestFile, readManifest, readManifests, writeManifest } from './trash-manifest.ts';
import { namesInTrash, notedTrashes, noteTrash, trashesOf, trashFor, unreadable } from './trashes.ts';

/** A removed worktree in the trash. `path` is where it was; times are in milliseconds since 1970. */
export interface TrashEntry {
  readonly id: string;
  readonly path: string;
  readonly saved: Saved;
  readonly removedAt: number;
  readonly keepUntil: number;
}

/** Where the git entry of a removed worktree waits with it. */
export function adminTrash(repository: Repository, id: string): string {
  return join(repository.location.commonDir, 'coppice', 'trash', id);
}

/**
 * Renames a saved folder into the trash. The manifest is there first: a folder in the trash always has one.
 *
 * @throws CoppiceError `worktree-unsafe` when the trash is on another file system, `disk-full`, `read-only`.
 */
export async function moveToTrash(
  repository: Repository,
  root: string,
  path: string,
  saved: Saved,
  times: { now: number; keepMs: number },
): Promise<string> {
  const trash = await trashFor(repository, root, path);
  const id = `${basename(path)}-${randomBytes(6).toString('hex')}`;
  const removedAt = times.now;
  try {
    await noteTrash(repository, trash);
    await mkdir(trash, { recursive: true, mode: 0o700 });
    await writeManifest(trash, id, {
      v: 1,
      state: 'kept',
      path,
      saved,
      removedAt,
      keepUntil: removedAt + times.keepMs,
    });
  } catch (error) {
    throw diskFailure(error, trash);
  }
  try {
    await rename(path, join(trash, id));
  } catch (error) {
    await rm(manifestFile(trash, id), { force: true });
    if (systemCode(error) !== 'EXDEV') throw diskFailure(error, path);
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

/** The worktrees of a repository in any trash of it, by id. What cannot be read is left out. */
export async function listTrash(repository: Repository, root: string): Promise<TrashEntry[]> {
  const { listed } = await look(await trashesOf(repository, root));
  const all = await Promise.all(listed.map(({ trash, names }) => readManifests(trash, names)));
  return all.flatMap(({ filed }) => filed).map(entryOf);
}

function entryOf({ id, manifest: { path, saved, removedAt, keepUntil } }: Filed): TrashEntry {
  return { id, path, saved, removedAt, keepUntil };
}

/** What is in each trash, by name; `unsure` are those of which that cannot be told, each with the error that says why. */
export interface Look {
  readonly listed: readonly { readonly trash: string; readonly names: readonly string[] }[];
  readonly unsure: readonly { readonly trash: string; readonly error: CoppiceError }[];
}

/** Looks into each of the trashes. */
export async function look(trashes: readonly string[]): Promise<Look> {
  const listed: { trash: string; names: readonly string[] }[] = [];
  const unsure: { trash: string; error: CoppiceError }[] = [];
  for (const trash of trashes) {
    try {
      listed.push({ trash, names: await namesInTrash(trash) });
    } catch (error) {
      unsure.push({ trash, error: ours(error) });
    }
  }
  return { listed, unsure };
}

/**
 * Every trash in which a worktree that was at the path may be. Where its own one is not there at all, that hides something only when
 * something went there; another one hides none, since only what was moved with its repository, or removed by an earlier version, lies there.
 */
async function lookFor(repository: Repository, root: string, path: string): Promise<Look> {
  const own = await trashFor(repository, root, path);
  const noted = await notedTrashes(repository);
  const { listed, unsure } = await look([...new Set([own, ...(await trashesOf(repository, root))])]);
  const hides = ({ trash, error }: Look['unsure'][number]): boolean =>
    error.context['code'] !== 'ENOENT' || (trash === own && noted.includes(own));
  return { listed, unsure: unsure.filter(hides) };
}

/**
 * Which of git's entries that wait for something in a trash certainly wait for nothing any more. `path` is where the worktree of the
 * entry was, as far as it can be read.
 */
export async function unneeded(
  repository: Repository,
  root: string,
  waiting: readonly { readonly id: string; readonly path: string | undefined }[],
): Promise<readonly string[]> {
  const trashes = await trashesOf(repository, root);
  const owns = await Promise.all(
    waiting.map(async ({ path }) => (path === undefined ? [] : [await trashFor(repository, root, path)])),
  );
  const { listed, unsure } = await look([...new Set([...trashes, ...owns.flat()])]);
  const needed = new Set(listed.flatMap(({ names }) => names.map((name) => name.replace(/\.json$/, ''))));
  const dark = new Set(unsure.map(({ trash }) => trash));
  return waiting.flatMap(({ id }, index) => {
    const mayHold = [...trashes, ...(owns[index] ?? [])];
    return needed.has(id) || mayHold.some((trash) => dark.has(trash)) ? [] : [id];
  });
}

/**
 * The latest removal of a worktree that was at the path; undefined where the trash certainly has none.
 *
 * @param ref the one under which its files are kept; any unless told.
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`), `corrupt`: it cannot be told.
 */
export async function latestInTrash(
  repository: Repository,
  root: string,
  path: string,
  ref?: string,
): Promise<TrashEntry | undefined> {
  const { listed, unsure } = await lookFor(repository, root, path);
  const found: Filed[] = [];
  const doubts = unsure.map(({ error }) => error);
  for (const { trash, names } of listed) {
    const { filed, unread } = await readManifests(
      trash,
      names.filter((name) => isOf(path, name)),
    );
    found.push(...filed.filter(({ manifest }) => manifest.path === path));
    doubts.push(...unread.map(({ error }) => error));
  }
  const [doubt] = doubts;
  if (doubt !== undefined) throw doubt;
  const fitting = found.filter(({ manifest: { saved } }) => ref === undefined || saved.ref === ref);
  return fitting.map(entryOf).sort((a, b) => b.removedAt - a.removedAt)[0];
}

/** Whether a manifest is, by its name, that of a worktree that was at the path. */
function isOf(path: string, name: string): boolean {
  const prefix = `${basename(path)}-`;
  return name.startsWith(prefix) && /^[0-9a-f]{12}\.json$/.test(name.slice(prefix.length));
}

/**
 * Renames a worktree back out of the trash, with git's entry of it; the manifest goes last. Can be repeated after a kill.
 *
 * @returns git's entry of it, which has another name where somebody else's has that one by now; undefined when no trash has it (any
 * more).
 * @throws CoppiceError `path-in-the-way` when something is at its path; `worktree-unsafe` (context `reason`: `trash`), `corrupt`:
 * whether it is there cannot be told.
 */
export async function takeFromTrash(
  repository: Repository,
  root: string,
  id: string,
  place: { readonly path: string; readonly admin: string },
): Promise<string | undefined> {
  return repository.exclusive('trash', async () => {
    const trash = await trashWith(repository, root, id, place.path);
    const manifest = trash === undefined ? undefined : await readManifest(trash, id);
    if (trash === undefined || manifest?.state !== 'kept' || manifest.path !== place.path) return undefined;
    const folder = join(trash, id);
    const waits = await isThere(folder);
    if (!waits && !(await isFolder(place.path))) return undefined;
    if (waits && !(await isAbsent(place.path))) throw occupied(place.path);
    const admin = await entryBack(repository, id, place);
    if (admin === undefined) return undefined;
    if (waits) {
      if (admin !== place.admin) await replaceFile(join(folder, '.git'), `gitdir: ${admin}\n`);
      // The folder of worktrees may be another one by now, and this one gone.
      await mkdir(dirname(place.path), { recursive: true });
      await rename(folder, place.path);
    }
    await rm(manifestFile(trash, id), { force: true });
    return admin;
  });
}

/** Puts git's entry of a worktree where git looks for it; undefined when there is none any more. */
async function entryBack(
  repository: Repository,
  id: string,
  { path, admin }: { readonly path: string; readonly admin: string },
): Promise<string | undefined> {
  const waiting = adminTrash(repository, id);
  const waits = await isThere(waiting);
  const known = await adminOf(repository.location.commonDir, path);
  if (known !== undefined && waits) throw taken(path);
  if (known !== undefined) return known.admin;
  if (!waits) return undefined;
  let free = admin;
  for (let number = 1; !(await isAbsent(free)); number += 1) free = `${admin}${number}`;
  await mkdir(dirname(free), { recursive: true });
  await rename(waiting, free);
  return free;
}

/** Whether a folder is at the path. Throws `worktree-unsafe` (context `reason`: `trash`) when that cannot be told. */
async function isThere(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw unreadable(path, error);
  }
}

/** The trash that has the manifest of an id; undefined when certainly none has. */
async function trashWith(repository: Repository, root: string, id: string, path: string): Promise<string | undefined> {
  const { listed, unsure } = await lookFor(repository, root, path);
  const found = listed.find(({ names }) => names.includes(`${id}.json`));
  if (found === undefined && unsure[0] !== undefined) throw unsure[0].error;
  return found?.trash;
}

function occupied(path: string): CoppiceError {
  return new CoppiceError('path-in-the-way', `${path} exists already and was left as it is.`, 'Move it away first.', {
    context: { path },
  });
}

/** Its own entry waits, so the one that git has for the path is that of a worktree that was made there since. */
function taken(path: string): CoppiceError {
  return new CoppiceError(
    'path-in-the-way',
    `Git knows another worktree at ${path}.`,
    'Remove that worktree; where its folder is gone already, run `git worktree prune`.',
    { context: { path } },
  );
}
