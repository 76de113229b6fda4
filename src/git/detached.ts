/**
 * Worktrees on no branch, in which no session works: a merged result that is shown to gates, a slot of the pool. One that
 * a killed engine left half-made is taken back like any other that was not finished.
 */
import { mkdir, realpath, rename, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { removeAdmin } from './admin.ts';
import { checkOut, setSparse } from './checkout.ts';
import { diskFailure } from './files.ts';
import { copyIncluded } from './include.ts';
import { worktreesFolder } from './names.ts';
import { type Note, removeNote, replaceNote, writeFirstNote } from './notes.ts';
import { entryOfNew } from './new-entry.ts';
import type { Repository, TreePlace } from './repository.ts';
import { discardPartial } from './stale.ts';
import { fillSubmodules } from './submodules.ts';

/** Where a detached worktree is made, and of which commit. */
export interface DetachedOptions {
  /** Folder below which worktrees live, for all repositories. */
  readonly root: string;
  /** Begins the folder's name. */
  readonly name: string;
  readonly commit: string;
  /** Copies the ignored files that `.worktreeinclude` names. */
  readonly include: boolean;
  /** Directories to check out; empty or absent: everything. */
  readonly sparse?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` in a worktree that has the files of a commit, and takes it away afterwards. What `work` leaves there goes
 * with it.
 *
 * @throws CoppiceError `git-failed`, `disk-full`, `read-only`; whatever `work` throws; the signal's reason on abort.
 */
export async function withDetached<T>(
  repository: Repository,
  options: DetachedOptions,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const note = await makeDetached(repository, options);
  try {
    return await work(note.place.path);
  } finally {
    await takeAway(repository, note);
    repository.making.delete(note.place.path);
  }
}

/**
 * Makes one and leaves it. Its note says `making` still, and `repository.making` has its path: both are the caller's to
 * settle.
 *
 * @throws CoppiceError `git-failed`, `disk-full`, `read-only`; the signal's reason on abort. Nothing is left then.
 */
export async function makeDetached(repository: Repository, options: DetachedOptions): Promise<Note> {
  const note = await begin(repository, options);
  try {
    await fillDetached(repository, note.place, options);
    return note;
  } catch (error) {
    await takeAway(repository, note);
    repository.making.delete(note.place.path);
    throw error;
  }
}

/** Registers an empty one; its note says `making`, so that whoever finds it after a kill takes it back. */
async function begin(repository: Repository, { root, name, commit, signal }: DetachedOptions): Promise<Note> {
  const folder = worktreesFolder(root, repository);
  const { commonDir } = repository.location;
  try {
    await mkdir(folder, { recursive: true });
    const path = join(worktreesFolder(await realpath(root), repository), `${name}-${randomBytes(4).toString('hex')}`);
    const place = { path, slug: '', branch: '', base: '', baseCommit: commit, admin: '', common: commonDir };
    const making: Note = {
      v: 1,
      state: 'making',
      place: { ...place, origin: 'created' },
      branchExisted: true,
      by: repository.owner.mark,
      device: (await stat(dirname(path))).dev,
    };
    repository.making.add(path);
    return await repository.exclusive('worktrees', () => register(repository, making, signal), signal);
  } catch (error) {
    throw diskFailure(error, folder);
  }
}

async function register(repository: Repository, making: Note, signal: AbortSignal | undefined): Promise<Note> {
  const { path, baseCommit, common } = making.place;
  await writeFirstNote(making);
  try {
    const args = ['worktree', 'add', '--quiet', '--no-checkout', '--detach', path, baseCommit];
    await repository.onCommonDir(args, signal === undefined ? {} : { signal });
    const note = { ...making, place: { ...making.place, admin: await entryOfNew(common, path) } };
    await replaceNote(note);
    return note;
  } catch (error) {
    repository.making.delete(path);
    await discardPartial(repository, making).catch(() => undefined);
    throw error;
  }
}

async function fillDetached(
  repository: Repository,
  place: TreePlace & { baseCommit: string },
  options: DetachedOptions,
): Promise<void> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const { sparse = [] } = options;
  if (sparse.length > 0) await setSparse(repository, place, sparse);
  await checkOut(repository, place, place.baseCommit, { sparse, ...signal });
  await fillSubmodules(repository, place, options.signal);
  if (options.include) await copyIncluded(repository, place.path, {}, options.signal);
}

/** Out of the way at once; its files are deleted with the other leftovers, late. */
async function takeAway(repository: Repository, { place }: Note): Promise<void> {
  await repository.exclusive('worktrees', async () => {
    const aside = join(dirname(place.path), `.unfinished-${randomBytes(6).toString('hex')}`);
    await rename(place.path, aside).catch(() => undefined);
    await removeAdmin(place.common, place.admin);
    await removeNote(place);
  });
}
