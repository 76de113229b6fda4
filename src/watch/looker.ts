/** Looks at what lies at names of which something was told, and keeps the tree of folders in step. */
import { lstatSync, type Stats } from 'node:fs';
import { systemCode } from '../core/errors.ts';
import { each } from './each.ts';
import type { Folder } from './folder.ts';
import type { FolderTree } from './folder-tree.ts';
import type { Sightings } from './sighting.ts';
import { turn } from './turns.ts';

/** A name in a folder. */
export interface Name {
  readonly folder: Folder;
  readonly name: string;
}

const atOnce = 16;

/** What is at names, given as sightings; folders that came or went are taken in or forgotten with all below them. */
export async function lookAt(tree: FolderTree, names: readonly Name[], sightings: Sightings): Promise<void> {
  const found = new Map<Name, Stats | undefined>();
  await each(names, atOnce, async (at) => {
    if (!at.folder.gone) found.set(at, await statOf(tree, at.folder.child(at.name)));
  });
  // One after the other: a folder that goes takes names with it that come later here.
  for (const [at, stats] of found) {
    if (!at.folder.gone) await settle(tree, at, stats, sightings);
  }
}

/**
 * Compares a whole worktree with what is known of it: every file whose inode changed at `since` (milliseconds since 1970)
 * or later counts as touched, and so does every one that came or went.
 */
export async function lookAtAll(tree: FolderTree, since: number, sightings: Sightings): Promise<void> {
  const top = tree.top;
  if (top === undefined) return;
  let level: Folder[] = [top];
  while (level.length > 0) {
    const names: Name[] = [];
    await each(level, atOnce, async (folder) => {
      const listed = await tree.list(folder);
      if (listed === undefined) {
        if (folder !== top) names.push(nameOf(folder));
        return;
      }
      const there = new Set([...listed.files, ...listed.folders]);
      const known = new Set([...folder.files, ...folder.folders.keys()]);
      const fresh = await tree.kept(
        folder,
        listed.folders.filter((name) => !folder.folders.has(name)),
      );
      names.push(...listed.files.concat(fresh).map((name) => ({ folder, name })));
      names.push(...[...known].filter((name) => !there.has(name)).map((name) => ({ folder, name })));
      // A folder that took the place of another one is told by its inode.
      names.push(...listed.folders.filter((name) => folder.folders.has(name)).map((name) => ({ folder, name })));
    });
    const next = level.flatMap((folder) => [...folder.folders.values()]);
    await lookAt(tree, await changedSince(tree, names, since), sightings);
    level = next.filter((folder) => !folder.gone);
  }
}

async function changedSince(tree: FolderTree, names: readonly Name[], since: number): Promise<Name[]> {
  const changed: Name[] = [];
  await each(names, atOnce, async (at) => {
    const { folder, name } = at;
    if (folder.gone) return;
    const stats = await statOf(tree, folder.child(name));
    const known = folder.files.has(name);
    const same = stats !== undefined && known && !stats.isDirectory() && stats.ctimeMs < since;
    const sameFolder = stats?.isDirectory() === true && folder.folders.get(name)?.inode === stats.ino;
    if (!same && !sameFolder) changed.push(at);
  });
  return changed;
}

function nameOf(folder: Folder): Name {
  const { parent = folder, path } = folder;
  return { folder: parent, name: path.slice(path.lastIndexOf('/') + 1) };
}

async function statOf(tree: FolderTree, path: string): Promise<Stats | undefined> {
  await turn();
  try {
    return lstatSync(tree.full(path));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function settle(
  tree: FolderTree,
  { folder, name }: Name,
  stats: Stats | undefined,
  sightings: Sightings,
): Promise<void> {
  const path = folder.child(name);
  const below = folder.folders.get(name);
  const isFolder = stats?.isDirectory() === true;
  if (below !== undefined && !(isFolder && below.inode === stats.ino)) {
    for (const file of tree.leave(below)) sightings.note(file, true, undefined);
  }
  if (isFolder) {
    if (folder.files.delete(name)) sightings.note(path, true, undefined);
    if (folder.folders.has(name) || (await tree.kept(folder, [name])).length === 0) return;
    await enter(tree, { folder, name }, stats.ino, sightings);
    return;
  }
  const was = folder.files.has(name);
  const file = stats?.isFile() === true || stats?.isSymbolicLink() === true ? stats : undefined;
  if (file === undefined) folder.files.delete(name);
  else folder.files.add(name);
  sightings.note(path, was, file);
}

async function enter(tree: FolderTree, { folder, name }: Name, inode: number, sightings: Sightings): Promise<void> {
  const files = await tree.enter(folder, name, inode);
  await each(files, atOnce, async (path) => {
    const stats = await statOf(tree, path);
    if (stats?.isFile() === true || stats?.isSymbolicLink() === true) sightings.note(path, false, stats);
  });
}
