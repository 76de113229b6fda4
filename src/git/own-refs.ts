/**
 * The one way in which refs below `refs/coppice/` are written. Nobody else writes them, so a lock that a killed git left on
 * one of them is cleared here, and the ref is written after all.
 */
import { join } from 'node:path';
import { CoppiceError, isCoppiceError } from '../core/errors.ts';
import { clearStaleLock, lockIn } from './locks.ts';
import { createRef } from './new-ref.ts';
import type { Repository } from './repository.ts';

const prefix = 'refs/coppice/';

/**
 * Sets a ref of ours. `before`: the commit that it names at the moment, '' for none; without it whatever is there is replaced.
 *
 * @throws CoppiceError `git-failed`; `path-in-the-way` when the ref is locked by somebody who may be alive (context `lock`).
 */
export async function setOwnRef(repository: Repository, ref: string, commit: string, before?: string): Promise<void> {
  if (before === '' && ref.startsWith(prefix) && (await createRef(repository, ref, commit))) return;
  await write(repository, ref, [ref, commit, ...(before === undefined ? [] : [before])]);
}

/** Removes a ref of ours, if it still names that commit. Throws like `setOwnRef`. */
export async function removeOwnRef(repository: Repository, ref: string, commit: string): Promise<void> {
  await write(repository, ref, ['-d', ref, commit]);
}

async function write(repository: Repository, ref: string, args: readonly string[]): Promise<void> {
  if (!ref.startsWith(prefix)) throw new CoppiceError('internal', `${ref} is not ours.`, 'Report this as a bug.');
  try {
    await repository.run(['update-ref', ...args]);
  } catch (error) {
    const inTheWay = isCoppiceError(error, 'git-failed') ? lockIn(error.context['stderr'] ?? '') : undefined;
    if (inTheWay?.endsWith(`/${ref}.lock`) !== true) throw error;
    const lock = join(repository.location.commonDir, `${ref}.lock`);
    if (!(await clearStaleLock(repository.owner, lock))) throw locked(ref, lock, error);
    await repository.run(['update-ref', ...args]);
  }
}

function locked(ref: string, lock: string, cause: unknown): CoppiceError {
  return new CoppiceError(
    'path-in-the-way',
    `The ref ${ref} is locked by another git, or one that was killed left ${lock}.`,
    `When no git runs in this repository, remove ${lock} and try again.`,
    { context: { ref, lock }, cause },
  );
}
