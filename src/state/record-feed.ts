import type { JournalRecord } from '../core/domain.ts';
import { CoppiceError } from '../core/errors.ts';

export type RecordsListener = (records: readonly JournalRecord[]) => void;
export type RecordsReceiver = (records: readonly JournalRecord[]) => void | Promise<void>;
export type Dispose = () => void;

/** Records kept in memory for subscribers that are nearly up to date; the others read the disk. */
const recentLength = 1000;

/** Where a feed begins, and how it reads what it no longer has in memory. */
export interface FeedOptions {
  /** The last record on the disk at the start. */
  readonly lastSeq: number;
  /** Reads records on the disk from `from` up to `until()`. */
  readonly read: (from: number, until: () => number) => AsyncIterable<readonly JournalRecord[]>;
  /** Told what a listener threw. */
  readonly onProblem: (problem: CoppiceError) => void;
}

/** Hands out records that are on the disk: to observers as they come, and to subscribers from any record on. */
export class RecordFeed {
  lastSeq: number;

  readonly #options: FeedOptions;
  readonly #listeners = new Set<RecordsListener>();
  /** Wake the subscribers that have everything. */
  readonly #sleepers = new Set<() => void>();
  #recent: readonly JournalRecord[] = [];
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.lastSeq = options.lastSeq;
  }

  /** Takes records that have reached the disk, in order. */
  publish(records: readonly JournalRecord[]): void {
    this.lastSeq = records.at(-1)?.seq ?? this.lastSeq;
    const recent = [...this.#recent, ...records];
    this.#recent = recent.length > 2 * recentLength ? recent.slice(-recentLength) : recent;
    this.#wake();
    for (const listener of [...this.#listeners]) this.#tell(listener, records);
  }

  /** Calls a listener with all records that come from here on, in order, once. What it throws disturbs nobody. */
  onRecords(listener: RecordsListener): Dispose {
    const own: RecordsListener = (records) => listener(records);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** The records from `from` on, up to the last one on the disk when the reader gets there. */
  async *records(from: number): AsyncGenerator<JournalRecord, void, undefined> {
    for await (const batch of this.#batches(from)) yield* batch;
  }

  /**
   * Calls a receiver with the records from `from` on, then with those that come, in order and exactly once; the next call
   * waits until the promise of the last is resolved. Ends (resolves) when the signal says so or the feed is closed.
   * @throws CoppiceError `bad-usage` if `from` is beyond the next record; what the receiver throws; what reading throws.
   */
  async subscribe(from: number, receiver: RecordsReceiver, signal: AbortSignal): Promise<void> {
    if (from < 1 || from > this.lastSeq + 1) {
      const message = `Events from ${from} on were asked for, but the journal has 1 to ${this.lastSeq}.`;
      throw new CoppiceError('bad-usage', message, 'Load the state afresh and subscribe from its last event.');
    }
    const ended = (): boolean => signal.aborted;
    let next = from;
    while (!ended()) {
      for await (const batch of this.#batches(next)) {
        if (ended()) return;
        next += batch.length;
        await receiver(batch);
      }
      if (this.#closed) return;
      if (next > this.lastSeq) await this.#news(signal);
    }
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#wake();
  }

  async *#batches(from: number): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    let next = from;
    while (next <= this.lastSeq) {
      const recent = this.#recentFrom(next);
      if (recent === undefined) {
        for await (const batch of this.#options.read(next, () => this.lastSeq)) {
          next += batch.length;
          yield batch;
        }
      } else {
        next += recent.length;
        yield recent;
      }
    }
  }

  /** The records from `from` on, if all of them are in memory. */
  #recentFrom(from: number): readonly JournalRecord[] | undefined {
    const first = this.#recent[0]?.seq;
    return first === undefined || from < first ? undefined : this.#recent.slice(from - first);
  }

  /** Resolves at the next publication, at the end of the feed or of the signal. */
  #news(signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#sleepers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  #tell(listener: RecordsListener, records: readonly JournalRecord[]): void {
    try {
      listener(records);
    } catch (error) {
      const message = `A listener failed on event ${records[0]?.seq ?? 0}.`;
      this.#options.onProblem(new CoppiceError('internal', message, 'Report this as a bug.', { cause: error }));
    }
  }
}
