/** Which files of a worktree are gone between two trees, where that is more than one turn of work plausibly takes away. */
import { isImplausible, mostStricken, type LostFiles } from '../core/checkpoint/loss.ts';
import { isCoppiceError } from '../core/errors.ts';
import { absentFiles } from './obstacles.ts';
import { pathText, zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';
import type { RestorePlace } from './restore.ts';
import { type TreeChange, treeChanges } from './tree-diff.ts';
import { folderMode, TreeReader } from './trees.ts';

/** Written by Coppice itself. */
const ownFolder = '.tasks';

/** What was there before, and what is there at present. */
export interface Since {
  /** Full ids of trees. */
  readonly from: string;
  readonly to: string;
  /** Folders that do not count. */
  readonly apart?: readonly string[];
}

/**
 * The loss of a worktree between two trees if it is implausible, else undefined. Reads the folders that differ, and only where enough
 * is gone for it as many others as it takes to be sure. A file is not gone when it was moved: its content is elsewhere, or (as git
 * recognises moves, among a thousand or in the time it has) most of it. Nor is one that is where it was and that git ignores by now: it is
 * no part of the work any more, so it does not count among those that were there either.
 *
 * @throws CoppiceError `git-failed` when there is no such tree.
 */
export async function implausibleLoss(
  repository: Repository,
  place: RestorePlace,
  { from, to, apart = [] }: Since,
): Promise<LostFiles | undefined> {
  const trees = new TreeReader(repository);
  const left = new Set<string>();
  const counts = (path: string): boolean =>
    !left.has(path) && ![ownFolder, ...apart].some((each) => path === each || path.startsWith(`${each}/`));
  const isStricken = async (gone: number): Promise<boolean> => {
    const most = mostStricken(gone);
    if (!Number.isFinite(most)) return most > 0;
    return isImplausible({ gone, of: await filesIn(trees, from, counts, most) });
  };
  const changes = await treeChanges(repository, from, to);
  const went = changes.filter(({ path, after }) => after === undefined && counts(path)).map(({ path }) => path);
  const absent = new Set(mostStricken(went.length) === -Infinity ? [] : await absentFiles(place, went));
  for (const path of went) if (!absent.has(path)) left.add(path);
  const unlike = unmoved(changes.filter(({ path }) => counts(path)));
  if (!(await isStricken(unlike.length))) return undefined;
  const paths = ((await goneByGit(repository, from, to)) ?? unlike).filter(counts);
  if (!(await isStricken(paths.length))) return undefined;
  return { gone: paths.length, of: await filesIn(trees, from, counts, Infinity), paths };
}

/** Files that went without the same content coming somewhere else. */
function unmoved(changes: readonly TreeChange[]): string[] {
  const come = new Map<string, number>();
  for (const { before, after } of changes)
    if (before === undefined && after !== undefined) come.set(after.id, (come.get(after.id) ?? 0) + 1);
  const gone: string[] = [];
  for (const { path, before, after } of changes) {
    if (before === undefined || after !== undefined) continue;
    const left = come.get(before.id) ?? 0;
    if (left > 0) come.set(before.id, left - 1);
    else gone.push(path);
  }
  return gone;
}

/** Files that went without most of their content coming somewhere else; undefined when git cannot tell, which is no reason to ask nothing. */
async function goneByGit(repository: Repository, from: string, to: string): Promise<string[] | undefined> {
  const args = ['diff-tree', '-r', '-z', '-M', '-l1000', '--name-only', '--diff-filter=D'];
  const rest = ['--no-ext-diff', '--no-textconv', '--end-of-options', from, to];
  try {
    return zeroPaths((await repository.run([...args, ...rest])).stdout);
  } catch (error) {
    if (isCoppiceError(error, 'git-failed') || isCoppiceError(error, 'timed-out')) return undefined;
    throw error;
  }
}

/** The number of files in a tree that count; one more than `most` stands for any larger number. */
async function filesIn(
  trees: TreeReader,
  tree: string,
  counts: (path: string) => boolean,
  most: number,
): Promise<number> {
  const open = [{ id: tree, path: '' }];
  let files = 0;
  for (let at = open.pop(); at !== undefined && files <= most; at = open.pop()) {
    for (const [name, { id, mode }] of await trees.tree(at.id)) {
      const path = at.path + pathText(Buffer.from(name, 'latin1'));
      if (!counts(path)) continue;
      if (mode === folderMode) open.push({ id, path: `${path}/` });
      else files += 1;
    }
  }
  return Math.min(files, most + 1);
}
