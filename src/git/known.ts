/**
 * What git has told of a repository and what cannot change: so that it is asked once. Bounded; a miss only costs a process.
 */
import { stat } from 'node:fs/promises';

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

/** The memory of one opened repository. */
export class Known {
  /** Tree by the full id of a commit. */
  readonly trees = new Kept<string>();
  /** Submodules by the id of a tree. */
  readonly links = new Kept<readonly Link[]>();
  readonly #indexes = new Kept<{ readonly stamp: string; readonly tree: string }>();

  /** An index of ours has exactly the content of this tree at the moment. */
  async indexIsAt(index: string, tree: string): Promise<void> {
    const stamp = await stampOf(index);
    if (stamp !== undefined) this.#indexes.set(index, { stamp, tree });
  }

  /** Whether an index still has exactly the content of this tree; false when that is not known. */
  async isAt(index: string, tree: string): Promise<boolean> {
    const noted = this.#indexes.get(index);
    return noted?.tree === tree && (await stampOf(index)) === noted.stamp;
  }
}

/** Changes with every writing of the file. */
async function stampOf(file: string): Promise<string | undefined> {
  const info = await stat(file, { bigint: true }).catch(() => undefined);
  return info === undefined ? undefined : `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`;
}
