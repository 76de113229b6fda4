/**
 * Keeping what would go with a worktree. What git counts as belonging to one worktree alone (its HEAD, its index, its
 * own reflog and refs, a merge half done) is put into one commit under `refs/coppice`, beside the files themselves.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { allOf } from './all-of.ts';
import { copyIndex } from './checkout.ts';
import { textOf } from './door.ts';
import { commitObject } from './edit-tree.ts';
import { headOf } from './facts.ts';
import { ownIdentity } from './identity.ts';
import { keepGitDirectories } from './inside.ts';
import { readSmall } from './locate.ts';
import { slugFrom } from './names.ts';
import { setOwnRef } from './own-refs.ts';
import type { Repository } from './repository.ts';
import type { TreeSnapshot } from './tree.ts';
import { withWorkIndex } from './work-index.ts';

/** Work that is kept: the ref that reaches it, the commit there, and the tree of the files. */
export interface Saved {
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
}

interface Held {
  /** Commit of HEAD, if it has one. */
  readonly head: string | undefined;
  /** What is staged; undefined when the index cannot be written as a tree (an open conflict). */
  readonly indexTree: string | undefined;
  /** Commits that no ref reaches, each not reachable from another one. */
  readonly loose: readonly string[];
}

/** The ref that keeps a removed worktree of a session. */
export function finalRef(session: string): string {
  return `refs/coppice/${session}/final`;
}

/**
 * Saves a worktree under `finalRef(session)`. The files are the commit's tree; its parents are HEAD, the staged state,
 * commits that nothing else reaches, and what was saved there before.
 */
export async function saveWork(
  repository: Repository,
  place: Place,
  session: string,
  files: TreeSnapshot,
): Promise<Saved> {
  const ref = finalRef(session);
  const held = await heldBy(repository, place.admin);
  const before = await repository.run(['rev-parse', '--quiet', '--verify', ref], { okCodes: [0, 1] });
  const previous = before.code === 0 ? [textOf(before)] : [];
  const message = `Removed worktree ${place.path}\n\nCoppice-Session: ${session}\nCoppice-Branch: ${place.branch}\n`;
  const commit = await commitHeld(repository, files.tree, { ...held, loose: [...held.loose, ...previous] }, message);
  await setOwnRef(repository, ref, commit, previous[0] ?? '');
  return { ref, commit, tree: files.tree };
}

/** Keeps what only a worktree's entry holds whose folder is gone, submodules included; does nothing when refs hold all of it. */
export async function keepEntry(repository: Repository, admin: string, path: string): Promise<Saved | undefined> {
  const held = await heldBy(repository, admin);
  const headTree = held.head === undefined ? undefined : await treeOfCommit(repository, held.head);
  const inside = await keepGitDirectories(repository, undefined, admin);
  const loose = [...held.loose, ...inside];
  const [first] = inside;
  const tree = held.indexTree ?? headTree ?? (first === undefined ? undefined : await treeOfCommit(repository, first));
  if (tree === undefined || (loose.length === 0 && tree === headTree)) return undefined;
  const commit = await commitHeld(repository, tree, { ...held, loose }, `Entry of the vanished worktree ${path}\n`);
  const ref = `refs/coppice/lost/${slugFrom(basename(path))}-${commit.slice(0, 12)}`;
  await setOwnRef(repository, ref, commit);
  return { ref, commit, tree };
}

/** Keeps the files of a folder that no entry belongs to any more. */
export async function keepFiles(repository: Repository, path: string, tree: string): Promise<Saved> {
  const commit = await commitHeld(
    repository,
    tree,
    { head: undefined, indexTree: undefined, loose: [] },
    `Files of the orphaned worktree ${path}\n`,
  );
  const ref = `refs/coppice/lost/${slugFrom(basename(path))}-${commit.slice(0, 12)}`;
  await setOwnRef(repository, ref, commit);
  return { ref, commit, tree };
}

/**
 * Keeps another state of the same files on top of what was saved, and commits beside it. The parents of what was saved stay in
 * their places: who brings it back looks for HEAD and the staged state there.
 */
export async function keepMore(
  repository: Repository,
  saved: Saved,
  tree: string,
  path: string,
  beside: readonly string[] = [],
): Promise<void> {
  const [tip = '', ...parents] = (await repository.ask(['rev-list', '--parents', '--no-walk', saved.ref])).split(' ');
  const all = [...new Set([...parents, tip, ...beside])];
  const message = `Files of ${path} as they were deleted\n`;
  await setOwnRef(repository, saved.ref, await commitObject(repository.objects, tree, all, message), tip);
}

