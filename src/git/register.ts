/** The first half of making a worktree: everything that can refuse it, our note, and git's registration without files. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoppiceError, isCoppiceError } from '../core/errors.ts';
import { adminEntries, adminOf, isAbsent } from './admin.ts';
import { excludeOwnFiles } from './exclude.ts';
import { type Base, branchFacts, readHead, refuseProtected, resolveBase } from './facts.ts';
import { readRefs, type Refs } from './refs.ts';
import { createEntry, entryOfNew } from './new-entry.ts';
import { createRef } from './new-ref.ts';
import { hasNote, type Note, readNote, removeNote, writeFirstNote } from './notes.ts';
import { isOver, sameRun } from './owner.ts';
import { type Claimed, claimSlot } from './pool.ts';
import type { Repository } from './repository.ts';
import { clearGone, discardPartial } from './stale.ts';

/** The worktree that is to be registered. `path` is absolute, with every link above it resolved. */
export interface Plan {
  readonly path: string;
  readonly slug: string;
  readonly branch: string;
  /** Name of the base; default HEAD of the starting checkout. */
  readonly base?: string;
  /** Git is to see the summaries in `.tasks/`. */
  readonly history?: boolean;
  /** Directories that will be checked out; empty or absent: everything. */
  readonly sparse?: readonly string[];
  /** Folder below which worktrees live; with it a slot of the pool may be taken. */
  readonly poolRoot?: string;
  readonly signal?: AbortSignal;
}

/** A worktree that git knows and that has no files yet; its note says `making`. */
export interface Registered {
  readonly note: Note;
  readonly base: Base;
  /** The commit to check out. */
  readonly tip: string;
  /** It was a slot of the pool and has its files: `exact` when they had not to be written again. */
  readonly warm?: 'exact' | 'refreshed';
}

/** Only one at a time per repository. What it throws is listed at `createWorktree`. */
export async function registerWorktree(repository: Repository, plan: Plan): Promise<Registered> {
  // First, since what is cleared may include the branch.
  const cleared = await clearHalfMade(repository, plan.path);
  try {
    return await register(repository, plan);
  } catch (error) {
    if (cleared === undefined || plan.signal?.aborted === true || !isInTheWay(error)) throw error;
    // A git that outlived the engine which had begun this may have done its part only now: that is taken back as well.
    const entry = await adminOf(repository.location.commonDir, plan.path);
    if (entry !== undefined) await discardPartial(repository, cleared);
    return register(repository, plan);
  }
}

function isInTheWay(error: unknown): boolean {
  return (['path-in-the-way', 'worktree-in-use', 'git-failed'] as const).some((code) => isCoppiceError(error, code));
}

async function register(repository: Repository, plan: Plan): Promise<Registered> {
  const { path, branch } = plan;
  const { commonDir } = repository.location;
  const refs = await readRefs(repository);
  refuseProtected(await branchFacts(repository, refs), branch);
  const base = await resolveBase(repository, plan.base, refs);
  await refuseOccupied(repository, plan, refs);
  const tip = refs.branches.get(branch);
  const making: Note = {
    v: 1,
    state: 'making',
    place: {
      path,
      slug: plan.slug,
      branch,
      base: base.name,
      baseCommit: base.commit,
      admin: '',
      common: commonDir,
      origin: tip === undefined ? 'created' : 'reused',
    },
    branchExisted: tip !== undefined,
    by: repository.owner.mark,
    device: statSync(dirname(path)).dev,
  };
  if (!(await writeFirstNote(making))) throw inTheWay(path);
  repository.making.add(path);
  try {
    await excludeOwnFiles(commonDir, plan.history ?? false);
    const warm = await takeWarm(repository, plan, tip, base.commit);
    if (warm !== undefined) {
      const note = { ...making, place: { ...making.place, admin: warm.admin } };
      return { note, base, tip: tip ?? base.commit, warm: warm.refreshed ? 'refreshed' : 'exact' };
    }
    // Git would be a process, and start two more.
    const there = tip !== undefined || (await createRef(repository, `refs/heads/${branch}`, base.commit));
    const made = there ? await createEntry(repository, path, branch) : undefined;
    const admin = made ?? (await addedByGit(repository, plan, there ? undefined : base.commit));
    return { note: { ...making, place: { ...making.place, admin } }, base, tip: tip ?? base.commit };
  } catch (error) {
    repository.making.delete(path);
    // When this fails too, the note stays and the next attempt at this path, or a clean-up, does it.
    await discardPartial(repository, making).catch(() => undefined);
    throw error;
  }
}

