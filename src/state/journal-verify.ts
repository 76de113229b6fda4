/** A full check of a journal. */
import type { FileOperations } from './file-operations.ts';
import type { Damage } from './journal-damage.ts';
import { JournalScan } from './journal-scan.ts';
import { readLayout } from './journal-segment.ts';

export type Verification =
  | {
      readonly ok: true;
      readonly records: number;
      readonly segments: number;
      /** Bytes at the end of an interrupted write: never acknowledged, cut off at the next start. */
      readonly tornBytes: number;
    }
  | ({ readonly ok: false } & Pick<Damage, 'seq' | 'segment' | 'line' | 'reason'>);

/**
 * Reads every byte of the journal in a folder and checks names, headers, hashes, the chain and the transactions. Changes
 * nothing. `until`: the last record to look at (a live journal's end on the disk); without it, everything.
 */
export async function verifyJournal(files: FileOperations, directory: string, until = Infinity): Promise<Verification> {
  const layout = await readLayout(files, directory);
  const scan = new JournalScan({ files, layout, until: () => until });
  const batches = scan.batches();
  while ((await batches.next()).done !== true);
  if (scan.damage !== undefined) {
    const { seq, segment, line, reason } = scan.damage;
    return { ok: false, seq, segment, line, reason };
  }
  const tornBytes = scan.tornBytes + (layout.unfinished?.bytes ?? 0);
  return { ok: true, records: scan.head.seq, segments: layout.segments.length, tornBytes };
}
