/** What removing a worktree would take away, before anything is removed. */
import { lstat, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { allOf } from './all-of.ts';
import { changesBetween } from './changes.ts';
import { privateIndex } from './checkout.ts';
import { textOf, zeroSplit } from './door.ts';
import { branchFacts } from './facts.ts';
import { heldBy, type Held } from './held.ts';
import { hasOwnWork } from './inside.ts';
import { branchCommit } from './refs.ts';
import { type Finding, inspectWorktree } from './inspect.ts';
import { type Lease, readLease } from './lease.ts';
import type { Repository } from './repository.ts';
import { filesOf, nestedGitDir, treeOf, type TreeSnapshot } from './tree.ts';

/** What would be lost, as counts and as paths relative to the worktree. Nothing was decided or changed. */
export interface RemovalFacts {
  readonly findings: readonly Finding[];
  /** Files that differ from the last commit, untracked ones included. */
  readonly changed: number;
  /** Of these, files that the last commit does not have. */
  readonly untracked: number;
  /** Ignored files and folders that no tool makes again and that are not copies out of the main checkout. */
  readonly ignored: readonly string[];
  /** Repositories inside the worktree, and submodules with changes or commits of their own. */
  readonly repositories: readonly string[];
  /** Commits of the branch on no remote. */
  readonly unpushed: number;
  /** Commits of the branch that the branch it comes home to does not have, unless their changes are in it. */
  readonly unmerged: number;
  /** The branch has commits since its base. */
  readonly hasWork: boolean;
  readonly lease: Lease | undefined;
  /** `changed`, `repositories` or `findings` has something. */
  readonly dirty: boolean;
  readonly snapshot: TreeSnapshot;
  /** What goes with git's entry of it. */
  readonly held: Held;
  /** The last commit of the branch. */
  readonly committed: string;
}

/** Names whose content a tool makes again: dependencies, builds, caches. */
const regenerable = new Set([
  ...['node_modules', 'bower_components', '.pnpm-store', '.yarn', 'vendor', '.venv', 'venv', '.tox', '.nox', '.bundle'],
  ...[
    'dist',
    'build',
    'out',
    'target',
    'bin',
    'obj',
    '.next',
    '.nuxt',
    '.svelte-kit',
    '.output',
    '.turbo',
    '.parcel-cache',
  ],
  ...[
    'coverage',
    '.nyc_output',
    '__pycache__',
    '.pytest_cache',
    '.mypy_cache',
    '.ruff_cache',
    '.cache',
    '.gradle',
    '.eslintcache',
  ],
  ...['.DS_Store', 'Thumbs.db', '.coppice', '.tasks', '.tsbuildinfo'],
]);
const regenerableEndings = ['.pyc', '.pyo', '.class', '.o', '.log', '.tsbuildinfo', '.swp'];
/** Copies are compared up to this size; a larger ignored file counts as one of its own. */
const comparedBytes = 16 * 1024 * 1024;

/**
 * @param into the branch that the work comes home to; default: the worktree's base if that is a branch, else the default
 * branch.
 * @throws like `treeOf`.
 */
export async function removalFacts(
  repository: Repository,
  place: Place,
  into?: string,
  signal?: AbortSignal,
): Promise<RemovalFacts> {
  const { findings, tip } = await inspectWorktree(repository, place);
  const call = signal === undefined ? {} : { signal };
  const plain = await treeOf(repository, place, call);
  const simple = plain.nested.length === 0 && plain.submodules.length === 0;
  const snapshot = simple ? plain : await treeOf(repository, place, { ...call, nested: 'as-files' });
  const committed = tip ?? snapshot.head;
  const [{ files, paths }, own, ignored, unpushed, toMerge, lease, held] = await allOf([
    changesBetween(repository, committed, plain.tree, Number.POSITIVE_INFINITY),
    ownSubmodules(repository, place, snapshot.submodules),
    ownIgnored(repository, place),
    count(repository, [committed, '--not', '--remotes']),
    unmerged(repository, place, committed, into),
    readLease(place),
    heldBy(repository, place.admin),
  ]);
  const repositories = [...snapshot.nested, ...own];
  return {
    ...{ findings, ignored, repositories, unpushed, lease, snapshot, held, committed },
    changed: files,
    untracked: paths.filter(({ kind }) => kind === 'added').length,
    unmerged: toMerge,
    hasWork: committed !== place.baseCommit,
    dirty: files > 0 || repositories.length > 0 || findings.length > 0 || snapshot.unreadable.length > 0,
  };
}

/**
 * The facts that were gathered a moment ago, if they hold still; undefined when they have to be gathered anew. The commit is
 * compared, and with `files` the files; without, what changed in them since is not in the snapshot.
 */
export async function stillTrue(
  repository: Repository,
  place: Place,
  facts: RemovalFacts,
  { files, signal }: { readonly files: boolean; readonly signal?: AbortSignal },
): Promise<RemovalFacts | undefined> {
  const { findings, tip } = await inspectWorktree(repository, place);
  const same = (tip ?? facts.snapshot.head) === facts.committed && findings.length + facts.findings.length === 0;
  if (!same || facts.repositories.length > 0 || facts.snapshot.unreadable.length > 0) return undefined;
  const present = files ? await treeOf(repository, place, signal === undefined ? {} : { signal }) : facts.snapshot;
  const { tree, nested, submodules, unreadable } = present;
  if (tree !== facts.snapshot.tree || nested.length + submodules.length + unreadable.length > 0) return undefined;
  return { ...facts, lease: await readLease(place) };
}

async function count(repository: Repository, args: readonly string[]): Promise<number> {
  return Number(textOf(await repository.run(['rev-list', '--count', ...args])));
}

/** Zero also when the changes came home as other commits (squash, rebase): merging would change nothing. */
async function unmerged(repository: Repository, place: Place, tip: string, into: string | undefined): Promise<number> {
  const named = into ?? ((await branchCommit(repository, place.base)) === undefined ? undefined : place.base);
  const home = named === place.branch ? undefined : named;
  const target = home ?? (await branchFacts(repository)).defaultBranch;
  const commit = target === undefined ? undefined : await branchCommit(repository, target);
  if (commit === undefined) return count(repository, [tip, `^${place.baseCommit}`]);
  const commits = await count(repository, [tip, `^${commit}`]);
  if (commits === 0) return 0;
  const merged = await repository.run(['merge-tree', '--write-tree', commit, tip], { okCodes: [0, 1, 128] });
  if (merged.code !== 0) return commits;
  const tree = textOf(await repository.run(['rev-parse', '--verify', `${commit}^{tree}`]));
  return textOf(merged).split('\n', 1)[0] === tree ? 0 : commits;
}

/** Those of the submodules that have changes, or commits that no remote of them has. */
async function ownSubmodules(repository: Repository, place: Place, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const folder = join(place.path, path);
    const gitDir = await nestedGitDir(folder);
    if (gitDir === undefined) continue;
    const tree = await repository.onNested(gitDir, ['rev-parse', '--verify', 'HEAD^{tree}'], { okCodes: [0, 128] });
    const clean =
      !(await hasOwnWork(repository, gitDir)) &&
      tree.code === 0 &&
      textOf(tree) === (await filesOf(repository, folder));
    if (!clean) found.push(path);
  }
  return found;
}

