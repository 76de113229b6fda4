import { CoppiceError } from '../core/errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { Head } from './journal-record.ts';
import { writeSnapshot } from './snapshot.ts';
import type { EntityEntry } from './snapshot.ts';

/** What snapshots are made of, where, and how often. */
export interface SnapshotKeeperOptions {
  readonly files: FileOperations;
  readonly path: string;
  readonly reducerVersion: number;
  /** All entities as they are with everything accepted. */
  readonly entries: () => readonly EntityEntry[];
  /** A snapshot is made after so many records. */
  readonly every: number;
  /** The record of the snapshot that is there; 0 for none. */
  readonly lastSeq: number;
  readonly onProblem: (problem: CoppiceError) => void;
}

/** Decides when a snapshot is made, and makes one at a time. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  /** The record of the last snapshot that was begun. */
  #lastSeq: number;
  /** The state at a record that is accepted and not yet known to be on the disk. */
  #taken: { readonly head: Head; readonly entries: readonly EntityEntry[] } | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#lastSeq = options.lastSeq;
  }

  /**
   * To be called whenever records have reached the disk.
   * @param onDisk the last of them.
   * @param accepted the last record that the entities include.
   */
  committed(onDisk: Head, accepted: Head): void {
    if (this.#stopped || this.#writing !== undefined) return;
    if (this.#taken === undefined && onDisk.seq - this.#lastSeq >= this.#options.every) {
      this.#taken = { head: accepted, entries: this.#options.entries() };
    }
    if (this.#taken === undefined || this.#taken.head.seq > onDisk.seq) return;
    const { head, entries } = this.#taken;
    this.#taken = undefined;
    this.#writing = this.#write(head, entries).finally(() => (this.#writing = undefined));
  }

  /** No more snapshots: the entities are no longer sure to be what the journal says. */
  stop(): void {
    this.#stopped = true;
    this.#taken = undefined;
  }

  /** Makes a last snapshot if there are records since the one before. All that was accepted is on the disk. */
  async close(head: Head): Promise<void> {
    await this.#writing;
    if (!this.#stopped && head.seq > this.#lastSeq) await this.#write(head, this.#options.entries());
    this.stop();
  }

  async #write(head: Head, entries: readonly EntityEntry[]): Promise<void> {
    const { files, path, reducerVersion, onProblem } = this.#options;
    this.#lastSeq = head.seq;
    try {
      await writeSnapshot(files, path, reducerVersion, head, entries);
    } catch (error) {
      const message = 'The snapshot of the state could not be written, so the next start takes longer.';
      onProblem(
        new CoppiceError('internal', message, 'Check the space and the rights of the data directory.', {
          cause: error,
        }),
      );
    }
  }
}
