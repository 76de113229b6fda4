import { CoppiceError } from '../core/errors.ts';
import type { FileOperations, OpenFile } from './file-operations.ts';
import { meddled, refused, writeFailed } from './journal-failure.ts';
import type { Head, Transaction } from './journal-record.ts';
import { encodeHeader, makeSegment, segmentName } from './journal-segment.ts';
import type { Segment } from './journal-segment.ts';

/** Where and how a writer writes, and whom it tells of what became of it. */
export interface WriterOptions {
  readonly files: FileOperations;
  readonly directory: string;
  /** A segment is not longer than this, in bytes. */
  readonly segmentBytes: number;
  /** Called before every write; if it throws, nothing is written and the writer has failed. */
  readonly beforeCommit: () => Promise<void> | void;
  /** Called with what is safely on the disk, in order, before the promises of `append` resolve. Must not throw. */
  readonly onCommitted: (transactions: readonly Transaction[]) => void;
  /** Called once, before the promises of `append` reject. Must not throw. */
  readonly onFailed: (failure: CoppiceError) => void;
}

/** Where the writer goes on. */
export interface WriterStart {
  readonly head: Head;
  /** All segments with a header; the writer adds those it begins. */
  readonly segments: Segment[];
  /** The last segment, opened to append, and its length; undefined to begin the first one. */
  readonly last:
    { readonly number: number; readonly file: OpenFile; readonly bytes: number; readonly sealed: number } | undefined;
}

interface Waiting {
  readonly transaction: Transaction;
  readonly resolve: () => void;
  readonly reject: (failure: CoppiceError) => void;
}

/**
 * The one writer of a journal. Transactions that wait while another write is under way share the next write and its
 * fsync (group commit); they reach the disk in the order in which they were given. After a failure nothing is written
 * ever again.
 */
export class JournalWriter {
  /** Why nothing can be written any more. */
  failure: CoppiceError | undefined;

  readonly #options: WriterOptions;
  readonly #segments: Segment[];
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** The last record on the disk. */
  #head: Head;
  #file: OpenFile | undefined;
  #number: number;
  /** Length of the segment at hand; 0 means that it still needs its header. */
  #bytes: number;
  /** Length of the segment before. */
  #sealed: number;

  constructor(options: WriterOptions, { head, segments, last }: WriterStart) {
    this.#options = options;
    this.#segments = segments;
    this.#head = head;
    this.#file = last?.file;
    this.#number = last?.number ?? 0;
    this.#bytes = last?.bytes ?? 0;
    this.#sealed = last?.sealed ?? 0;
  }

  /**
   * Resolves when the transaction is on the disk.
   * @throws CoppiceError `disk-full`, `read-only`: it is not and never will be (or, if the message says so, may be).
   */
  append(transaction: Transaction): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ transaction, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Writes what waits, then closes the file. Later appends are refused. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    this.failure ??= new CoppiceError('read-only', 'The journal is closed.', 'Open it again.');
    await this.#file?.close();
    this.#file = undefined;
  }

  async #run(): Promise<void> {
    let group: Waiting[] = [];
    try {
      while (this.#queue.length > 0) {
        await this.#mayCommit();
        const file = await this.#fileFor(this.#queue[0]?.transaction.bytes.length ?? 0);
        const segment = this.#bytes === 0 ? makeSegment(this.#options.directory, this.#number, this.#head) : undefined;
        const header = segment === undefined ? Buffer.alloc(0) : encodeHeader(segment, this.#sealed);
        group = this.#takeGroup(header.length);
        const transactions = group.map(({ transaction }) => transaction);
        await this.#commit(file, segment, Buffer.concat([header, ...transactions.map(({ bytes }) => bytes)]));
        this.#head = transactions.at(-1)?.after ?? this.#head;
        this.#options.onCommitted(transactions);
        for (const { resolve } of group) resolve();
        group = [];
      }
    } catch (error) {
      const failure = await this.#fail(error);
      for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(failure);
    } finally {
      this.#running = undefined;
    }
  }

  async #mayCommit(): Promise<void> {
    try {
      await this.#options.beforeCommit();
    } catch (error) {
      throw refused(error);
    }
  }

  /** The file to append so many bytes to: the segment at hand, or the next one if they do not fit. */
  async #fileFor(bytes: number): Promise<OpenFile> {
    const { files, directory, segmentBytes } = this.#options;
    if (this.#file !== undefined && this.#bytes + bytes <= segmentBytes) return this.#file;
    const { path } = makeSegment(directory, this.#number + 1, this.#head);
    const file = await files.open(path, 'create');
    await this.#file?.close();
    this.#file = file;
    this.#number += 1;
    this.#sealed = this.#bytes;
    this.#bytes = 0;
    return file;
  }

  /** As many of the waiting as fit into the segment, at least one. */
  #takeGroup(header: number): Waiting[] {
    let bytes = this.#bytes + header;
    let count = 0;
    for (const { transaction } of this.#queue) {
      bytes += transaction.bytes.length;
      if (count > 0 && bytes > this.#options.segmentBytes) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(file: OpenFile, segment: Segment | undefined, bytes: Buffer): Promise<void> {
    this.#checkUntouched(file);
    await file.write(bytes);
    await file.datasync();
    if (segment !== undefined) {
      await this.#options.files.syncDirectory(this.#options.directory);
      this.#segments.push(segment);
    }
    this.#bytes += bytes.length;
  }

  /** A file of another length has a second writer, one without a name is gone: what is written there would be lost. */
  #checkUntouched(file: OpenFile): void {
    const { bytes, linked } = file.status();
    if (linked && bytes === this.#bytes) return;
    throw meddled(segmentName(this.#number), linked ? 'changed' : 'deleted');
  }

  async #fail(error: unknown): Promise<CoppiceError> {
    this.failure = error instanceof CoppiceError ? error : writeFailed(error, await this.#undo());
    this.#options.onFailed(this.failure);
    return this.failure;
  }

  /** Takes back what a failed write left, if the journal is still ours. Returns whether the file is as it was. */
  async #undo(): Promise<boolean> {
    try {
      await this.#options.beforeCommit();
      await this.#file?.truncate(this.#bytes);
      await this.#file?.datasync();
      return true;
    } catch {
      return false;
    }
  }
}
