/** Puts the worktrees of a repository in order: what a killed process left, orphans, and what the policy lets go. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { adminEntries, isAbsent, waitingEntries } from './admin.ts';
import { diskFailure } from './files.ts';
import { forgetOldLeases, readLease } from './lease.ts';
import { readSmall } from './locate.ts';
import { worktreesFolder } from './names.ts';
import { listNotes, removeNote } from './notes.ts';
import { isOver, sameRun } from './owner.ts';
import { cleanupDecision, type CleanupCase } from './policy.ts';
import { finishRemoval, removeWorktree, type Removed } from './removal.ts';
import { removalFacts } from './removal-facts.ts';
import type { Repository } from './repository.ts';
import { keepFiles } from './save.ts';
import { clearGone, discardPartial } from './stale.ts';
import { adminTrash, moveToTrash, unneeded } from './trash.ts';
import { realRoot } from './trashes.ts';
import { filesOf } from './tree.ts';

/** A worktree that the engine knows, with what its session says about it. */
export interface KnownWorktree extends Pick<CleanupCase, 'active' | 'ended' | 'endedAt'> {
  readonly place: Place;
  readonly session: string;
  /** When it was made or came back, milliseconds since 1970. */
  readonly since: number;
  /** The branch that the work comes home to, if it is not the base. */
  readonly into?: string;
}

