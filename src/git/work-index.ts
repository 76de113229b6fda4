/** Indexes of ours that live as long as one piece of work: git reads and writes them, and nobody else knows their names. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSharedPart } from './checkout.ts';
import { besides } from './files.ts';
import type { Repository } from './repository.ts';

/**
 * Runs `work` with the path of an index that is not there yet, and removes it afterwards. The name is another one each time:
 * a git that is killed leaves its lock, and under the same name no later one could write.
 */
export async function withWorkIndex<T>(
  repository: Pick<Repository, 'privateDir'>,
  name: string,
  work: (index: string) => Promise<T>,
): Promise<T> {
  const index = besides(join(repository.privateDir, 'index', name));
  try {
    return await work(index);
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

/** Nothing that has an index of its own takes as long. */
const oldMs = 24 * 60 * 60 * 1000;

/**
 * Removes what killed engines left of such indexes, and the shared parts of those that were split.
 *
 * @param now milliseconds since 1970.
 * @returns how many files were removed.
 */
export async function forgetWorkIndexes(repository: Pick<Repository, 'privateDir'>, now: number): Promise<number> {
  const folder = join(repository.privateDir, 'index');
  let removed = 0;
  for (const name of await readdir(folder)) {
    if (!/\.[0-9a-f]{12}\.tmp(?:\.lock)?$/.test(name) && !isSharedPart(name)) continue;
    const info = await stat(join(folder, name)).catch(() => undefined);
    // The time of its content may be that of an index it was copied from.
    if (info === undefined || now - info.ctimeMs < oldMs) continue;
    await rm(join(folder, name), { force: true });
    removed += 1;
  }
  return removed;
}
