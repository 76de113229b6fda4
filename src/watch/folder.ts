import type { FSWatcher } from 'node:fs';

/** A folder of a worktree that is known, with the names in it. */
export class Folder {
  /** Relative to the top of the worktree; empty for the top itself. */
  readonly path: string;
  readonly parent: Folder | undefined;
  /** Files, links and whatever else is no folder. */
  readonly files = new Set<string>();
  readonly folders = new Map<string, Folder>();
  /** Tells a folder from another one that took its place. */
  readonly inode: number;
  watcher: FSWatcher | undefined;
  /** It was taken out of the tree. */
  gone = false;

  constructor(path: string, parent: Folder | undefined, inode: number) {
    this.path = path;
    this.parent = parent;
    this.inode = inode;
  }

  /** Path of a name in it. */
  child(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`;
  }

  /** This folder and all below it. */
  *all(): Generator<Folder> {
    yield this;
    for (const folder of this.folders.values()) yield* folder.all();
  }
}
