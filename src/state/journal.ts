import type { Actor, JournalRecord, NewEvent } from '../core/domain.ts';
import { CoppiceError } from '../core/errors.ts';
import { damageError } from './journal-damage.ts';
import { encodeTransaction } from './journal-record.ts';
import type { Head, Transaction } from './journal-record.ts';
import { JournalScan } from './journal-scan.ts';
import type { JournalLayout } from './journal-segment.ts';
import { verifyJournal } from './journal-verify.ts';
import type { Verification } from './journal-verify.ts';
import { JournalWriter } from './journal-writer.ts';
import type { WriterOptions, WriterStart } from './journal-writer.ts';

/** Room kept for a segment's header, in bytes. */
const headerRoom = 512;

/** The journal: accepts transactions in order, puts them on the disk, reads them back. */
export class Journal {
  /** The last record on the disk. */
  committed: Head;
  /** The last record accepted; it may still be on its way to the disk. */
  accepted: Head;

  readonly #options: WriterOptions;
  readonly #layout: JournalLayout;
  readonly #writer: JournalWriter | CoppiceError;
  /** What was accepted last, on its way to the disk. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param head the last record on the disk.
   * @param start where to go on writing, or why the journal is for reading only; from `openToWrite`.
   */
  constructor(options: WriterOptions, layout: JournalLayout, head: Head, start: WriterStart | CoppiceError) {
    const onCommitted = (transactions: readonly Transaction[]): void => this.#onCommitted(transactions);
    this.committed = head;
    this.accepted = head;
    this.#options = options;
    this.#layout = layout;
    this.#writer = start instanceof CoppiceError ? start : new JournalWriter({ ...options, onCommitted }, start);
  }

  /** Why nothing can be written; undefined while it can. */
  get readOnlyReason(): CoppiceError | undefined {
    return this.#writer instanceof CoppiceError ? this.#writer : this.#writer.failure;
  }

  /**
   * Ties events on to the last accepted record without accepting them yet.
   * @throws CoppiceError if the data is not JSON, or is more than a segment holds.
   */
  prepare(at: number, actor: Actor, events: readonly NewEvent[]): Transaction {
    const transaction = encodeTransaction(this.accepted, at, actor, events);
    if (transaction.bytes.length > this.#options.segmentBytes - headerRoom) {
      throw new CoppiceError(
        'bad-usage',
        `The events are too large for the journal (${transaction.bytes.length} bytes).`,
        'Store large data in a file and journal where it is.',
      );
    }
    return transaction;
  }

  /** Accepts what `prepare` gave last. Resolves once it is on the disk; see `JournalWriter.append` for errors. */
  append(transaction: Transaction): Promise<void> {
    if (this.#writer instanceof CoppiceError) return Promise.reject(this.#writer);
    this.accepted = transaction.after;
    this.#last = this.#writer.append(transaction);
    return this.#last;
  }

  /**
   * Records from `from` on, as they are on the disk, up to `until()` (asked again while reading).
   * @throws CoppiceError `corrupt` or `version-mismatch` where they cannot be read.
   */
  async *read(from: number, until: () => number): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    const start = Math.max(
      0,
      this.#layout.segments.findLastIndex(({ before }) => before.seq < from),
    );
    const scan = new JournalScan({ files: this.#options.files, layout: this.#layout, start, until });
    for await (const batch of scan.batches()) {
      const wanted = batch.filter(({ seq }) => seq >= from);
      if (wanted.length > 0) yield wanted;
    }
    if (scan.damage !== undefined) throw damageError(scan.damage);
  }

  /** Resolves when what was accepted is on the disk; see `JournalWriter.append` for errors. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Checks everything on the disk; while it is being written, everything that was accepted at the call. */
  async verify(): Promise<Verification> {
    await this.#last.catch(() => undefined); // whoever was waiting for it is told
    const until = this.#writer instanceof CoppiceError ? Infinity : this.committed.seq;
    return verifyJournal(this.#options.files, this.#options.directory, until);
  }

  /** Waits until everything accepted is on the disk or has failed, and ends writing. */
  async close(): Promise<void> {
    if (!(this.#writer instanceof CoppiceError)) await this.#writer.close();
  }

  #onCommitted(transactions: readonly Transaction[]): void {
    this.committed = transactions.at(-1)?.after ?? this.committed;
    this.#options.onCommitted(transactions);
  }
}
