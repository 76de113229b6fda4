/** Whether the files of a worktree are still as they were seen a moment ago: one process instead of making their tree anew. */
import { join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { privateIndex } from './checkout.ts';
import { readSmall } from './locate.ts';
import type { Repository } from './repository.ts';

/** A look at all files of a very large worktree on a slow disk takes minutes. */
const scanMs = 15 * 60_000;

/**
 * True when every file is as in `tree`, which the last full look at them has found (`treeOf`), and there is no other file that is not
 * ignored. The index of that look says which files have to be read again. False also when it cannot be told so cheaply: the
 * index is at another tree, there are repositories inside, or the worktree is a sparse one; then they are looked at in full.
 */
export async function isStill(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin'>,
  tree: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const index = privateIndex(repository, place.admin);
  const look = async (): Promise<boolean> => {
    const { known } = repository;
    const plain = known.links.get(tree)?.length === 0 && (await known.isAt(index, tree));
    if (!plain || (await readSmall(join(place.admin, 'info', 'sparse-checkout'))) !== undefined) return false;
    const args = ['ls-files', '--modified', '--deleted', '--others', '--exclude-standard', '-z'];
    const answer = await repository.onTree(place.path, index, args, {
      timeoutMs: scanMs,
      okCodes: [0, 1, 128],
      // As for the look at all files: an entry that says "not checked out" is compared where the file is there.
      config: [{ key: 'core.sparseCheckout', value: 'true' }],
      ...(signal === undefined ? {} : { signal }),
    });
    return answer.code === 0 && answer.stdout.length === 0;
  };
  return repository.exclusive(`index ${index}`, look, signal);
}
