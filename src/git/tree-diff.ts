/** Which files differ between two trees, found by reading only the folders that differ. */
import { pathText } from './paths.ts';
import type { Repository } from './repository.ts';
import { folderMode, type Tree, type TreeEntry, TreeReader } from './trees.ts';

/** One path with its two sides; the absent one is not there. Links to submodules are sides like others. */
export interface TreeChange {
  readonly path: string;
  readonly before?: TreeEntry;
  readonly after?: TreeEntry;
}

const empty: Tree = new Map();

/**
 * All files that differ, in git's order. A file that became a folder is gone, and the files in the folder are added.
 *
 * @param from @param to full ids of trees.
 * @throws CoppiceError `git-failed` when there is no such tree.
 */
export async function treeChanges(repository: Repository, from: string, to: string): Promise<TreeChange[]> {
  if (from === to) return [];
  const trees = new TreeReader(repository);
  const found: (TreeChange & { readonly key: string })[] = [];

  const compare = async (before: Tree, after: Tree, above: string): Promise<void> => {
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [old, next] = [before.get(name), after.get(name)];
      if (old?.id === next?.id && old?.mode === next?.mode) continue;
      const key = above + name;
      const [oldFile, nextFile] = [fileOf(old), fileOf(next)];
      if (oldFile !== undefined || nextFile !== undefined) {
        const sides = { ...(oldFile && { before: oldFile }), ...(nextFile && { after: nextFile }) };
        found.push({ key, path: pathText(Buffer.from(key, 'latin1')), ...sides });
      }
      const [oldFolder, nextFolder] = [await folderOf(trees, old), await folderOf(trees, next)];
      if (oldFolder !== empty || nextFolder !== empty) await compare(oldFolder, nextFolder, `${key}/`);
    }
  };

  await compare(await trees.tree(from), await trees.tree(to), '');
  found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return found.map(({ path, before, after }) => ({ path, ...(before && { before }), ...(after && { after }) }));
}

function fileOf(entry: TreeEntry | undefined): TreeEntry | undefined {
  return entry?.mode === folderMode ? undefined : entry;
}

async function folderOf(trees: TreeReader, entry: TreeEntry | undefined): Promise<Tree> {
  return entry?.mode === folderMode ? trees.tree(entry.id) : empty;
}
