/** Removes a worktree so that everything it held stays reachable; only the folder and git's entry go. */
import { rm } from 'node:fs/promises';
import { counted } from '../core/counted.ts';
import { CoppiceError, systemCode } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { adminEntries, isAbsent, removeAdmin } from './admin.ts';
import { privateIndex } from './checkout.ts';
import { removeNote } from './notes.ts';
import { type RemovalFacts, removalFacts, stillTrue } from './removal-facts.ts';
import type { Repository } from './repository.ts';
import { finalRef, type Saved, saveWork } from './save.ts';
import { adminTrash, latestInTrash, moveToTrash } from './trash.ts';

/** What a person decided to remove a worktree in spite of. */
export type Despite = 'changes' | 'unpushed' | 'repositories';

/** Why and how a worktree is removed, and what may go with it. */
export interface RemovalOptions {
  /** Folder below which worktrees and the trash live. */
  readonly root: string;
  /** Session under whose name the work is kept; its own lease does not stand in the way. */
  readonly session: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Default: nothing, so only a clean worktree whose commits are merged or pushed is removed. */
  readonly despite?: readonly Despite[];
  /** How long ignored files that nothing makes again, and repositories inside, stay in the trash; default 7 days. */
  readonly keepMs?: number;
  /** How long a worktree without such files stays there whole, so that it comes back as it was; default not at all. */
  readonly graceMs?: number;
  /**
   * What was found a moment ago, when a person was asked. Whoever consented to changes is not kept waiting for another look at
   * all files: what was changed since lies in the trash, and is kept before that is emptied (`sweepTrash`).
   */
  readonly found?: RemovalFacts;
  /** The branch that the work comes home to; see `removalFacts`. */
  readonly into?: string;
  readonly signal?: AbortSignal;
}

/**
 * Where a removed worktree's content is: reachable by a ref, and for some time in the trash. `keepUntil` is in
 * milliseconds since 1970.
 */
export interface Removed {
  readonly saved: Saved;
  /** Id in the trash; `sweepTrash` deletes it, not before `keepUntil`. */
  readonly trash: string;
  readonly keepUntil: number;
}

/** The end of a sentence that says what else could be done. */
const despiteIt = 'remove it with `--force`: everything is kept, and `coppice session restore` brings it back.';
const weekMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Facts, then save, then rename, then git's entry, then our note: killed between any two of them nothing is lost, and
 * `cleanupWorktrees` or a repetition finishes it. The branch stays.
 *
 * @throws CoppiceError `worktree-in-use` (another session's lease), `worktree-unsafe` (changes, nested repositories or
 * commits that nothing else holds, or another file system; context `reason`), `git-failed`, `disk-full`.
 */
export async function removeWorktree(repository: Repository, place: Place, options: RemovalOptions): Promise<Removed> {
  if (place.path === repository.mainRoot || place.path === repository.location.commonDir) {
    throw new CoppiceError(
      'worktree-unsafe',
      `${place.path} is the main checkout and is never removed.`,
      'Name a linked worktree.',
      {
        context: { path: place.path, reason: 'main' },
      },
    );
  }
  const { found, into, signal, despite = [] } = options;
  const call = { files: !despite.includes('changes'), ...(signal === undefined ? {} : { signal }) };
  const known = found === undefined ? undefined : await stillTrue(repository, place, found, call);
  const facts = known ?? (await removalFacts(repository, place, into, signal));
  refuse(place, facts, options);
  const saved = await saveWork(repository, place, options.session, facts.snapshot, facts.held);
  const whole = facts.ignored.length > 0 || facts.repositories.length > 0;
  const keepMs = whole ? (options.keepMs ?? weekMs) : (options.graceMs ?? 0);
  const trash = await moveToTrash(repository, options.root, place.path, saved, { now: options.now, keepMs });
  await forget(repository, place, trash);
  return { saved, trash, keepUntil: options.now + keepMs };
}

