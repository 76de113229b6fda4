import { CoppiceError } from '../../core/errors.ts';

/** A worktree that another session holds. */
export function inUse(path: string, holder: string): CoppiceError {
  return new CoppiceError(
    'worktree-in-use',
    `Session ${holder} works in ${path}.`,
    'Wait until it has ended, or start without naming a worktree.',
    { context: { holder, path } },
  );
}
