/**
 * What git has told of a repository and what cannot change: so that it is asked once. Bounded; a miss only costs a process.
 */
import { statusOf } from './files.ts';

/** A submodule as a tree records it. */
export interface Link {
  readonly path: string;
  readonly commit: string;
}

const kept = 512;

class Kept<T> {
  readonly #values = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > kept && oldest !== undefined) this.#values.delete(oldest);
  }
}

/** Bytes of trees that are kept per repository: some 2,000 folders of 100 files. */
const treesKept = 8 * 1024 * 1024;

/** Bounded by the bytes that it holds; what was used last stays. */
class KeptBytes {
  readonly #values = new Map<string, Buffer>();
  #held = 0;

  get(key: string): Buffer | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: Buffer): void {
    this.#drop(key);
    this.#values.set(key, value);
    this.#held += value.length;
    for (const oldest of this.#values.keys()) {
      if (this.#held <= treesKept) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#held -= this.#values.get(key)?.length ?? 0;
    this.#values.delete(key);
  }
}

/** What a look at all files has found, and the commit that said which of them are tracked. */
export interface Seen {
  readonly tree: string;
  readonly head: string;
}

/** The memory of one opened repository. */
export class Known {
  /** Tree by the full id of a commit. */
  readonly trees = new Kept<string>();
  /** What is in a tree, by its id. */
  readonly treeBytes = new KeptBytes();
  /** Submodules by the id of a tree. */
  readonly links = new Kept<readonly Link[]>();
  /** By worktree and path, with what the answer depends on. */
  readonly attributes = new Kept<{ readonly stamp: string; readonly attributes: ReadonlyMap<string, string> }>();
  readonly #indexes = new Kept<Seen & { readonly stamp: string }>();

  /** An index of ours has exactly the content of this tree at the moment. */
  indexIsAt(index: string, seen: Seen): void {
    const stamp = stampOf(index);
    if (stamp !== undefined) this.#indexes.set(index, { stamp, ...seen });
  }

  /** Of which tree an index still has exactly the content; undefined when that is not known. */
  at(index: string): Seen | undefined {
    const noted = this.#indexes.get(index);
    return noted !== undefined && stampOf(index) === noted.stamp ? noted : undefined;
  }

  /** Whether an index still has exactly the content of this tree; false when that is not known. */
  isAt(index: string, tree: string): boolean {
    return this.at(index)?.tree === tree;
  }
}

/** Changes with every writing of the file. */
function stampOf(file: string): string | undefined {
  const info = statusOf(file);
  return info === undefined ? undefined : `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`;
}
