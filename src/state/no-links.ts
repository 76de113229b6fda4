import { lstat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';

/**
 * Refuses a path below `root` that leads through a link, or through something that is no folder; the last part may be
 * anything, since a file is put in place by renaming. What does not exist yet is no danger.
 *
 * @throws CoppiceError `not-found` if `root` itself is not there as a folder, `worktree-unsafe` for a link on the way.
 */
export async function refuseLinks(root: string, path: string): Promise<void> {
  if (!(await isFolder(root))) {
    throw new CoppiceError(
      'not-found',
      `${root} is not there as a folder.`,
      'Nothing has to be done if it was removed.',
    );
  }
  let folder = root;
  for (const part of relative(root, dirname(path)).split(sep)) {
    folder = join(folder, part);
    const found = await isFolder(folder);
    if (found === undefined) return;
    if (found) continue;
    throw new CoppiceError(
      'worktree-unsafe',
      `${folder} is a link or a file where Coppice keeps its own folder.`,
      'Remove it.',
      {
        context: { folder },
      },
    );
  }
}

/** Undefined if nothing is there. */
async function isFolder(path: string): Promise<boolean | undefined> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
