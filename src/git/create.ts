/**
 * Makes a worktree, or nothing: a failure, an abort or a kill at any step leaves the repository as it was, at the latest
 * after the next attempt.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { allOf } from './all-of.ts';
import { isAbsent } from './admin.ts';
import { checkOut, privateIndex, setSparse, startPrivateIndex } from './checkout.ts';
import type { Base } from './facts.ts';
import { diskFailure } from './files.ts';
import { copyIncluded, type IncludeOptions, type IncludeReport } from './include.ts';
import { branchOf, isBranchName, worktreePath, worktreesFolder } from './names.ts';
import { replaceNote } from './notes.ts';
import { type Registered, registerWorktree } from './register.ts';
import type { Repository } from './repository.ts';
import { discardPartial } from './stale.ts';
import { fillSubmodules } from './submodules.ts';

/** The worktree to make, and what goes into it. */
export interface CreateOptions {
  /** Folder below which worktrees live, for all repositories. */
  readonly root: string;
  /** As `slugFrom` makes it; decides the folder's name. */
  readonly slug: string;
  /** Default `feature/<slug>`. */
  readonly branch?: string;
  /** A branch, tag or commit; default HEAD of the starting checkout. */
  readonly base?: string;
  /** What of `.worktreeinclude` is copied; `false` copies nothing. */
  readonly include?: IncludeOptions | false;
  /** Lets git see the summaries in `.tasks/`; default: they are kept out of it. */
  readonly history?: boolean;
  /** A worktree of the pool may be taken, if there is one. */
  readonly pool?: boolean;
  /** Directories to check out; empty or absent: everything. */
  readonly sparse?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CreateProgress) => void;
}

/** How far the making of a worktree is; `percent` only comes with `checkout`. */
export interface CreateProgress {
  readonly step: 'register' | 'checkout' | 'include' | 'submodules';
  /** 0 to 100, of the checkout. */
  readonly percent?: number;
}

/** A worktree that is complete and ready for an agent. */
export interface Created {
  readonly place: Place;
  readonly base: Base;
  readonly included: IncludeReport;
  /** Sentences for the person: pointer files, submodules left out. */
  readonly warnings: readonly string[];
}

/**
 * A branch that exists and is free is used as it is (`origin: 'reused'`), and then `base` only says what to compare
 * with.
 *
 * @throws CoppiceError `default-branch`, `worktree-in-use` (the branch is checked out elsewhere, or another engine is
 * making this worktree), `path-in-the-way`, `unborn-repository`, `not-found` (base), `bad-usage` (branch or slug),
 * `git-failed`, `disk-full`, `read-only`; the signal's reason on abort.
 */
export async function createWorktree(repository: Repository, options: CreateOptions): Promise<Created> {
  const { root, slug, base, signal } = options;
  const branch = options.branch ?? branchOf(slug);
  refuseNames(slug, branch);
  const folder = worktreesFolder(root, repository);
  try {
    await mkdir(folder, { recursive: true });
    // As git will write it down, with every link above it resolved.
    const path = worktreePath(await realpath(root), repository, slug);
    options.onProgress?.({ step: 'register' });
    const plan = {
      path,
      slug,
      branch,
      history: options.history ?? false,
      sparse: options.sparse ?? [],
      ...(options.pool === true ? { poolRoot: root } : {}),
      ...(base === undefined ? {} : { base }),
      ...(signal === undefined ? {} : { signal }),
    };
    const registered = await repository.exclusive('worktrees', () => registerWorktree(repository, plan), signal);
    return await filled(repository, registered, options);
  } catch (error) {
    throw diskFailure(error, folder);
  }
}

function refuseNames(slug: string, branch: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(slug)) {
    throw new CoppiceError('bad-usage', `"${slug}" cannot be the name of a worktree.`, 'Use letters, digits and `-`.', {
      context: { slug },
    });
  }
  if (isBranchName(branch)) return;
  throw new CoppiceError(
    'bad-usage',
    `"${branch}" cannot be the name of a branch.`,
    'Use letters, digits, `-` and `/`.',
    {
      context: { branch },
    },
  );
}

async function filled(repository: Repository, registered: Registered, options: CreateOptions): Promise<Created> {
  const { note } = registered;
  try {
    return await fill(repository, registered, options);
  } catch (error) {
    // When this fails too, the note stays and the next attempt at this path, or a clean-up, does it.
    await repository.exclusive('worktrees', () => discardPartial(repository, note)).catch(() => undefined);
    throw error;
  } finally {
    repository.making.delete(note.place.path);
  }
}

async function writeFiles(
  repository: Repository,
  { note: { place }, tip }: Registered,
  options: CreateOptions,
): Promise<string[]> {
  const { signal, sparse = [] } = options;
  if (sparse.length > 0) await setSparse(repository, place, sparse);
  options.onProgress?.({ step: 'checkout', percent: 0 });
  return checkOut(repository, place, tip, {
    sparse,
    onPercent: (percent) => options.onProgress?.({ step: 'checkout', percent }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Everything after registering; the last step marks the worktree as ready. */
async function fill(repository: Repository, registered: Registered, options: CreateOptions): Promise<Created> {
  const { note, base, warm } = registered;
  const { place } = note;
  const { signal } = options;
  const warnings = warm === undefined ? await writeFiles(repository, registered, options) : [];
  options.onProgress?.({ step: 'submodules' });
  // A slot has those of its own commit.
  if (warm !== 'exact') warnings.push(...(await fillSubmodules(repository, place, signal)));
  options.onProgress?.({ step: 'include' });
  const included = await copyIncluded(repository, place.path, options.include ?? {}, signal);
  signal?.throwIfAborted();
  // Without an index of ours the first look only takes longer, so the note need not wait for it.
  await allOf([indexed(repository, registered), replaceNote({ ...note, state: 'ready' })]);
  return { place, base, included, warnings };
}

/** A slot has an index of ours already, made with it. */
async function indexed(repository: Repository, { note: { place }, warm }: Registered): Promise<void> {
  if (warm === 'exact' && !(await isAbsent(privateIndex(repository, place.admin)))) return;
  await startPrivateIndex(repository, place);
}
