/** What is true of a repository: where its HEAD is, which branches agents keep off, what a base resolves to. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import { oneLine } from '../core/printable.ts';
import { textOf } from './door.ts';
import { readRegular } from './files.ts';
import { isBranchName } from './names.ts';
import { branchCommit, readRefs, type Refs } from './refs.ts';
import type { Repository } from './repository.ts';

export type Head =
  | { readonly kind: 'branch'; readonly branch: string; readonly commit: string }
  | { readonly kind: 'detached'; readonly commit: string }
  | { readonly kind: 'unborn'; readonly branch: string };

/** A HEAD file holds one reference or one object id. */
const headBytes = 4096;

/** Where a HEAD file points, not yet looked up. */
export type HeadPointer =
  { readonly kind: 'branch'; readonly branch: string } | { readonly kind: 'detached'; readonly commit: string };

/**
 * Reads the HEAD file of a git directory. Started in the git directory of a worktree, git would look for refs where the
 * `commondir` there points, which an agent can change; so the file is read here and refs are asked for behind the shield.
 *
 * @throws CoppiceError `worktree-unsafe` when there is no proper HEAD file.
 */
export async function readHead(gitDir: string): Promise<HeadPointer> {
  const file = join(gitDir, 'HEAD');
  const text = smallText(file);
  if (/^[0-9a-f]{40,64}$/.test(text)) return { kind: 'detached', commit: text };
  const branch = /^ref: refs\/heads\/(.+)$/.exec(text)?.[1];
  if (branch !== undefined && isBranchName(branch)) return { kind: 'branch', branch };
  if (branch !== undefined) throw unusableName(branch, file);
  throw new CoppiceError(
    'worktree-unsafe',
    `${file} is not the HEAD of a checkout.`,
    'Repair it with `git worktree repair`.',
    { context: { file } },
  );
}

/** Such a branch exists where something other than `git branch` made it; given to git, its name could be taken for an option. */
function unusableName(branch: string, file: string): CoppiceError {
  const message = `The branch that is checked out is named "${oneLine(branch, 200)}", which git does not take as the name of a branch.`;
  return new CoppiceError('worktree-unsafe', message, 'Rename it there: `git branch -m NAME`.', { context: { file } });
}

/** The text of a regular file of that size; '' for anything else. */
function smallText(file: string): string {
  try {
    return lstatSync(file).isFile() ? (readRegular(file, headBytes)?.trimEnd() ?? '') : '';
  } catch {
    return '';
  }
}

/**
 * HEAD of the checkout whose git directory is given; default: the checkout in which the search started.
 *
 * @param refs saves looking the branch up again. Throws like `readHead`.
 */
export async function headOf(repository: Repository, gitDir?: string, refs?: Refs): Promise<Head> {
  const pointer = await readHead(gitDir ?? repository.location.gitDir);
  if (pointer.kind === 'detached') return pointer;
  const { branch } = pointer;
  const commit = refs === undefined ? await branchCommit(repository, branch) : refs.branches.get(branch);
  return commit === undefined ? { kind: 'unborn', branch } : { kind: 'branch', branch, commit };
}

/** Which branches of a repository belong to people. */
export interface BranchFacts {
  /** The branch that work comes home to, as far as git knows. */
  readonly defaultBranch: string | undefined;
  /** No agent works on these: the default branch, its usual names, and what the main checkout has checked out. */
  readonly protected: ReadonlySet<string>;
}

/** Names that are protected wherever they exist. */
const usualNames = ['main', 'master', 'trunk'];

/**
 * The default branch is where `refs/remotes/origin/HEAD` points (that of any other remote if there is no origin), else
 * `init.defaultBranch` if such a branch exists, else `main`, `master` or `trunk`, else the branch of the main checkout.
 */
export async function branchFacts(repository: Repository, known?: Refs): Promise<BranchFacts> {
  const [refs, settings] = await Promise.all([known ?? readRefs(repository), repository.settings()]);
  const head = await readHead(repository.location.commonDir);
  const configured = settings.get('init.defaultbranch');
  const usual = (configured === undefined ? usualNames : [configured, ...usualNames]).filter((name) =>
    refs.branches.has(name),
  );
  const checkedOut = head.kind === 'branch' ? head.branch : undefined;
  const remote = refs.remoteHeads.get('origin') ?? [...refs.remoteHeads.values()][0];
  const defaultBranch = remote ?? usual[0] ?? checkedOut;
  const all = [...refs.remoteHeads.values(), ...usual, defaultBranch, checkedOut];
  return { defaultBranch, protected: new Set(all.filter((name) => name !== undefined)) };
}

/** Whether no agent may work on the branch; case does not count, since some file systems do not keep it apart. */
export function isProtected(facts: BranchFacts, branch: string): boolean {
  const wanted = branch.toLowerCase();
  return [...facts.protected].some((name) => name.toLowerCase() === wanted);
}

/** @throws CoppiceError `default-branch` */
export function refuseProtected(facts: BranchFacts, branch: string): void {
  if (!isProtected(facts, branch)) return;
  throw new CoppiceError(
    'default-branch',
    `No agent works on ${branch}: it is the default branch, or the branch of the main checkout.`,
    'Choose another branch name; the work comes back to it by landing.',
    { context: { branch } },
  );
}

/** Where a worktree starts; `commit` is the full id at the time of asking. */
export interface Base {
  /** What was asked for, or the branch of HEAD, or the commit itself when HEAD is detached. */
  readonly name: string;
  readonly commit: string;
  /** No base was named and HEAD is detached: the work starts at that commit and belongs to no branch yet. */
  readonly detached: boolean;
}

/**
 * The commit that a worktree starts from. Without a name it is HEAD of the checkout in which the search started, also
 * when that is detached.
 *
 * @throws CoppiceError `unborn-repository` (no commit yet), `not-found` (no such commit).
 */
export async function resolveBase(repository: Repository, name?: string, refs?: Refs): Promise<Base> {
  const head = await headOf(repository, undefined, refs);
  if (name === undefined || name === 'HEAD') {
    if (head.kind === 'unborn') throw unborn(repository);
    return head.kind === 'branch'
      ? { name: head.branch, commit: head.commit, detached: false }
      : { name: head.commit, commit: head.commit, detached: true };
  }
  // What is relative to HEAD is relative to HEAD of the starting checkout.
  const spelled = head.kind === 'unborn' ? name : name.replace(/^(?:HEAD|@)(?=$|[~^])/, head.commit);
  const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${spelled}^{commit}`];
  const answer = await repository.run(args, { okCodes: [0, 1, 128] });
  if (answer.code === 0) return { name, commit: textOf(answer), detached: false };
  if (head.kind === 'unborn' && !(await hasCommits(repository))) throw unborn(repository);
  throw new CoppiceError(
    'not-found',
    `There is no commit "${name}" in this repository.`,
    'Name a branch, a tag or a commit id.',
    {
      context: { base: name },
    },
  );
}

async function hasCommits(repository: Repository): Promise<boolean> {
  return (await repository.run(['for-each-ref', '--count=1', '--format=%(refname)'])).stdout.length > 0;
}

function unborn(repository: Repository): CoppiceError {
  const { root } = repository.location;
  return new CoppiceError(
    'unborn-repository',
    `${root} has no commit yet, so there is nothing to start from.`,
    'Make a first commit.',
    {
      context: { root },
    },
  );
}
