/**
 * A disk in memory that knows what has reached the platter. A power cut keeps what was synced and, of the rest, any part that
 * a real disk might have kept. It can be made to die in the middle of its n-th change.
 */
import { basename, dirname } from 'node:path';
import type { FileOperations, OpenFile, OpenMode } from '../../../src/state/file-operations.ts';

interface Inode {
  bytes: Buffer;
  synced: Buffer;
}

/** A number from 0 to `max`: what fate decides. */
export type Choose = (max: number) => number;

export class MemoryDisk implements FileOperations {
  /** Changes so far: writes, truncations, new names, renames, removals. */
  changes = 0;
  /** Dies in the middle of the change with this number. */
  diesAt = Infinity;

  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();

  /** Everything as it is, on a disk of its own. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    for (const [path, { bytes }] of this.#names) copy.put(path, Buffer.from(bytes));
    return copy;
  }

  /** What is found after a power cut. */
  powerCut(choose: Choose): MemoryDisk {
    const after = new MemoryDisk();
    for (const path of new Set([...this.#names.keys(), ...this.#syncedNames.keys()])) {
      const inode = (choose(1) === 0 ? this.#syncedNames : this.#names).get(path);
      if (inode !== undefined) after.put(path, survivors(inode, choose));
    }
    return after;
  }

  put(path: string, bytes: Buffer): void {
    const inode = { bytes, synced: bytes };
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  get(path: string): Buffer {
    return this.#inode(path).bytes;
  }

  edit(path: string, change: (bytes: Buffer) => Buffer): void {
    this.put(path, change(Buffer.from(this.get(path))));
  }

  delete(path: string): void {
    this.#names.delete(path);
    this.#syncedNames.delete(path);
  }

  paths(directory: string): string[] {
    return [...this.#names.keys()].filter((path) => dirname(path) === directory).sort();
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode === 'create' && this.#names.has(path)) throw systemError('EEXIST');
    if (mode === 'create' || (mode === 'extend' && !this.#names.has(path))) {
      this.#change();
      this.#names.set(path, { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) });
    }
    const inode = this.#inode(path);
    return {
      read: async (buffer, position) => inode.bytes.copy(buffer, 0, position),
      write: async (bytes) => {
        this.#change(() => (inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, bytes.length / 2)])));
        inode.bytes = Buffer.concat([inode.bytes, bytes]);
      },
      datasync: async () => {
        this.#alive();
        inode.synced = inode.bytes;
      },
      truncate: async (bytes) => {
        this.#change();
        inode.bytes = inode.bytes.subarray(0, bytes);
      },
      status: () => ({ bytes: inode.bytes.length, linked: [...this.#names.values()].includes(inode) }),
      close: async () => undefined,
    };
  }

  async list(directory: string): Promise<readonly string[]> {
    return this.paths(directory).map((path) => basename(path));
  }

  async makeDirectory(): Promise<void> {
    this.#alive();
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#alive();
    for (const path of this.#syncedNames.keys()) if (dirname(path) === directory) this.#syncedNames.delete(path);
    for (const path of this.paths(directory)) this.#syncedNames.set(path, this.#inode(path));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#change();
    this.#names.set(to, this.#inode(from));
    this.#names.delete(from);
  }

  async remove(path: string): Promise<void> {
    if (!this.#names.has(path)) return;
    this.#change();
    this.#names.delete(path);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode;
  }

  #change(half: () => void = () => undefined): void {
    this.#alive();
    this.changes += 1;
    if (this.changes !== this.diesAt) return;
    half();
    this.#alive();
  }

  #alive(): void {
    if (this.changes >= this.diesAt) throw systemError('EIO');
  }
}

/** What was synced, and any beginning of what was appended since. */
function survivors({ bytes, synced }: Inode, choose: Choose): Buffer {
  if (!bytes.subarray(0, synced.length).equals(synced)) return choose(1) === 0 ? synced : bytes;
  return bytes.subarray(0, synced.length + choose(bytes.length - synced.length));
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
