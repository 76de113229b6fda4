/**
 * Trees read and written in this process. One is kept as its bytes, which never change under an id, so that whoever edits
 * the same folders again asks git for nothing.
 */
import { CoppiceError } from '../core/errors.ts';
import type { Coprocess } from './coprocess.ts';
import type { Known } from './known.ts';
import type { Objects } from './objects.ts';
import type { Repository } from './repository.ts';

/** One entry of a tree. `mode` has six digits. */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

/** Entries by name. Names are bytes, one character (U+0000 to U+00FF) each, so that comparing them compares bytes. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** The mode of a folder. */
export const folderMode = '040000';

/** Reads trees for one piece of work: out of memory, out of their files, or through the repository's git that stays. */
export class TreeReader {
  readonly #known: Known;
  readonly #objects: Objects;
  readonly #git: Coprocess;
  readonly #read = new Map<string, Promise<Tree>>();

  constructor(repository: Repository) {
    this.#known = repository.known;
    this.#objects = repository.objects;
    this.#git = repository.contents;
  }

  /** The tree of a commit. @throws CoppiceError `git-failed` when there is none. */
  async ofCommit(commit: string): Promise<Tree> {
    return this.tree(await this.idOf(commit));
  }

  /** Id of the tree of a commit. Throws like `ofCommit`. */
  async idOf(commit: string): Promise<string> {
    const known = this.#known.trees.get(commit);
    if (known !== undefined) return known;
    const { id, bytes } = await this.#ask(`${commit}^{tree}`);
    this.#known.trees.set(commit, id);
    this.#known.treeBytes.set(id, bytes);
    return id;
  }

  /** @throws CoppiceError `git-failed` when there is none. */
  tree(id: string): Promise<Tree> {
    let tree = this.#read.get(id);
    if (tree === undefined) this.#read.set(id, (tree = this.#parsed(id)));
    return tree;
  }

  async #parsed(id: string): Promise<Tree> {
    let bytes = this.#known.treeBytes.get(id);
    if (bytes === undefined) {
      bytes = (await this.#objects.read('tree', id)) ?? (await this.#ask(id)).bytes;
      this.#known.treeBytes.set(id, bytes);
    }
    return parseTree(bytes, id.length / 2);
  }

  async #ask(name: string): Promise<{ id: string; bytes: Buffer }> {
    const answer = await this.#git.ask(Buffer.from(`${name}\n`), answerLength);
    const end = answer.indexOf(0x0a);
    const [id = '', type] = answer.subarray(0, end).toString('latin1').split(' ');
    if (type !== 'tree') {
      throw new CoppiceError('git-failed', `git has no tree ${name}.`, 'Check the repository with `git fsck`.', {
        context: { name, answer: answer.subarray(0, end).toString('latin1').slice(0, 200) },
      });
    }
    // A copy, so that a small tree does not keep the large buffer that it arrived in.
    return { id, bytes: Buffer.from(answer.subarray(end + 1, -1)) };
  }
}

/** `<id> <type> <size>`, the content and a line break; or one line that says why not. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(0x0a);
  if (end === -1) return undefined;
  const size = /^[0-9a-f]{40,64} [a-z]+ (\d+)$/.exec(bytes.subarray(0, end).toString('latin1'))?.[1];
  if (size === undefined) return end + 1;
  const length = end + 1 + Number(size) + 1;
  return bytes.length < length ? undefined : length;
}

/** Reads the bytes of a tree; ids in it have `idBytes` bytes. */
export function parseTree(bytes: Buffer, idBytes: number): Tree {
  const entries = new Map<string, TreeEntry>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const zero = bytes.indexOf(0, space);
    const end = zero + 1 + idBytes;
    if (space === -1 || zero === -1 || end > bytes.length) {
      throw new CoppiceError('git-failed', 'A tree is not as git makes them.', 'Check the repository with `git fsck`.');
    }
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    entries.set(bytes.toString('latin1', space + 1, zero), { mode, id: bytes.toString('hex', zero + 1, end) });
    at = end;
  }
  return entries;
}

/** The bytes of a tree, in git's order: by name, a folder as if its name ended with a slash. */
export function treeBytes(tree: Tree): Buffer {
  const named = [...tree].map(([name, entry]) => ({
    ...{ name, entry },
    key: entry.mode === folderMode ? `${name}/` : name,
  }));
  named.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return Buffer.concat(
    named.flatMap(({ name, entry }) => [
      Buffer.from(`${entry.mode.replace(/^0+/, '')} ${name}\0`, 'latin1'),
      Buffer.from(entry.id, 'hex'),
    ]),
  );
}
