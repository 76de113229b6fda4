/** Opens the journal's last segment to go on writing, or says why that cannot be. */
import { dirname } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import type { FileOperations } from './file-operations.ts';
import { removeTemporaries } from './files.ts';
import { damageError } from './journal-damage.ts';
import { meddled, notWritable, refused } from './journal-failure.ts';
import type { JournalScan } from './journal-scan.ts';
import { makeSegment } from './journal-segment.ts';
import type { JournalLayout } from './journal-segment.ts';
import type { WriterStart } from './journal-writer.ts';

/** What opening to write needs of the surroundings. */
export interface OpenOptions {
  readonly files: FileOperations;
  /** The journal's folder; what a killed process left in the folder above is swept. */
  readonly directory: string;
  readonly beforeCommit: () => Promise<void> | void;
  /** Nothing is changed or created. */
  readonly readOnly: boolean;
}

/**
 * Prepares to go on where a finished scan ended: makes the folder, cuts off a torn end. If the journal is damaged or of a
 * newer format, not ours to write, or on a disk that cannot be written, the answer is the reason why it is read-only.
 */
export async function openToWrite(
  options: OpenOptions,
  layout: JournalLayout,
  scan: JournalScan,
): Promise<WriterStart | CoppiceError> {
  if (scan.damage !== undefined) return damageError(scan.damage);
  if (options.readOnly) {
    return new CoppiceError(
      'read-only',
      'The journal was opened for reading only.',
      'Run the command through the engine.',
    );
  }
  try {
    await options.beforeCommit();
  } catch (error) {
    return refused(error);
  }
  try {
    const home = dirname(options.directory);
    await options.files.makeDirectory(options.directory);
    await options.files.syncDirectory(home);
    await removeTemporaries(options.files, home);
    return { head: scan.head, segments: layout.segments, last: await openLast(options, layout, scan) };
  } catch (error) {
    return error instanceof CoppiceError ? error : notWritable(error);
  }
}

/** Opens the last segment to append to, without what a crash left of an interrupted write. */
async function openLast(
  { files, directory }: OpenOptions,
  { segments, unfinished }: JournalLayout,
  scan: JournalScan,
): Promise<WriterStart['last']> {
  const number = unfinished?.number ?? segments.length;
  if (number === 0) return undefined;
  const { name, path } = makeSegment(directory, number, scan.head);
  const bytes = unfinished === undefined ? scan.bytes : 0;
  const torn = unfinished?.bytes ?? scan.tornBytes;
  const file = await files.open(path, 'append');
  try {
    if (file.status().bytes !== bytes + torn) throw meddled(name, 'changed');
    if (torn > 0) {
      await file.truncate(bytes);
      await file.datasync();
    }
    return { number, file, bytes, sealed: unfinished === undefined ? 0 : scan.bytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}
