import { join } from 'node:path';
import type { Domain } from '../core/domain.ts';
import { Entities } from './entities.ts';
import type { FileOperations } from './file-operations.ts';
import { JournalScan } from './journal-scan.ts';
import { readLayout, segmentName } from './journal-segment.ts';
import type { JournalLayout } from './journal-segment.ts';
import { readSnapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** The state as it was found, and how it was found. */
export interface Restored {
  readonly entities: Entities;
  readonly layout: JournalLayout;
  /** The finished pass over the journal; its `damage` says whether all of it could be read. */
  readonly scan: JournalScan;
  /** The record of the snapshot that was used, 0 if none was. */
  readonly snapshotSeq: number;
  /** Why the snapshot was not used, as a clause. */
  readonly snapshotUnusable: string | undefined;
}

/** Absolute paths of the journal's folder and of the snapshot. */
export interface StatePaths {
  readonly journal: string;
  readonly snapshot: string;
}

/** Where the state is in a data directory. */
export function statePaths(home: string): StatePaths {
  return { journal: join(home, 'journal'), snapshot: join(home, 'snapshot.jsonl') };
}

/**
 * Brings the state back from the disk: the snapshot if it can be used, and the records after it. Changes nothing.
 * Damage is told in `scan`; the entities then hold what comes before it.
 * @throws CoppiceError `internal` if a reducer throws.
 */
export async function restore(files: FileOperations, paths: StatePaths, domain: Domain): Promise<Restored> {
  // In this order: a running engine's snapshot never names a record that the journal read after it does not have.
  const snapshot = await readSnapshot(files, paths.snapshot, domain);
  const layout = await readLayout(files, paths.journal);
  if ('unusable' in snapshot) return replayAll(files, layout, domain, snapshot.unusable);
  if (layout.broken !== undefined || !layout.lengthsAgree) {
    return replayAll(files, layout, domain, 'the journal has to be read from its beginning');
  }
  const start = Math.max(
    0,
    layout.segments.findLastIndex(({ before }) => before.seq <= snapshot.head.seq),
  );
  const scan = new JournalScan({ files, layout, start, from: snapshot.head.seq });
  if (await replay(scan, domain, snapshot)) {
    const { entities, head } = snapshot;
    return { entities, layout, scan, snapshotSeq: head.seq, snapshotUnusable: undefined };
  }
  const restored = await replayAll(files, layout, domain, 'the journal does not confirm its record');
  if (scan.damage === undefined && scan.head.seq < snapshot.head.seq) lostEnd(restored.scan, layout, snapshot);
  return restored;
}

async function replayAll(
  files: FileOperations,
  layout: JournalLayout,
  domain: Domain,
  snapshotUnusable: string,
): Promise<Restored> {
  const scan = new JournalScan({ files, layout });
  const entities = new Entities(domain);
  await replay(scan, domain, { head: scan.head, entities });
  return { entities, layout, scan, snapshotSeq: 0, snapshotUnusable };
}

/** Folds the records after a snapshot into its entities; false if the journal does not have the snapshot's last record. */
async function replay(scan: JournalScan, domain: Domain, { head, entities }: Snapshot): Promise<boolean> {
  let agrees = scan.head.seq === head.seq && scan.head.hash === head.hash;
  for await (const batch of scan.batches()) {
    agrees ||= batch.some(({ seq, hash }) => seq === head.seq && hash === head.hash);
    const after = batch.filter(({ seq }) => seq > head.seq);
    if (after.length > 0 && !agrees) return false;
    entities.apply(entities.evaluate(after.map((record) => domain.upcast(record))));
  }
  return agrees;
}

/** A snapshot is only made of records that are on the disk: a journal that ends before it has lost its end. */
function lostEnd(scan: JournalScan, layout: JournalLayout, snapshot: Snapshot): void {
  scan.damage = {
    fault: 'damaged',
    segment: layout.segments.at(-1)?.name ?? segmentName(1),
    line: scan.line + 1,
    seq: scan.head.seq + 1,
    reason: `the records up to ${snapshot.head.seq} are missing (remove snapshot.jsonl, made of them, to go on without)`,
  };
}
