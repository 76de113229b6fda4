/**
 * What git keeps in the entry of one worktree alone: its HEAD, its index, its own reflog and refs, a merge half done. The
 * files of the entry tell whether an answer of a moment ago holds still, so that nobody has to ask git the same twice.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allOf } from './all-of.ts';
import { copyIndex } from './checkout.ts';
import { textOf } from './door.ts';
import { type Head, headOf } from './facts.ts';
import { ownIdentity } from './identity.ts';
import { readSmall } from './locate.ts';
import type { Repository } from './repository.ts';
import { withWorkIndex } from './work-index.ts';

/** What would go with an entry, as commits; all ids are full. */
export interface Held {
  /** Commit of HEAD, if it has one. */
  readonly head: string | undefined;
  /** A commit of what is staged, on top of HEAD; undefined when the index cannot be written as a tree (an open conflict). */
  readonly staged: string | undefined;
  readonly stagedTree: string | undefined;
  /** Other commits that the entry names, each not reachable from HEAD or from another one. */
  readonly loose: readonly string[];
  /** What the files of the entry said. The same again means that all of this holds still. */
  readonly stamp: string;
}

/**
 * What the entry holds. Where HEAD reaches a commit it does not count, whatever refs there are: what keeps HEAD keeps it too,
 * and a branch that somebody deletes changes nothing.
 *
 * @param known an earlier answer; given back without asking git while the entry's files say the same.
 */
export async function heldBy(repository: Repository, admin: string, known?: Held): Promise<Held> {
  const read = await readEntry(repository, admin);
  return read.stamp === known?.stamp ? known : ask(repository, admin, read, 'head');
}

/** The same of an entry about which nothing else is known: `loose` are the commits that no ref reaches. */
export function unreachable(repository: Repository, admin: string): Promise<Held> {
  return readEntry(repository, admin).then((read) => ask(repository, admin, read, 'refs'));
}

interface Entry {
  readonly at: Head | undefined;
  /** Ids that its files name; nobody has looked at whether there are such commits. */
  readonly named: readonly string[];
  readonly stamp: string;
}

async function readEntry(repository: Repository, admin: string): Promise<Entry> {
  // Before the content: one that comes in between has another stamp the next time.
  const index = await lstat(join(admin, 'index'), { bigint: true }).catch(() => undefined);
  const at = await headOf(repository, admin).catch(() => undefined);
  const named = await namedIds(admin);
  const identity = index === undefined ? '' : `${index.ino}:${index.size}:${index.mtimeNs}:${index.ctimeNs}`;
  return { at, named, stamp: JSON.stringify([at, named, identity]) };
}

async function ask(
  repository: Repository,
  admin: string,
  { at, named, stamp }: Entry,
  not: 'head' | 'refs',
): Promise<Held> {
  const existing = await existingCommits(repository, at?.kind === 'detached' ? [...named, at.commit] : named);
  const missing = at === undefined || at.kind === 'unborn' || (at.kind === 'detached' && !existing.has(at.commit));
  const head = missing ? undefined : at.commit;
  // Not `--all`: that counts the HEAD of every worktree, and one of them is about to go.
  const reached = not === 'refs' ? ['--not', '--glob=refs/*'] : head === undefined ? [] : ['--not', head];
  const [tree, loose] = await allOf([stagedTree(repository, admin), tips(repository, [...existing], reached)]);
  const parents = head === undefined ? [] : [head];
  const commit = tree === undefined ? undefined : await commitTree(repository, tree, parents, 'Staged state\n');
  return { head, staged: commit, stagedTree: tree, loose, stamp };
}

/** A commit of ours, made by git, which makes sure that tree and parents are there. */
export async function commitTree(
  repository: Repository,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const args = ['commit-tree', '--no-gpg-sign', '-F', '-', ...parents.flatMap((parent) => ['-p', parent]), tree];
  return textOf(await repository.run(args, { input: message, extraEnv: ownIdentity }));
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

/** The ids that the files of an entry name, each once. */
async function namedIds(admin: string): Promise<string[]> {
  const texts = await Promise.all([
    ...headFiles.map((file) => readSmall(join(admin, file))),
    readTail(join(admin, 'logs', 'HEAD')),
    ...(await ownRefs(admin)).map((file) => readSmall(file)),
  ]);
  return [...new Set(texts.flatMap((text) => idsIn(text ?? '')))];
}

/** Those of the ids that are commits here. */
async function existingCommits(repository: Repository, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const input = ids.map((id) => `${id}\n`).join('');
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

/** Those of the commits that `reached` (arguments of rev-list) leaves, without the ones that others of them reach. */
async function tips(repository: Repository, commits: readonly string[], reached: readonly string[]): Promise<string[]> {
  if (commits.length === 0) return [];
  const input = commits.map((commit) => `${commit}\n`).join('');
  const args = ['rev-list', '--parents', '--ignore-missing', '--stdin', ...reached];
  const answer = textOf(await repository.run(args, { input }));
  const lines = answer === '' ? [] : answer.split('\n').map((line) => line.split(' '));
  const parents = new Set(lines.flatMap((line) => line.slice(1)));
  return lines.map((line) => line[0] ?? '').filter((commit) => !parents.has(commit));
}
