import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';

/**
 * Makes the folders between `root` and a file (mode 0700), each in one that is there: `root` itself is never made, also if it
 * goes away at this moment. A way through a link, or through something that is no folder, is refused; the last part of `path`
 * may be anything, since a file is put in place by renaming.
 *
 * @throws CoppiceError `not-found` if `root` is not there as a folder, `worktree-unsafe` for a link on the way.
 */
export async function makeFoldersBelow(root: string, path: string): Promise<void> {
  if (!(await isFolder(root))) throw gone(root);
  let folder = root;
  for (const part of relative(root, dirname(path)).split(sep)) {
    folder = join(folder, part);
    if (!(await isFolder(folder))) await make(folder, root);
  }
}

async function make(folder: string, root: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw gone(root);
    if (systemCode(error) !== 'EEXIST') throw error;
    if (await isFolder(folder)) return;
    throw new CoppiceError(
      'worktree-unsafe',
      `${folder} is a link or a file where Coppice keeps its own folder.`,
      'Remove it.',
      { context: { folder } },
    );
  }
}

function gone(root: string): CoppiceError {
  return new CoppiceError(
    'not-found',
    `${root} is not there as a folder.`,
    'Nothing has to be done if it was removed.',
  );
}

/** A link to a folder is none. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