/** The steps after the folder is in the trash. */
async function forget(repository: Repository, place: Place, trash: string): Promise<void> {
  const { commonDir } = repository.location;
  // Where the folder was gone for a while, git may have forgotten the entry, and given its name to another worktree's.
  const named = (await adminEntries(commonDir)).find(({ admin }) => admin === place.admin);
  if (named?.path === undefined || named.path === place.path) {
    await removeAdmin(commonDir, place.admin, adminTrash(repository, trash));
  }
  await rm(privateIndex(repository, place.admin), { force: true });
  await removeNote(place);
}

/** Which removal of a worktree is meant: that for the session, not before `since` (milliseconds since 1970). */
export interface Meant {
  readonly session: string;
  readonly since: number;
}

/**
 * Finishes a removal that had begun. What git keeps of it may stay where it was: it comes back all the same, and the next clean-up
 * puts that in order.
 *
 * @returns what was removed; undefined when the folder was not in the trash yet, so that nothing had happened.
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`), `corrupt`: it cannot be told.
 */
export async function finishRemoval(
  repository: Repository,
  place: Place,
  root: string,
  meant: Meant,
): Promise<Removed | undefined> {
  const removed = await findRemoved(repository, place, root, meant);
  if (removed !== undefined) await forget(repository, place, removed.trash).catch(unlessOfSystem);
  return removed;
}

function unlessOfSystem(error: unknown): void {
  if (systemCode(error) === undefined) throw error;
}

/** Where a worktree went whose removal had not ended: undefined unless it is in the trash. Throws like `finishRemoval`. */
export async function findRemoved(
  repository: Repository,
  place: Place,
  root: string,
  { session, since }: Meant,
): Promise<Removed | undefined> {
  if (!(await isAbsent(place.path))) return undefined;
  const removed = await latestInTrash(repository, root, place.path, finalRef(session));
  if (removed === undefined || removed.removedAt < since) return undefined;
  return { saved: removed.saved, trash: removed.id, keepUntil: removed.keepUntil };
}

function refuse(place: Place, facts: RemovalFacts, { session, despite = [] }: RemovalOptions): void {
  const holder = facts.lease?.record.holder;
  if (holder !== undefined && holder !== session) {
    throw new CoppiceError(
      'worktree-in-use',
      `Session ${holder} works in ${place.path}.`,
      'Wait for it, or cancel it.',
      {
        context: { path: place.path, holder },
      },
    );
  }
  refuseUnsavable(place, facts);
  if (facts.repositories.length > 0 && !despite.includes('repositories')) {
    const names = facts.repositories.slice(0, 5).join(', ');
    const message = `${place.path} holds repositories with work of their own: ${names}.`;
    throw unsafe(place, 'repositories', message, `Push or move them first, or ${despiteIt}`);
  }
  if (!despite.includes('changes')) refuseChanges(place, facts);
  if (facts.unmerged > 0 && facts.unpushed > 0 && !despite.includes('unpushed')) {
    const commits = counted(facts.unpushed, 'commit');
    const message = `${place.branch} has ${commits} neither merged nor pushed.`;
    throw unsafe(place, 'unpushed', message, `Land or push them first, or ${despiteIt}`);
  }
}

/** What nobody can decide on: it could not be saved. */
function refuseUnsavable(place: Place, { findings, snapshot }: RemovalFacts): void {
  const gone = findings.find(
    ({ kind }) => kind === 'folder-gone' || kind === 'folder-replaced' || kind === 'entry-gone',
  );
  if (gone !== undefined) throw unsafe(place, 'findings', gone.text, gone.next);
  const unread = snapshot.unreadable.length;
  if (unread === 0) return;
  throw unsafe(
    place,
    'unreadable',
    `${counted(unread, 'file')} of ${place.path} cannot be read.`,
    'Make them readable first.',
  );
}

function refuseChanges(place: Place, { changed, findings }: RemovalFacts): void {
  if (changed > 0) {
    const message = `${place.path} has ${counted(changed, 'changed file')} not committed.`;
    throw unsafe(place, 'changes', message, `Commit them, or ${despiteIt}`);
  }
  const [first] = findings;
  if (first !== undefined) throw unsafe(place, 'changes', first.text, first.next);
}

function unsafe(place: Place, reason: string, message: string, next: string): CoppiceError {
  return new CoppiceError('worktree-unsafe', message, next, {
    context: { path: place.path, branch: place.branch, reason },
  });
}
