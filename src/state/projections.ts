import type { JournalRecord } from '../core/domain.ts';
import { makeFoldersBelow } from './folders-below.ts';
import type { StateView } from './entities.ts';
import type { FileOperations } from './file-operations.ts';
import { appendToFile, putFile, writeFileAtomic } from './files.ts';

/** One change of one file that shows the state. */
export interface FileChange {
  /** Absolute. */
  readonly path: string;
  /** The whole text; null removes the file. With `append`: what comes after the present text. */
  readonly content: string | null;
  readonly append?: boolean;
  /**
   * A folder above the file in which somebody else may write, such as an agent's worktree: then it has to be there, and
   * nothing between it and the file may be a link, which would lead the write to another place.
   */
  readonly within?: string;
}

/** What a record changes in files. The view may be ahead of the record. */
export type Project = (record: JournalRecord, view: StateView) => readonly FileChange[];

/** What is projected, to which disk, and who is told when that fails. */
export interface ProjectionsOptions {
  readonly files: FileOperations;
  readonly view: StateView;
  readonly project: Project;
  /** Told why a file could not be written, or a record not be projected (path undefined). Must not throw. */
  readonly onFailure: (error: unknown, path: string | undefined) => void;
  /**
   * Written is when nothing has changed for this many milliseconds, and where changes do not end, after four times as long; 50
   * unless told, which a person sees as at once. Who commits one record after the other waits for the disk each time, and the
   * disk is then not asked for files as well.
   */
  readonly intervalMs?: number;
}

/** So many intervals at most a change waits. */
const mostIntervals = 4;

type PendingFile = Pick<FileChange, 'content' | 'within'> & { readonly append: boolean };

/**
 * Files that show a part of the state (`metadata.json`, `active.json` …), written from records after they are in the
 * journal. Several changes of one file within a moment are one write; no commit ever waits for it.
 */
export class Projections {
  readonly #options: ProjectionsOptions;
  #pending = new Map<string, PendingFile>();
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest of the changes came that the timer is for, in milliseconds of this process. */
  #since = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: ProjectionsOptions) {
    this.#options = options;
  }

  /** Takes records in order; to be given to `StateManager.onRecords`. */
  apply(records: readonly JournalRecord[]): void {
    for (const record of records) {
      try {
        for (const change of this.#options.project(record, this.#options.view)) this.#add(change);
      } catch (error) {
        this.#options.onFailure(error, undefined);
      }
    }
    this.#schedule();
  }

  /** Resolves when all that was taken so far is on the disk (or its failure told). */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#pending.size > 0) {
      this.#write();
      await this.#writing;
    }
  }

  /** Writes what is left; what comes later is dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #add({ path, content, append = false, within }: FileChange): void {
    if (this.#closed) return;
    const before = append ? this.#pending.get(path) : undefined;
    const merged =
      before === undefined
        ? { content, append }
        : { content: (before.content ?? '') + (content ?? ''), append: before.append };
    this.#pending.set(path, within === undefined ? merged : { ...merged, within });
  }

  #schedule(): void {
    if (this.#writing !== undefined || this.#pending.size === 0) return;
    const { intervalMs = 50 } = this.#options;
    const now = performance.now();
    if (this.#timer === undefined) this.#since = now;
    const left = this.#since + mostIntervals * intervalMs - now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), Math.max(0, Math.min(intervalMs, left)));
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writePending().finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  async #writePending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [path, { content, append, within }] of pending) {
      try {
        if (within !== undefined) await makeFoldersBelow(within, path);
        if (content === null) await this.#options.files.remove(path);
        else if (append) await appendToFile(this.#options.files, path, content);
        else await (within === undefined ? writeFileAtomic : putFile)(this.#options.files, path, content);
      } catch (error) {
        this.#options.onFailure(error, path);
      }
    }
  }
}
