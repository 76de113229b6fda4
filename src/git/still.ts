/** The tree of a worktree's files told from the look before: one process instead of making it anew. */
import { join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { privateIndex } from './checkout.ts';
import { editedTree } from './edit-tree.ts';
import { readSmall } from './locate.ts';
import { zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';
import { touchedEdits } from './touched-tree.ts';
import { comparisonPoint } from './tree.ts';
import { TreeReader } from './trees.ts';

/** A look at all files of a very large worktree on a slow disk takes minutes. */
const scanMs = 15 * 60_000;

/** Where more files differ from the look before, one that takes its index along is cheaper for those that follow. */
const atMost = 200;

/**
 * The tree of all files as they are, every one of them looked at, as `treeOf` would make it: the last one that it made here,
 * and what differs from it. The index of that look says which files have to be read again, and is left as it is. Undefined
 * when it cannot be told so cheaply: nothing is known of that index, HEAD has moved, rules of what counts have changed, there are
 * repositories inside, much differs, or the worktree is a sparse one; then `treeOf` tells.
 */
export async function treeSince(
  repository: Repository,
  place: Looked,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const index = privateIndex(repository, place.admin);
  const found = await look(repository, place, index, signal);
  if (found !== anotherIndex) return found;
  const again = await repository.exclusive(`index ${index}`, () => look(repository, place, index, signal), signal);
  return again === anotherIndex ? undefined : again;
}

/** What git said may be about another index than the one that is known. */
const anotherIndex = Symbol('another index');

type Looked = Pick<Place, 'path' | 'admin' | 'baseCommit'>;

/**
 * Only reads the index, so whoever looks at the same worktree is not waited for. Says so when nothing is known of the index, or when
 * somebody has written it meanwhile.
 */
async function look(
  repository: Repository,
  place: Looked,
  index: string,
  signal: AbortSignal | undefined,
): Promise<string | typeof anotherIndex | undefined> {
  const { known } = repository;
  const seen = known.at(index);
  if (seen === undefined) return anotherIndex;
  if (known.links.get(seen.tree)?.length !== 0) return undefined;
  if ((await comparisonPoint(repository, place)) !== seen.head) return undefined;
  if ((await readSmall(join(place.admin, 'info', 'sparse-checkout'))) !== undefined) return undefined;
  const args = ['ls-files', '--modified', '--deleted', '--others', '--exclude-standard', '-z'];
  const answer = await repository.onTree(place.path, index, args, {
    timeoutMs: scanMs,
    okCodes: [0, 1, 128],
    // As for the look at all files: an entry that says "not checked out" is compared where the file is there.
    config: [{ key: 'core.sparseCheckout', value: 'true' }],
    ...(signal === undefined ? {} : { signal }),
  });
  if (known.at(index) !== seen) return anotherIndex;
  if (answer.code !== 0) return undefined;
  const differing = new Set(zeroPaths(answer.stdout));
  if (differing.size === 0) return seen.tree;
  // A path that ends like a folder is a repository.
  if (differing.size > atMost || [...differing].some((path) => path.endsWith('/'))) return undefined;
  const trees = new TreeReader(repository);
  const found = await touchedEdits(repository, place, seen.head, [...differing], trees, 'none');
  if ('why' in found) return undefined;
  const tree = await editedTree(repository, { base: seen.tree, edits: found.edits, trees });
  known.links.set(tree, []);
  return tree;
}
