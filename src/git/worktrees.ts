/** The linked worktrees of a repository as git knows them. */
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { adminEntries, adminOf } from './admin.ts';
import { zeroSplit } from './door.ts';
import { branchFacts, headOf, readHead, refuseProtected } from './facts.ts';
import { slugOfBranch } from './names.ts';
import { readNote } from './notes.ts';
import { readRefs, type Refs } from './refs.ts';
import type { Repository } from './repository.ts';

/** A checkout as git lists it, the main one included. `path` is absolute, `commit` the full id of HEAD. */
export interface ListedWorktree {
  readonly path: string;
  /** The main checkout, or the bare repository itself. */
  readonly main: boolean;
  readonly bare: boolean;
  readonly commit: string | undefined;
  /** Undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** The reason, when it is locked. */
  readonly locked: string | undefined;
  /** Its folder is gone. */
  readonly gone: boolean;
}

/**
 * All checkouts of a repository, the main one first, those whose folder is gone included. Read from git's files where they
 * are plain, else asked of git.
 *
 * @param refs saves reading them again.
 */
export async function listWorktrees(repository: Repository, refs?: Refs): Promise<ListedWorktree[]> {
  const listed =
    (await worktreesFromFiles(repository, refs ?? (await readRefs(repository)))) ?? (await askForWorktrees(repository));
  return Promise.all(
    listed.map(async (each) => ({
      ...each,
      gone: !each.bare && (await lstat(each.path).catch(() => undefined)) === undefined,
    })),
  );
}

type Known = Omit<ListedWorktree, 'gone'>;

/** As git tells them. */
export async function askForWorktrees(repository: Repository): Promise<Known[]> {
  const answer = await repository.onCommonDir(['worktree', 'list', '--porcelain', '-z']);
  return parseWorktreeList(zeroSplit(answer.stdout));
}

/** The same from git's files; undefined when something in them is not plain. */
export async function worktreesFromFiles(repository: Repository, refs: Refs): Promise<Known[] | undefined> {
  const { commonDir } = repository.location;
  const root = dirname(commonDir);
  if (basename(commonDir) !== '.git' || repository.mainRoot !== root) return undefined;
  const main = await standing(commonDir, refs);
  if (main === undefined) return undefined;
  const entries = await adminEntries(commonDir);
  const linked = await Promise.all(
    entries.map(async ({ admin, path, locked }) => {
      const at = path === undefined ? undefined : await standing(admin, refs);
      return path === undefined || at === undefined ? undefined : { path, main: false, bare: false, ...at, locked };
    }),
  );
  if (linked.includes(undefined)) return undefined;
  return [
    { path: root, main: true, bare: false, ...main, locked: undefined },
    ...linked.filter((each) => each !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1)),
  ];
}

/** Where a checkout is; undefined when its HEAD is no proper file, or its branch has no commit. */
async function standing(gitDir: string, refs: Refs): Promise<Pick<Known, 'commit' | 'branch'> | undefined> {
  const head = await readHead(gitDir).catch(() => undefined);
  if (head?.kind === 'detached') return { commit: head.commit, branch: undefined };
  const commit = head === undefined ? undefined : refs.branches.get(head.branch);
  return commit === undefined ? undefined : { commit, branch: head?.branch };
}

/** Reads the fields of `git worktree list --porcelain -z`; the first one is the main checkout. */
export function parseWorktreeList(fields: readonly string[]): Known[] {
  const worktrees: Known[] = [];
  let block = new Map<string, string>();
  for (const field of [...fields, '']) {
    if (field !== '') {
      const cut = field.indexOf(' ');
      block.set(cut < 0 ? field : field.slice(0, cut), cut < 0 ? '' : field.slice(cut + 1));
      continue;
    }
    const path = block.get('worktree');
    if (path !== undefined) {
      worktrees.push({
        path,
        main: worktrees.length === 0,
        bare: block.has('bare'),
        commit: block.get('HEAD'),
        branch: block.get('branch')?.replace(/^refs\/heads\//, ''),
        locked: block.get('locked'),
      });
    }
    block = new Map();
  }
  return worktrees;
}

/**
 * Takes a worktree that somebody else made. Nothing in it is changed.
 *
 * @throws CoppiceError `not-found` (no worktree of this repository), `worktree-unsafe` (the main checkout),
 * `detached-head`, `unborn-repository`, `default-branch`.
 */
export async function adoptWorktree(repository: Repository, path: string): Promise<Place> {
  const real = await realpath(path).catch(() => path);
  const refs = await readRefs(repository);
  const found = (await listWorktrees(repository, refs)).find((each) => each.path === real);
  const entry = await adminOf(repository.location.commonDir, real);
  if (found?.main === true) {
    throw new CoppiceError(
      'worktree-unsafe',
      `${path} is the main checkout, where no agent works.`,
      'Name a linked worktree, or none.',
      {
        context: { path },
      },
    );
  }
  if (found === undefined || found.gone || entry === undefined) {
    throw new CoppiceError('not-found', `${path} is not a worktree of this repository.`, 'See `git worktree list`.', {
      context: { path },
    });
  }
  const head = await headOf(repository, entry.admin, refs);
  if (head.kind === 'detached') {
    throw new CoppiceError(
      'detached-head',
      `The worktree ${path} is on no branch.`,
      'Run `git switch -c <branch>` in it first.',
      {
        context: { path },
      },
    );
  }
  refuseProtected(await branchFacts(repository, refs), head.branch);
  if (head.kind === 'unborn') {
    throw new CoppiceError(
      'unborn-repository',
      `The branch of ${path} has no commit yet.`,
      'Make a first commit in it.',
      {
        context: { path },
      },
    );
  }
  return {
    path: real,
    slug: slugOfBranch(head.branch),
    branch: head.branch,
    base: head.branch,
    baseCommit: head.commit,
    admin: entry.admin,
    common: repository.location.commonDir,
    origin: 'adopted',
  };
}

/** What is at a path where a worktree should be. */
export interface WorktreeProbe {
  /**
   * `ready`: a worktree of this repository, made to the end. `partial`: begun by us and not finished, or its folder is
   * gone; `createWorktree` makes it again. `absent`: nothing. `foreign`: something that is not ours.
   */
  readonly state: 'ready' | 'partial' | 'absent' | 'foreign';
  /** Our record of it, for a worktree that we made. */
  readonly place?: Place;
}

/** @param known the path, and `admin` when it was recorded (needed for adopted worktrees, which have no note). */
export async function probeWorktree(
  repository: Repository,
  known: { readonly path: string; readonly admin?: string },
): Promise<WorktreeProbe> {
  const { commonDir } = repository.location;
  const [info, entry, note] = await Promise.all([
    lstat(known.path).catch(() => undefined),
    adminOf(commonDir, known.path),
    readNote(commonDir, known.path),
  ]);
  if (note?.state === 'making') return { state: 'partial' };
  if (info === undefined) return { state: entry === undefined && note === undefined ? 'absent' : 'partial' };
  const admin = note?.place.admin ?? known.admin;
  if (!info.isDirectory() || entry === undefined || entry.admin !== admin) return { state: 'foreign' };
  return note === undefined ? { state: 'ready' } : { state: 'ready', place: note.place };
}
