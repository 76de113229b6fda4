/** Files of a checkout that a person has told git not to look at: what is done to them shows nowhere. */
import { lstat } from 'node:fs/promises';
import type { Checkout } from '../core/intent/state.ts';
import { copyIndex } from './checkout.ts';
import { onDisk } from './obstacles.ts';
import { zeroJoined, zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';
import { withWorkIndex } from './work-index.ts';

/** Marked files of an index, by kind: `--assume-unchanged`, and `--skip-worktree`, which those left out of a sparse checkout have, too. */
export interface Marked {
  readonly assumed: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
}

/** The marked files among the paths. */
export async function markedAmong(
  repository: Repository,
  { path }: Checkout,
  index: string,
  paths: readonly string[],
): Promise<Marked> {
  const wanted = new Set(paths);
  const listed = zeroPaths((await repository.onTree(path, index, ['ls-files', '-v', '-z'])).stdout).filter((field) =>
    wanted.has(field.slice(2)),
  );
  const having = (mark: RegExp): ReadonlySet<string> =>
    new Set(listed.filter((field) => mark.test(field)).map((field) => field.slice(2)));
  return { assumed: having(/^[a-z] /), skipped: having(/^[Ss] /) };
}

/** Those of the paths that are marked, and are there otherwise than the index has them. */
export async function hiddenChanges(
  repository: Repository,
  checkout: Checkout,
  index: string,
  paths: readonly string[],
): Promise<string[]> {
  const { assumed, skipped } = await markedAmong(repository, checkout, index, paths);
  const marked = new Set([...assumed, ...skipped]);
  if (marked.size === 0) return [];
  return withWorkIndex(repository, 'marks', async (copy) => {
    await copyIndex(index, copy);
    const input = zeroJoined([...marked]);
    const git = (...args: string[]) => repository.onTree(checkout.path, copy, args, { input });
    await git('update-index', '--no-assume-unchanged', '-z', '--stdin');
    await git('update-index', '--no-skip-worktree', '-z', '--stdin');
    const answer = await repository.onTree(checkout.path, copy, ['diff-files', '--name-only', '-z']);
    const changed = zeroPaths(answer.stdout).filter((path) => marked.has(path));
    const there = await Promise.all(changed.map((path) => lstat(onDisk(checkout, path)).catch(() => undefined)));
    // One that is skipped and not there is left out by git as well, and stays so.
    return changed.filter((path, at) => there[at] !== undefined || !skipped.has(path));
  });
}
