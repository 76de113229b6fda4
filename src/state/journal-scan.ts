/** Reads the journal from a segment on and checks every line: hash, chain, order, and that transactions are whole. */
import type { JournalRecord } from '../core/domain.ts';
import { systemCode } from '../core/errors.ts';
import type { FileOperations, OpenFile } from './file-operations.ts';
import type { Damage } from './journal-damage.ts';
import { checkRecord, decodeRecord, genesis } from './journal-record.ts';
import type { CheckedRecord, Head } from './journal-record.ts';
import { unreadable } from './journal-segment.ts';
import type { JournalLayout, Segment } from './journal-segment.ts';

const chunkBytes = 1024 * 1024;

/** What is read, and up to where. */
export interface ScanOptions {
  readonly files: FileOperations;
  readonly layout: JournalLayout;
  /** Index of the segment to begin with; 0 unless told. The header's word is taken for what is before it. */
  readonly start?: number;
  /**
   * The record to stop after, asked again and again: a reader of a live journal follows it up to what is on the disk. Without
   * it all is read, and an incomplete last line is counted as torn.
   */
  readonly until?: () => number;
  /** Records before this one are checked and not handed on; none unless told. */
  readonly from?: number;
}

/** One pass; `batches` may be called once. What it found is in its members, also when the caller stops early. */
export class JournalScan {
  /** The last record of the last whole transaction that was read. */
  head: Head;
  /** Length in bytes of the segment being read, up to the end of the last whole transaction. */
  bytes = 0;
  /** Bytes after that at the end of the journal: a write that a crash cut short. */
  tornBytes = 0;
  damage: Damage | undefined;
  /** The last line read in the segment. */
  line = 0;

  readonly #files: FileOperations;
  readonly #layout: JournalLayout;
  readonly #start: number;
  readonly #until: () => number;
  readonly #from: number;

  constructor({ files, layout, start = 0, until = () => Infinity, from = 0 }: ScanOptions) {
    this.#files = files;
    this.#layout = layout;
    this.#start = start;
    this.#until = until;
    this.#from = from;
    this.head = layout.segments[start]?.before ?? genesis;
  }

  /** Whole transactions, a few at a time, in order. Ends at the stop, at the end of the journal or at damage. */
  async *batches(): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    const { segments, broken } = this.#layout;
    let before: Segment | undefined;
    for (let index = this.#start; this.head.seq < this.#until(); index++) {
      const segment = segments[index];
      if (segment === undefined) {
        if (broken !== undefined) this.damage = { ...broken, seq: this.head.seq + 1 };
        return;
      }
      if (before !== undefined && segment.before.seq > this.head.seq) {
        this.#damage(before, `the records up to ${segment.before.seq} are missing at its end`, this.line + 1);
      } else if (segment.before.hash !== this.head.hash) {
        this.#damage(segment, 'it does not continue the segment before it', 1);
      } else {
        yield* this.#segment(segment, index);
      }
      if (this.damage !== undefined) return;
      before = segment;
    }
  }

  async *#segment(segment: Segment, index: number): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    this.line = 0;
    this.bytes = 0;
    let file: OpenFile | undefined;
    try {
      file = await this.#files.open(segment.path, 'read');
      yield* this.#read(segment, index, file);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      this.#damage(segment, unreadable(error), this.line + 1);
    } finally {
      await file?.close();
    }
  }

  async *#read(
    segment: Segment,
    index: number,
    file: OpenFile,
  ): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    const lines = new Lines();
    const open: OpenTransaction = { records: [], head: this.head, bytes: 0 };
    for (;;) {
      const until = this.#until();
      if (this.head.seq >= until) return;
      const left = file.status().bytes - lines.position;
      const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(left, chunkBytes)));
      const length = await file.read(chunk, lines.position);
      if (length === 0) {
        this.#end(segment, index, lines.rest, open);
        return;
      }
      lines.push(chunk.subarray(0, length));
      const batch = this.#decode(segment, lines, open, until);
      if (batch.length > 0) yield batch;
      if (this.damage !== undefined) return;
    }
  }

  /** Decodes the lines at hand; returns the records of whole transactions and keeps those of an open one. */
  #decode(segment: Segment, lines: Lines, open: OpenTransaction, until: number): JournalRecord[] {
    const batch: JournalRecord[] = [];
    while (this.head.seq < until) {
      const line = lines.next();
      if (line === undefined) break;
      this.line += 1;
      open.bytes += line.length + 1;
      if (this.line === 1) {
        this.bytes = open.bytes;
        continue;
      }
      const read = this.#take(line, open);
      if ('fault' in read) {
        this.#damage(segment, read.reason, this.line, open.head.seq + 1, read.fault);
        break;
      }
      open.head = read.head;
      if (read.more) continue;
      batch.push(...open.records.splice(0));
      this.head = open.head;
      this.bytes = open.bytes;
    }
    return batch;
  }

  #take(line: Buffer, open: OpenTransaction): CheckedRecord {
    if (open.head.seq + 1 < this.#from) return checkRecord(line, open.head);
    const decoded = decodeRecord(line, open.head);
    if ('fault' in decoded) return decoded;
    const { record, more } = decoded;
    open.records.push(record);
    return { head: { seq: record.seq, hash: record.hash }, more };
  }

  #end(segment: Segment, index: number, rest: Buffer, open: OpenTransaction): void {
    const { segments, unfinished, broken } = this.#layout;
    const next = segments[index + 1];
    const left = open.bytes + rest.length - this.bytes;
    const seq = open.head.seq + 1;
    if (this.#until() !== Infinity && next === undefined) {
      this.#damage(segment, 'it ends before records that were on the disk', this.line + 1, seq);
    } else if (left > 0 && (next ?? unfinished ?? broken ?? endDamage(rest, open.head)) !== undefined) {
      this.#damage(segment, rest.length > 0 ? 'the line has no end' : 'the transaction has no end', this.line + 1, seq);
    } else {
      this.tornBytes = left;
    }
  }

  #damage(
    segment: Segment,
    reason: string,
    line: number,
    seq = this.head.seq + 1,
    fault: Damage['fault'] = 'damaged',
  ): void {
    this.damage = { fault, segment: segment.name, line, seq, reason };
  }
}

/** A transaction of which some records were read. */
interface OpenTransaction {
  readonly records: JournalRecord[];
  head: Head;
  /** Position in the segment behind the last line that was read. */
  bytes: number;
}

/** A write cut short leaves the beginning of a line. A whole record and something else in place of its line end is damage. */
function endDamage(rest: Buffer, before: Head): JournalRecord | undefined {
  const decoded = decodeRecord(rest.subarray(0, -1), before);
  return 'fault' in decoded ? undefined : decoded.record;
}

/** Splits chunks into lines. */
class Lines {
  /** Bytes taken in: the position to read on at. */
  position = 0;
  /** What follows the last complete line. */
  rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.position += chunk.length;
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
  }

  /** The next complete line, without its end. */
  next(): Buffer | undefined {
    const end = this.rest.indexOf(0x0a);
    if (end < 0) return undefined;
    const line = this.rest.subarray(0, end);
    this.rest = this.rest.subarray(end + 1);
    return line;
  }
}
