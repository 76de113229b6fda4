/** A start that was cut short before the agent's first step is made undone, so that it is in doubt for nobody. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import type { RunRef } from '../executor.ts';
import type { ProcessTable } from '../process-table.ts';
import { preparedBootId, readProcesses, runPaths } from '../run-files.ts';
import { hasProcess } from './family.ts';

/**
 * True if the agent of the run provably never ran; the run is then as before its start. The proof: a wrapper took the lock
 * on this boot, no process with the run's mark is alive, and there is no pid file, which is written before the agent's
 * first step. False if that cannot be shown.
 */
export async function takeBack(run: RunRef, table: ProcessTable): Promise<boolean> {
  const paths = runPaths(run.directory);
  const lock = await stat(paths.lock, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (lock === undefined) return true;
  if ((await preparedBootId(run)) !== (await table.bootId())) return false;
  // Twice: a wrapper that died during the first look may have left a child that only the second can see.
  if ((await hasProcess(run, table)) || (await hasProcess(run, table))) return false;
  if ((await readProcesses(run)) !== undefined) return false;

  // Of all who come this far with the same lock one goes on; a lock made later is another one.
  const aside = join(run.directory, `taken-back-${lock.ino}-${lock.ctimeNs}`);
  try {
    await mkdir(aside, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  // What was fed went to nobody. The lock last: behind it the next start begins.
  const fed = (await readdir(paths.done)).map((name) => join(paths.done, name));
  for (const path of [...fed, paths.fifo, paths.pid, paths.exit]) await rm(path, { force: true });
  await rename(paths.lock, join(aside, 'lock'));
  return true;
}
