/** The folders of a worktree, each watched by itself, without those that git ignores. */
import { watch, type FSWatcher } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import { pathBytes, pathText } from '../core/path-text.ts';
import { each } from './each.ts';
import { Folder } from './folder.ts';
import type { Budget } from './limits.ts';
import { neverWatched, type WatchRules } from './rules.ts';

/** Something happened to a name in a folder; without a name anything may have happened in it. */
export type OnName = (folder: Folder, name: string | undefined) => void;

/** Starts to watch one folder; with `deep` those below too. Throws as `fs.watch` does. */
export type WatchFolder = (path: string | Buffer, deep: boolean, listener: (name: Buffer | null) => void) => FSWatcher;

/** Which worktree, and how its folders are watched; `root` is absolute. */
export interface FolderTreeOptions {
  readonly root: string;
  readonly rules: WatchRules;
  /** Without it folders are known and not watched. */
  readonly watching?: { readonly budget: Budget; readonly onName: OnName; readonly onError: (error: unknown) => void };
  readonly watchFolder?: WatchFolder;
  /** One watcher at the top tells of all folders: only where the system itself does that (macOS). */
  readonly deep?: boolean;
}

/** Why a worktree cannot be watched: the system has no more watches, or none for this file system. */
export class Unwatchable extends Error {}

/** One thread less than the process has for files: whoever starts an agent meanwhile does not queue behind folders. */
const atOnce = 3;

const systemWatch: WatchFolder = (path, recursive, listener) =>
  watch(path, { encoding: 'buffer', persistent: false, recursive }, (_event, name) => listener(name));

/** All known folders of one worktree. Links are never followed. */
export class FolderTree {
  readonly #options: FolderTreeOptions;
  #top: Folder | undefined;

  constructor(options: FolderTreeOptions) {
    this.#options = options;
  }

  /** The top folder; undefined before `open`, and when the worktree is gone. */
  get top(): Folder | undefined {
    return this.#top;
  }

  /** A path in the worktree as the file system takes it. */
  full(path: string): string | Buffer {
    const { root } = this.#options;
    if (path === '') return root;
    return path.isWellFormed() ? `${root}/${path}` : Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);
  }

  /** Looks at all folders. @throws Unwatchable; the system's error when the top cannot be read. */
  async open(): Promise<void> {
    const info = await lstat(this.#options.root);
    this.#top = new Folder('', undefined, info.ino);
    await this.#fill([this.#top], () => undefined);
  }

  /**
   * Takes in a folder that has appeared, with all below it.
   *
   * @returns paths of the files in it.
   */
  async enter(parent: Folder, name: string, inode: number): Promise<string[]> {
    const folder = new Folder(parent.child(name), parent, inode);
    parent.folders.set(name, folder);
    const files: string[] = [];
    await this.#fill([folder], (path) => files.push(path));
    return files;
  }

  /** Forgets a folder with all below it. @returns paths of the files that were in it. */
  leave(folder: Folder): string[] {
    const files: string[] = [];
    for (const each of folder.all()) {
      this.#unwatch(each);
      each.gone = true;
      for (const name of each.files) files.push(each.child(name));
    }
    const name = folder.path.slice(folder.path.lastIndexOf('/') + 1);
    folder.parent?.folders.delete(name);
    if (folder === this.#top) this.#top = undefined;
    return files;
  }

  /** Ends all watching. */
  close(): void {
    if (this.#top !== undefined) this.leave(this.#top);
  }

  /** Names in a folder as they are at the moment; undefined when it is gone or cannot be read. */
  async list(folder: Folder): Promise<{ files: string[]; folders: string[] } | undefined> {
    try {
      const entries = await readdir(this.full(folder.path), { withFileTypes: true, encoding: 'buffer' });
      const named = entries.map((entry) => ({ name: pathText(entry.name), folder: entry.isDirectory() }));
      const seen = named.filter(({ name }) => !neverWatched.has(name));
      const names = (folders: boolean): string[] => seen.filter((it) => it.folder === folders).map(({ name }) => name);
      return { files: names(false), folders: names(true) };
    } catch (error) {
      if (folder === this.#top && systemCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }

  /** Those of the folders' names that git does not ignore. */
  async kept(parent: Folder, names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const ignored = await this.#options.rules.ignored(names.map((name) => parent.child(name)));
    return names.filter((name) => !ignored.has(parent.child(name)));
  }

  /** Level by level, so that git is asked about many folders at once. */
  async #fill(level: readonly Folder[], onFile: (path: string) => void): Promise<void> {
    const below: { parent: Folder; name: string }[] = [];
    await each(level, atOnce, async (folder) => {
      // Watched before it is read: what appears in between is told.
      if (!this.#watch(folder)) return;
      const listed = await this.list(folder);
      if (listed === undefined) return;
      for (const name of listed.files) {
        folder.files.add(name);
        onFile(folder.child(name));
      }
      for (const name of listed.folders) below.push({ parent: folder, name });
    });
    if (below.length === 0) return;
    const ignored = await this.#options.rules.ignored(below.map(({ parent, name }) => parent.child(name)));
    const next: Folder[] = [];
    await each(below, atOnce, async ({ parent, name }) => {
      const path = parent.child(name);
      if (ignored.has(path) || parent.gone) return;
      const info = await lstat(this.full(path)).catch(() => undefined);
      if (info?.isDirectory() !== true) return;
      const folder = new Folder(path, parent, info.ino);
      parent.folders.set(name, folder);
      next.push(folder);
    });
    await this.#fill(next, onFile);
  }

  /** False when the folder is gone. */
  #watch(folder: Folder): boolean {
    const { watching, watchFolder = systemWatch, deep = process.platform === 'darwin' } = this.#options;
    if (folder.gone) return false;
    if (watching === undefined || (deep && folder !== this.#top)) return true;
    if (!watching.budget.take()) throw new Unwatchable('as many folders are watched as Coppice may');
    try {
      const watcher = watchFolder(this.full(folder.path), deep, (name) => {
        if (folder.gone) return;
        const [where, what] = name === null ? [folder, undefined] : within(folder, pathText(name));
        watching.onName(where, what);
      });
      watcher.on('error', (error) => {
        if (!folder.gone) watching.onError(error);
      });
      folder.watcher = watcher;
      return true;
    } catch (error) {
      watching.budget.give();
      const problem = unwatchable(error, this.#options.root);
      // A folder below that cannot be read cannot be read by git either.
      if (problem === undefined || (systemCode(error) === 'EACCES' && folder !== this.#top)) return false;
      throw problem;
    }
  }

  #unwatch(folder: Folder): void {
    if (folder.watcher === undefined) return;
    folder.watcher.close();
    folder.watcher = undefined;
    this.#options.watching?.budget.give();
  }
}

/** The known folder that is nearest to a path, and the name in it that leads to the path. */
function within(top: Folder, path: string): readonly [folder: Folder, name: string] {
  const parts = path.split('/');
  let folder = top;
  for (const part of parts.slice(0, -1)) {
    const next = folder.folders.get(part);
    if (next === undefined) return [folder, part];
    folder = next;
  }
  return [folder, parts.at(-1) ?? ''];
}

/** Why the system refused a watch; undefined when there is no such folder. */
function unwatchable(error: unknown, root: string): Unwatchable | undefined {
  const code = systemCode(error) ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  if (code === 'ENOSPC') return new Unwatchable('the system has no more file watches (fs.inotify.max_user_watches)');
  if (code === 'EMFILE') return new Unwatchable('the system has no more watchers (fs.inotify.max_user_instances)');
  return new Unwatchable(`the system cannot watch ${root} (${code || String(error)})`);
}
