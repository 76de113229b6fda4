/** Copies of older versions that engines ran from: nothing starts from them again once a newer engine has the data directory. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compareVersions } from '../../protocol/version.ts';
import type { HomeLayout } from './home.ts';
import type { Log } from './log.ts';

const release = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/**
 * Deletes them. For the owner of the lock: no other engine of this data directory lives, and what an older one started has
 * its programs loaded. A copy that cannot be deleted is left and logged.
 */
export async function forgetOldCopies(home: Pick<HomeLayout, 'root'>, version: string, log: Log): Promise<void> {
  const folder = join(home.root, 'engine');
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const old = entries.filter(
      (entry) => entry.isDirectory() && release.test(entry.name) && compareVersions(entry.name, version) < 0,
    );
    for (const { name } of old) await rm(join(folder, name), { recursive: true, force: true });
    if (old.length > 0) log.info('deleted copies of older engines', { versions: old.map(({ name }) => name) });
  } catch (error) {
    log.warn('copies of older engines cannot be deleted', { error });
  }
}