/** What is cleaned up: the worktrees below `root`, and what the engine knows of them. */
export interface CleanupOptions {
  readonly root: string;
  readonly known: readonly KnownWorktree[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** Decides and removes nothing; what a killed process left is put in order all the same. */
  readonly dryRun?: boolean;
}

/** What became of each worktree, with paths and with reasons for a person. */
export interface CleanupReport {
  readonly removed: readonly { readonly path: string; readonly reason: string; readonly removal?: Removed }[];
  readonly kept: readonly { readonly path: string; readonly reason: string }[];
  /** Half-made worktrees taken back, and git's entries of folders that are gone. */
  readonly repaired: readonly string[];
  /** Folders that git did not know, kept under a ref and moved to the trash. */
  readonly orphans: readonly string[];
}

/**
 * Puts right what a killed process left, keeps and clears folders that git does not know, and removes what the policy
 * lets go. A worktree that cannot be removed is kept with its reason; an abort rejects with the signal's reason. Can be
 * repeated at any point.
 */
export async function cleanupWorktrees(repository: Repository, given: CleanupOptions): Promise<CleanupReport> {
  const root = await realRoot(given.root);
  const options = { ...given, root };
  const kept: { path: string; reason: string }[] = [];
  const repaired = await repository.exclusive('worktrees', async () => [
    ...(await takeBackHalfMade(repository, root, kept)),
    ...(await clearGone(repository, root)),
  ]);
  await dropLeftovers(repository, root);
  await forgetOldLeases(repository.location.commonDir, options.now);
  const orphans = await clearOrphans(repository, options, kept);
  const removed: { path: string; reason: string; removal?: Removed }[] = [];
  const report = (path: string, { reason, removal }: Outcome): void => {
    if (removal === undefined) kept.push({ path, reason });
    else removed.push({ path, reason, removal });
  };
  for (const known of options.known) {
    options.signal?.throwIfAborted();
    const { path } = known.place;
    if (await isAbsent(path)) {
      const begun = await takenBefore(repository, known, options);
      if (begun !== undefined) report(path, begun);
      continue;
    }
    const { remove, reason } = await decide(repository, known, options);
    if (!remove) kept.push({ path, reason });
    else if (options.dryRun === true) removed.push({ path, reason });
    else report(path, await taken(repository, known, options, reason));
  }
  return { removed, kept, repaired, orphans };
}

async function decide(
  repository: Repository,
  known: KnownWorktree,
  options: CleanupOptions,
): Promise<{ remove: boolean; reason: string }> {
  try {
    const facts = await removalFacts(repository, known.place, known.into, options.signal);
    return cleanupDecision(
      {
        origin: known.place.origin,
        leased: facts.lease !== undefined && facts.lease.record.holder !== known.session,
        active: known.active,
        dirty: facts.dirty,
        merged: facts.hasWork && facts.unmerged === 0,
        pushed: facts.unpushed === 0 || !facts.hasWork,
        ended: known.ended,
        endedAt: known.endedAt,
      },
      options.now,
    );
  } catch (error) {
    if (!isCoppiceError(error)) throw error;
    return { remove: false, reason: error.message };
  }
}

/** What became of one worktree; kept without `removal`. */
interface Outcome {
  readonly reason: string;
  readonly removal?: Removed;
}

/** One whose removal had not ended, so that nobody was told; undefined where there was none, or it is somebody else's to end. */
async function takenBefore(
  repository: Repository,
  known: KnownWorktree,
  { root, dryRun }: CleanupOptions,
): Promise<Outcome | undefined> {
  if (dryRun === true || known.active) return undefined;
  try {
    const removal = await finishRemoval(repository, known.place, root, known);
    return removal && { reason: 'its removal had been cut short', removal };
  } catch (error) {
    if (!isCoppiceError(error)) throw error;
    return { reason: error.message };
  }
}

/** Removes it. What goes wrong with one holds up no other; one that is in the trash all the same is removed. */
async function taken(
  repository: Repository,
  known: KnownWorktree,
  options: CleanupOptions,
  reason: string,
): Promise<Outcome> {
  try {
    return { reason, removal: await removeNow(repository, known, options) };
  } catch (error) {
    const failure = diskFailure(error, known.place.path);
    const told = isCoppiceError(failure) || systemCode(failure) !== undefined;
    if (options.signal?.aborted === true || !told) throw error;
    return (await takenBefore(repository, known, options)) ?? { reason: (failure as Error).message };
  }
}

function removeNow(repository: Repository, known: KnownWorktree, options: CleanupOptions): Promise<Removed> {
  return removeWorktree(repository, known.place, {
    root: options.root,
    session: known.session,
    now: options.now,
    // The policy has decided about commits: the branch and our ref keep them.
    despite: ['unpushed'],
    ...(known.into === undefined ? {} : { into: known.into }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

async function takeBackHalfMade(
  repository: Repository,
  root: string,
  kept: { path: string; reason: string }[],
): Promise<string[]> {
  const folder = worktreesFolder(root, repository);
  const done: string[] = [];
  for (const note of await listNotes(repository.location.commonDir)) {
    const { path } = note.place;
    if (!path.startsWith(`${folder}/`)) continue;
    if (note.state === 'ready') continue;
    const inHand = sameRun(note.by, repository.owner.mark)
      ? repository.making.has(path)
      : !(await isOver(note.by, repository.owner));
    if (inHand) kept.push({ path, reason: 'it is being made' });
    else {
      await discardPartial(repository, note);
      done.push(path);
    }
  }
  return done;
}

/** Nobody has looked at an orphan yet: it stays in the trash for a week. */
const orphanMs = 7 * 24 * 60 * 60 * 1000;

/** Folders that a killed process had renamed away to delete them; their content was never anybody's work. */
async function dropLeftovers(repository: Repository, root: string): Promise<void> {
  const folder = worktreesFolder(root, repository);
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('.unfinished-')) await rm(join(folder, name), { recursive: true, force: true });
  }
  const waiting = await waitingEntries(repository.location.commonDir);
  for (const id of await unneeded(repository, root, waiting)) {
    await rm(adminTrash(repository, id), { recursive: true, force: true });
  }
}

/** Why a folder that git does not know stays where it is; a lease that cannot be read may be held. */
async function whyNeeded(
  known: readonly KnownWorktree[],
  place: Pick<Place, 'path' | 'admin' | 'common'>,
): Promise<string | undefined> {
  const needed = 'git does not know it any more, but a session needs it';
  if (known.some((each) => each.active && each.place.path === place.path)) return needed;
  try {
    return (await readLease(place)) === undefined ? undefined : needed;
  } catch (error) {
    if (!isCoppiceError(error)) throw error;
    return error.message;
  }
}

async function clearOrphans(
  repository: Repository,
  options: CleanupOptions,
  kept: { path: string; reason: string }[],
): Promise<string[]> {
  const { commonDir } = repository.location;
  const folder = worktreesFolder(options.root, repository);
  const paths = new Set((await adminEntries(commonDir)).map(({ path }) => path));
  const done: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (paths.has(path) || repository.making.has(path) || entry.name.startsWith('.')) continue;
    const pointer = entry.isDirectory() ? await readSmall(join(path, '.git')) : undefined;
    if (pointer?.startsWith(`gitdir: ${join(commonDir, 'worktrees')}/`) !== true) {
      kept.push({ path, reason: 'Coppice did not make it' });
      continue;
    }
    const admin = pointer.slice('gitdir: '.length).trimEnd();
    const needed = await whyNeeded(options.known, { path, admin, common: commonDir });
    if (needed !== undefined) {
      kept.push({ path, reason: needed });
      continue;
    }
    if (options.dryRun === true) {
      kept.push({ path, reason: 'an orphan, to be moved to the trash' });
      continue;
    }
    try {
      const saved = await keepFiles(repository, path, await filesOf(repository, path, options.signal));
      await moveToTrash(repository, options.root, path, saved, { now: options.now, keepMs: orphanMs });
    } catch (error) {
      if (!isCoppiceError(error)) throw error;
      kept.push({ path, reason: error.message });
      continue;
    }
    await removeNote({ common: commonDir, path });
    done.push(path);
  }
  return done;
}