/** @param from the commit to make the branch at, where it is not there. */
async function addedByGit(
  repository: Repository,
  { path, branch, signal }: Plan,
  from: string | undefined,
): Promise<string> {
  const what = from === undefined ? [path, branch] : ['--no-track', '-b', branch, path, from];
  const args = ['worktree', 'add', '--quiet', '--no-checkout', ...what];
  await repository.onCommonDir(args, signal === undefined ? {} : { signal });
  return entryOfNew(repository.location.commonDir, path);
}

async function takeWarm(
  repository: Repository,
  { path, branch, poolRoot, sparse = [] }: Plan,
  tip: string | undefined,
  base: string,
): Promise<Claimed | undefined> {
  if (poolRoot === undefined) return undefined;
  const claim = { path, branch, commit: tip ?? base, existed: tip !== undefined, root: poolRoot, sparse };
  return claimSlot(repository, claim);
}

/** Clears what an engine that is over left at this path; its note, if it had begun a worktree there. */
async function clearHalfMade(repository: Repository, path: string): Promise<Note | undefined> {
  const { commonDir } = repository.location;
  const note = await readNote(commonDir, path);
  if (note?.state === 'making') {
    const leftByUs = sameRun(note.by, repository.owner.mark) && !repository.making.has(path);
    if (!leftByUs && !(await isOver(note.by, repository.owner))) {
      throw new CoppiceError(
        'worktree-in-use',
        `Another engine is making the worktree ${path}.`,
        'Wait for it, or choose another name.',
        { context: { path, engine: note.by.id, host: note.by.host, pid: String(note.by.pid) } },
      );
    }
    await discardPartial(repository, note);
  }
  await clearGone(repository, dirname(dirname(path)), path);
  if (note === undefined) await clearUnreadable(commonDir, path);
  return note?.state === 'making' ? note : undefined;
}

/** A note that a power failure left unreadable, with nothing where it points. */
async function clearUnreadable(commonDir: string, path: string): Promise<void> {
  if (!(await hasNote(commonDir, path)) || !(await isAbsent(path))) return;
  if ((await adminOf(commonDir, path)) === undefined) await removeNote({ common: commonDir, path });
}

async function refuseOccupied(repository: Repository, { path, branch }: Plan, refs: Refs): Promise<void> {
  if (!(await isAbsent(path))) throw inTheWay(path);
  const entries = await adminEntries(repository.location.commonDir);
  const heads = await Promise.all(entries.map(({ admin }) => readHead(admin).catch(() => undefined)));
  for (const [index, entry] of entries.entries()) {
    const head = heads[index];
    if (head?.kind !== 'branch' || head.branch.toLowerCase() !== branch.toLowerCase()) continue;
    const where = entry.path ?? entry.admin;
    const gone = await isAbsent(where);
    throw new CoppiceError(
      'worktree-in-use',
      `The branch ${branch} is checked out in ${where}.`,
      gone
        ? 'Its folder is gone: bring it back, or run `git worktree prune`.'
        : 'Use that worktree, or choose another branch.',
      { context: { branch, path: where } },
    );
  }
  const wanted = branch.toLowerCase();
  const existing = [...refs.branches.keys()].find((name) => {
    const known = name.toLowerCase();
    return (name !== branch && known === wanted) || wanted.startsWith(`${known}/`) || known.startsWith(`${wanted}/`);
  });
  if (existing === undefined) return;
  throw new CoppiceError(
    'path-in-the-way',
    `The branch ${existing} exists, so ${branch} cannot be made beside it.`,
    // Where the folder of the name is a branch, every other name in that folder is refused, too.
    wanted.startsWith(`${existing.toLowerCase()}/`)
      ? `Rename that branch: git branch -m ${existing} <another name>.`
      : 'Choose another name.',
    { context: { branch, existing } },
  );
}

function inTheWay(path: string): CoppiceError {
  return new CoppiceError(
    'path-in-the-way',
    `${path} exists already and was left as it is.`,
    'Choose another name, or move it away.',
    { context: { path } },
  );
}
