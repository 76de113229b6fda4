/** Why a journal stopped being written, as errors a person can act on. */
import { CoppiceError, systemCode } from '../core/errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The lock hook said no. */
export function refused(error: unknown): CoppiceError {
  const reason = error instanceof Error ? error.message : String(error);
  const next =
    error instanceof CoppiceError ? error.next : 'See `coppice engine status` for who owns the data directory.';
  return new CoppiceError('read-only', `Nothing more is written to the journal: ${reason}`, next, { cause: error });
}

/** A write failed. `undone`: what it left in the file was taken back. */
export function writeFailed(error: unknown, undone: boolean): CoppiceError {
  const fate = undone
    ? 'What was waiting was not recorded.'
    : 'Whether what was waiting is recorded shows at the next start.';
  return failure(error, 'The journal could not be written', fate, { undone: String(undone) });
}

/** The journal could not be opened to write. */
export function notWritable(error: unknown): CoppiceError {
  return failure(error, 'The data directory cannot be written', 'Nothing was changed.', {});
}

/** The file is not as the writer left it: what is written there would be lost, or destroy what another one wrote. */
export function meddled(segment: string, what: 'changed' | 'deleted'): CoppiceError {
  return new CoppiceError(
    'read-only',
    `The journal's segment ${segment} was ${what} by someone else, so Coppice only reads.`,
    'Stop every Coppice engine of this data directory, then run `coppice audit verify`.',
    { context: { segment } },
  );
}

function failure(error: unknown, what: string, fate: string, context: Readonly<Record<string, string>>): CoppiceError {
  const code = systemCode(error);
  if (code !== undefined && full.has(code)) {
    const message = `The disk is full (${code}), so Coppice only reads. ${fate}`;
    return new CoppiceError('disk-full', message, 'Free some space, then restart the engine.', {
      context,
      cause: error,
    });
  }
  const message = `${what} (${code ?? String(error)}), so Coppice only reads. ${fate}`;
  const next = 'Check the disk and the rights of the data directory, then restart the engine.';
  return new CoppiceError('read-only', message, next, { context, cause: error });
}