/** Id of the tree of a commit. Throws `git-failed` if there is no such commit. */
export async function treeOfCommit(repository: Repository, commit: string): Promise<string> {
  const { trees } = repository.known;
  const known = trees.get(commit);
  if (known !== undefined) return known;
  const tree = await repository.ask(['rev-parse', '--verify', `${commit}^{tree}`]);
  // Any other name may stand for another commit the next time.
  if (/^[0-9a-f]{40,64}$/.test(commit)) trees.set(commit, tree);
  return tree;
}

async function commitHeld(repository: Repository, tree: string, held: Held, message: string): Promise<string> {
  const make = async (of: string, parents: readonly string[], text: string): Promise<string> => {
    const args = ['commit-tree', '--no-gpg-sign', '-F', '-', ...parents.flatMap((parent) => ['-p', parent]), of];
    return textOf(await repository.run(args, { input: text, extraEnv: ownIdentity }));
  };
  const head = held.head === undefined ? [] : [held.head];
  const staged = held.indexTree === undefined ? [] : [await make(held.indexTree, head, 'Staged state\n')];
  return make(tree, [...new Set([...head, ...staged, ...held.loose])], message);
}

async function heldBy(repository: Repository, admin: string): Promise<Held> {
  const at = await headOf(repository, admin).catch(() => undefined);
  const existing = await namedCommits(repository, admin, at?.kind === 'detached' ? [at.commit] : []);
  const [indexTree, loose] = await allOf([stagedTree(repository, admin), looseTips(repository, [...existing])]);
  return {
    head:
      at === undefined || at.kind === 'unborn' || (at.kind === 'detached' && !existing.has(at.commit))
        ? undefined
        : at.commit,
    indexTree,
    loose,
  };
}

/**
 * What is staged in a worktree, as a tree; undefined when that cannot be one (an open conflict, no index). Read from a
 * copy, since git writes into an index of which it makes a tree.
 */
export async function stagedTree(repository: Repository, admin: string): Promise<string | undefined> {
  const index = join(admin, 'index');
  if ((await lstat(index).catch(() => undefined))?.isFile() !== true) return undefined;
  return withWorkIndex(repository, 'staged', async (copy) => {
    await copyIndex(index, copy);
    const answer = await repository.onTree(repository.privateDir, copy, ['write-tree'], { okCodes: [0, 1, 128] });
    return answer.code === 0 ? textOf(answer) : undefined;
  });
}

const headFiles = [
  'ORIG_HEAD',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'REBASE_HEAD',
  'rebase-merge/orig-head',
  'rebase-merge/stopped-sha',
  'rebase-apply/orig-head',
];
/** The end of a reflog that is looked at: some 4,000 entries. */
const reflogBytes = 1024 * 1024;

/** The commits that the files of an entry name and that exist, with those given. */
async function namedCommits(repository: Repository, admin: string, also: readonly string[]): Promise<Set<string>> {
  const texts = await Promise.all([
    ...headFiles.map((file) => readSmall(join(admin, file))),
    readTail(join(admin, 'logs', 'HEAD')),
    ...(await ownRefs(admin)).map((file) => readSmall(file)),
  ]);
  const ids = new Set([...texts.flatMap((text) => idsIn(text ?? '')), ...also]);
  if (ids.size === 0) return ids;
  const input = [...ids].map((id) => `${id}\n`).join('');
  const answer = textOf(await repository.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { input }));
  const commits = answer.split('\n').filter((line) => line.endsWith(' commit'));
  return new Set(commits.map((line) => line.split(' ', 1)[0] ?? ''));
}

/** Object ids at the beginning of lines; a reflog line begins with two. */
function idsIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{40,64})(?: ([0-9a-f]{40,64}) )?/.exec(line);
    return [match?.[1], match?.[2]].filter((id) => id !== undefined && !/^0+$/.test(id)).map(String);
  });
}

async function readTail(file: string): Promise<string | undefined> {
  const info = await lstat(file).catch(() => undefined);
  if (info?.isFile() !== true || info.size > 64 * reflogBytes) return undefined;
  return (await readFile(file, 'utf8')).slice(-reflogBytes);
}

async function ownRefs(admin: string): Promise<string[]> {
  const entries = await readdir(join(admin, 'refs'), { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Those of the commits that no ref reaches, without the ones that others of them reach. */
async function looseTips(repository: Repository, commits: readonly string[]): Promise<string[]> {
  if (commits.length === 0) return [];
  const input = commits.map((commit) => `${commit}\n`).join('');
  // Not `--all`: that counts the HEAD of every worktree, and one of them is about to go.
  const args = ['rev-list', '--parents', '--ignore-missing', '--stdin', '--not', '--glob=refs/*'];
  const answer = textOf(await repository.run(args, { input }));
  const lines = answer === '' ? [] : answer.split('\n').map((line) => line.split(' '));
  const parents = new Set(lines.flatMap((line) => line.slice(1)));
  return lines.map((line) => line[0] ?? '').filter((commit) => !parents.has(commit));
}
