/** Facts about this machine that need neither git nor a process. */
import { constants } from 'node:fs';
import { access, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { systemCode } from '../../core/errors.ts';

/**
 * Path of a program: on the search path, of which relative parts are passed over, as they would depend on the current folder;
 * a name with a slash is a path already.
 */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  if (name.includes('/')) return (await isExecutable(name)) ? name : undefined;
  const folders = searchPath.split(delimiter).filter((part) => isAbsolute(part));
  const paths = folders.map((folder) => join(folder, name));
  const usable = await Promise.all(paths.map(isExecutable));
  return paths[usable.indexOf(true)];
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Makes, syncs and removes a file in the folder. Throws the system's error if one of these is not possible. */
export async function tryWriting(folder: string): Promise<void> {
  const own = await mkdtemp(join(folder, 'doctor-'));
  try {
    const file = await open(join(own, 'file'), 'wx', 0o600);
    try {
      await file.writeFile('coppice\n');
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Linux: watches of file changes that one user may have. Undefined on other systems. */
export async function watchLimit(file = '/proc/sys/fs/inotify/max_user_watches'): Promise<number | undefined> {
  try {
    const limit = Number.parseInt(await readFile(file, 'utf8'), 10);
    return Number.isNaN(limit) ? undefined : limit;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
