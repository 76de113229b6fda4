/** Copies that engines of before ran from: nothing starts from them again once another engine has the data directory. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareVersions } from '../../protocol/version.ts';
import type { HomeLayout } from './home.ts';
import type { Log } from './log.ts';

const copy = /^(\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\+[0-9a-f]+)?$/;

/**
 * Deletes those of older versions, and those of other builds of this version if the engine runs from a copy itself. For the
 * owner of the lock: no other engine of this data directory lives, and what an earlier one started has its programs loaded. One
 * that is just being started from such a copy ends when it finds itself deleted (`isDeleted`). So each is moved aside before
 * anything of it goes. A copy that cannot be deleted is left and logged.
 *
 * @param program path of the file that this engine runs
 */
export async function forgetOldCopies(
  home: Pick<HomeLayout, 'root'>,
  version: string,
  log: Log,
  program = process.argv[1] ?? '',
): Promise<void> {
  const folder = join(home.root, 'engine');
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const own = await realpath(dirname(program)).catch(() => '');
    const isCopy = dirname(own) === (await realpath(folder));
    const isOld = (name: string): boolean => {
      const [, release] = copy.exec(name) ?? [];
      // Its own stays whatever it is called: programs of it are read, and agents started by it, as long as it runs.
      if (release === undefined || (isCopy && join(dirname(own), name) === own)) return false;
      const order = compareVersions(release, version);
      return order < 0 || (order === 0 && isCopy);
    };
    const old = entries.filter((entry) => entry.isDirectory() && isOld(entry.name));
    for (const { name } of old) {
      const aside = join(folder, `.old-${randomBytes(6).toString('hex')}`);
      await rename(join(folder, name), aside);
      await rm(aside, { recursive: true, force: true });
    }
    if (old.length > 0) log.info('deleted copies of older engines', { versions: old.map(({ name }) => name) });
  } catch (error) {
    log.warn('copies of older engines cannot be deleted', { error });
  }
}

/** Whether the copy that this process runs from was deleted: it lacks what it has not read yet. For the owner of the lock. */
export function isDeleted(program = process.argv[1]): boolean {
  return program !== undefined && !existsSync(program);
}
