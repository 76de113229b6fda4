/**
 * Trees and commits made out of another tree and a list of changes, without any index: what it costs is the folders on the
 * way to the changes, whatever the size of the repository. Once those are in memory no git process is started.
 */
import { CoppiceError } from '../core/errors.ts';
import { allOf } from './all-of.ts';
import { ours } from './identity.ts';
import type { Objects } from './objects.ts';
import { isTreePath, pathBytes } from './paths.ts';
import type { Repository } from './repository.ts';
import { folderMode, type Tree, treeBytes, type TreeEntry, TreeReader } from './trees.ts';

/** One entry of a tree as it shall be; without `to` it goes. A folder (mode `040000`) is put in whole. */
export interface TreeEdit {
  readonly path: string;
  readonly to?: { readonly mode: string; readonly id: string };
}

/** A commit to make: `base` is the tree that is edited. */
export interface EditedCommit {
  readonly message: string;
  readonly parents: readonly string[];
  /** Undefined for the empty tree. */
  readonly base: string | undefined;
  readonly edits: readonly TreeEdit[];
  /** Reads the trees; one of its own unless given. */
  readonly trees?: TreeReader;
}

/** The ids of what was made. */
export interface Edited {
  readonly commit: string;
  readonly tree: string;
}

/**
 * Makes the commit; no ref names it then. Deletions come before additions, so that a file may take the place of a folder and
 * the other way round.
 *
 * @throws CoppiceError `bad-usage` (a path that no tree may have), `git-failed`, `disk-full`.
 */
export async function commitEdited(repository: Repository, what: EditedCommit): Promise<Edited> {
  const { message, parents, ...edited } = what;
  const tree = await editedTree(repository, edited);
  return { tree, commit: await commitObject(repository.objects, tree, parents, message) };
}

/** The same without a commit: the id of the tree. Throws like `commitEdited`. */
export async function editedTree(
  repository: Repository,
  { base, edits, trees = new TreeReader(repository) }: Pick<EditedCommit, 'base' | 'edits' | 'trees'>,
): Promise<string> {
  for (const { path } of edits) {
    if (isTreePath(path)) continue;
    throw new CoppiceError('bad-usage', `"${path}" is not a path in a worktree.`, 'Name a file of the worktree.');
  }
  const root: TreeEntry | undefined = base === undefined ? undefined : { mode: folderMode, id: base };
  const writer = new TreeWriter(repository, trees);
  return (await writer.edited(root, changesIn(edits)))?.id ?? (await writer.keep(new Map()));
}

/** Writes a commit of ours, at this moment, without asking git. */
export function commitObject(
  objects: Objects,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const who = `${ours.name} <${ours.email}> ${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${who}`, `committer ${who}`];
  return objects.write('commit', Buffer.from(`${lines.join('\n')}\n\n${message}`));
}

/** What happens at one name of a folder: it is replaced (by nothing if `null`), and then things in it change. */
interface Change {
  replace?: TreeEntry | null;
  readonly inside: Map<string, Change>;
}

function changesIn(edits: readonly TreeEdit[]): Change {
  const root: Change = { inside: new Map() };
  for (const { path, to } of edits) if (to === undefined) place(root, path, null);
  for (const { path, to } of edits) if (to !== undefined) place(root, path, to);
  return root;
}

function place(root: Change, path: string, to: TreeEntry | null): void {
  let at = root;
  for (const name of pathBytes(path).toString('latin1').split('/')) {
    let next = at.inside.get(name);
    if (next === undefined) at.inside.set(name, (next = { inside: new Map() }));
    at = next;
  }
  at.replace = to;
  at.inside.clear();
}

class TreeWriter {
  readonly #repository: Repository;
  readonly #trees: TreeReader;

  constructor(repository: Repository, trees: TreeReader) {
    this.#repository = repository;
    this.#trees = trees;
  }

  /** What becomes of an entry; undefined when nothing is left of it, since a tree holds no empty folder. */
  async edited(before: TreeEntry | undefined, { replace, inside }: Change): Promise<TreeEntry | undefined> {
    const entry = replace === undefined ? before : (replace ?? undefined);
    if (inside.size === 0) return entry;
    const old: Tree = entry?.mode === folderMode ? await this.#trees.tree(entry.id) : new Map();
    const next = new Map(old);
    const made = await allOf(
      [...inside].map(async ([name, change]) => [name, await this.edited(old.get(name), change)] as const),
    );
    for (const [name, to] of made) {
      if (to === undefined) next.delete(name);
      else next.set(name, to);
    }
    // Deleting in what is no folder changes nothing.
    if (old.size === 0 && next.size === 0) return entry?.mode === folderMode ? undefined : entry;
    return next.size === 0 ? undefined : { mode: folderMode, id: await this.keep(next) };
  }

  /** Writes a tree and keeps it in mind. */
  async keep(tree: Tree): Promise<string> {
    const bytes = treeBytes(tree);
    const id = await this.#repository.objects.write('tree', bytes);
    this.#repository.known.treeBytes.set(id, bytes);
    return id;
  }
}

/** A path as `hash-object --stdin-paths` reads it: in quotes, with every byte but plain ASCII as octal. */
export function quoted(path: string): Buffer {
  const out: string[] = ['"'];
  for (const byte of pathBytes(path)) {
    if (byte === 0x22 || byte === 0x5c) out.push('\\', String.fromCharCode(byte));
    else if (byte >= 0x20 && byte < 0x7f) out.push(String.fromCharCode(byte));
    else out.push(`\\${byte.toString(8).padStart(3, '0')}`);
  }
  out.push('"');
  return Buffer.from(out.join(''), 'latin1');
}

/** A folder of objects as `GIT_ALTERNATE_OBJECT_DIRECTORIES` names it. */
export function alternate(folder: string): string {
  // A colon would end the name.
  return /[:"\n]/.test(folder) ? quoted(folder).toString('latin1') : folder;
}