async function ownIgnored(repository: Repository, place: Place): Promise<string[]> {
  const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  const listed = zeroSplit((await repository.onTree(place.path, privateIndex(repository, place.admin), args)).stdout);
  const own: string[] = [];
  for (const entry of listed) {
    const path = entry.replace(/\/$/, '');
    if (isRegenerable(path) || (await isCopy(repository.mainRoot, place.path, path))) continue;
    own.push(entry);
  }
  return own;
}

/** Whether a tool makes this path again, by its name or that of a folder above it. */
export function isRegenerable(path: string): boolean {
  const name = basename(path);
  return (
    path.split('/').some((part) => regenerable.has(part)) || regenerableEndings.some((ending) => name.endsWith(ending))
  );
}

async function isCopy(mainRoot: string | undefined, root: string, path: string): Promise<boolean> {
  if (mainRoot === undefined) return false;
  const [here, there] = [join(root, path), join(mainRoot, path)];
  const [a, b] = await Promise.all([lstat(here).catch(() => undefined), lstat(there).catch(() => undefined)]);
  if (a?.isFile() !== true || b?.isFile() !== true || a.size !== b.size || a.size > comparedBytes) return false;
  const [mine, theirs] = await Promise.all([readFile(here), readFile(there)]);
  return mine.equals(theirs);
}
