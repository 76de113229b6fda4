/** Clearing what a killed process left behind: half-made worktrees, and entries of worktrees whose folder is gone. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import { adminOf, isAbsent, removeAdmin, unfinishedEntries } from './admin.ts';
import { privateIndex } from './checkout.ts';
import { clearStaleLock } from './locks.ts';
import { worktreesFolder } from './names.ts';
import { listNotes, type Note, removeNote } from './notes.ts';
import type { Repository } from './repository.ts';
import { keepEntry } from './save.ts';
import { adminTrash, latestInTrash } from './trash.ts';

/**
 * Takes a half-made worktree back: folder, git's entry, the branch if it was made for it and holds no work, our note. No
 * agent has been in it. Can be repeated; the note goes last.
 */
export async function discardPartial(repository: Repository, note: Note): Promise<void> {
  const { path, branch, baseCommit, common } = note.place;
  const aside = join(dirname(path), `${asidePrefix(path)}${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const entry = await adminOf(common, path);
  const entries = [...(entry === undefined ? [] : [entry]), ...(await unfinishedEntries(common, path))];
  for (const { admin } of entries) await removeAdmin(common, admin);
  if (!note.branchExisted) {
    // An engine that was killed while it made the branch leaves its lock, with which nobody could ever make it.
    await clearStaleLock(repository.owner, join(common, 'refs', 'heads', `${branch}.lock`));
    // Only as long as the branch is where it was made.
    await repository.run(['update-ref', '-d', `refs/heads/${branch}`, baseCommit], { okCodes: [0, 1, 128] });
  }
  for (const { admin } of entries) await rm(privateIndex(repository, admin), { force: true });
  await deleteAside(path);
  await removeNote(note.place);
}

function asidePrefix(path: string): string {
  return `.unfinished-${basename(path)}-`;
}

/** Also what an attempt that was killed before this one had renamed aside and not deleted yet. */
async function deleteAside(path: string): Promise<void> {
  const prefix = asidePrefix(path);
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}$/.test(name.slice(prefix.length))) continue;
    // A git that outlived a killed engine may still be writing into it.
    await rm(join(dirname(path), name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * Removes git's entries of worktrees that we made below our folder and whose own folder is gone, after keeping what only
 * they held. Never `git worktree prune`, which also forgets other people's worktrees on a disk that is not there at the
 * moment: nothing counts as gone unless our folder is there, on the file system on which the worktree was made.
 *
 * @param root the folder below which worktrees and the trash live.
 * @param wanted the path of a worktree that is to be made.
 * @returns the paths whose entries were removed; those that something in a trash may need are left.
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`), `corrupt`: the one that is wanted has to be left.
 */
export async function clearGone(repository: Repository, root: string, wanted?: string): Promise<string[]> {
  const { commonDir } = repository.location;
  const folder = worktreesFolder(root, repository);
  const disk = await stat(folder).catch(() => undefined);
  if (disk === undefined) return [];
  const cleared: string[] = [];
  const ours = (await listNotes(commonDir)).filter(
    ({ state, place: { path }, device }) => state === 'ready' && dirname(path) === folder && device === disk.dev,
  );
  const gone = await Promise.all(ours.map(({ place }) => isAbsent(place.path)));
  for (const { place } of ours.filter((_note, index) => gone[index])) {
    const { path } = place;
    const entry = await adminOf(commonDir, path);
    if (entry?.locked !== undefined) continue;
    if (entry !== undefined) {
      const waiting = await waitingIn(repository, root, path).catch((error: unknown) => {
        if (path === wanted || !isCoppiceError(error)) throw error;
      });
      if (waiting === undefined) continue;
      await keepEntry(repository, entry.admin, path);
      await removeAdmin(commonDir, entry.admin, waiting.admin);
      await rm(privateIndex(repository, entry.admin), { force: true });
      cleared.push(path);
    }
    await removeNote(place);
  }
  return cleared;
}

/**
 * Where the entry of a worktree belongs whose removal had not ended when its folder was in the trash already: without the entry it
 * would not come back from there. Without `admin` for any other. Throws like `latestInTrash`.
 */
async function waitingIn(repository: Repository, root: string, path: string): Promise<{ readonly admin?: string }> {
  const latest = await latestInTrash(repository, root, path);
  const admin = latest && adminTrash(repository, latest.id);
  return admin !== undefined && (await isAbsent(admin)) ? { admin } : {};
}
