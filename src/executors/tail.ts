/** Follows a growing file line by line. What it hands out can be taken up again by byte offset, by any later reader. */
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { ChangeWatch } from './change-watch.ts';
import type { WatchFolder } from './change-watch.ts';
import { LineSplitter } from './lines.ts';
import type { Line } from './lines.ts';
import { readNow } from './read-now.ts';

/** Bytes of the stream are missing. `offset`: from where on; `lost`: how many of those already read. */
export interface Incomplete {
  readonly reason: 'truncated' | 'replaced';
  readonly offset: number;
  readonly lost?: number;
}

/** Who gets the lines. An exception or a rejection of a handler ends the tail with it. */
export interface TailHandlers {
  /** Lines in order, at most 1,024 at a time. Nothing is read while the promise is pending. */
  onLines(lines: readonly Line[]): void | Promise<void>;
  onIncomplete?(what: Incomplete): void | Promise<void>;
  /** Everything that was in the file has been handed out, for the moment. */
  onCaughtUp?(): void;
  readonly signal: AbortSignal;
  /** Longer lines are handed out cut (`Line.truncated`). Default 8 MiB. */
  readonly maxLineBytes?: number;
}

export type WriterState = 'writing' | 'ended' | 'unknown';

/** How the end of a file is told from a pause. */
export interface TailOptions extends TailHandlers {
  /**
   * `ended`: nobody writes any more, what is in the file is all there will be. `unknown`: it cannot be told whether
   * anybody does; the tail then ends too, but without taking an incomplete last line for a torn one.
   */
  writer(): WriterState | Promise<WriterState>;
  /** Folders in which a change is a reason to ask `writer`; it is asked every `pollMs` as well. */
  readonly endFolders?: readonly string[];
  /** Longest time between two looks at the file, in milliseconds. Default 250; 25 while its folder cannot be watched. */
  readonly pollMs?: number;
  /** Default: `fs.watch`. What it throws or emits as an error is made up for by the timer. */
  readonly watchFolder?: WatchFolder;
}

/** Why a tail ended, and the byte offset from which a later one goes on. */
export interface TailEnd {
  readonly reason: 'ended' | 'unknown' | 'aborted';
  /** Behind the last line that was handed out. */
  readonly offset: number;
  /** The file did not keep all that was written to it. */
  readonly incomplete: boolean;
}

const chunkBytes = 256 * 1024;
/** Keeps one call of `onLines` short, whatever the file holds. */
const maxBatch = 1024;

/**
 * Hands out the lines of `path` from `fromOffset` (0 or the end of a line) on, until nobody writes any more or aborted. The
 * file may appear later. Throws `unreachable` if it cannot be read; what a handler throws ends the tail too.
 */
export async function tail(path: string, fromOffset: number, options: TailOptions): Promise<TailEnd> {
  const changes = new ChangeWatch(path, options);
  const reader = new TailReader(path, fromOffset, options);
  let writer: WriterState = 'writing';
  try {
    for (;;) {
      changes.reset();
      await reader.readOn();
      if (options.signal.aborted) return reader.end('aborted');
      options.onCaughtUp?.();
      if (writer === 'ended') await reader.handOutTorn();
      if (writer !== 'writing') return reader.end(writer);
      if (changes.takeEndHint()) {
        writer = await options.writer();
        // What was written before the end may have come after the last read.
        if (writer !== 'writing') continue;
      }
      await changes.next();
    }
  } finally {
    changes.dispose();
    await reader.dispose();
  }
}

class TailReader {
  readonly #path: string;
  readonly #options: TailHandlers;
  readonly #splitter: LineSplitter;
  readonly #buffer = Buffer.allocUnsafeSlow(chunkBytes);
  #file: FileHandle | undefined;
  #inode: bigint | undefined;
  #replaced = false;
  #incomplete = false;
  #offset: number;

  constructor(path: string, fromOffset: number, options: TailHandlers) {
    this.#path = path;
    this.#options = options;
    this.#offset = fromOffset;
    this.#splitter = new LineSplitter(fromOffset, options.maxLineBytes);
  }

  end(reason: TailEnd['reason']): TailEnd {
    return { reason, offset: this.#offset, incomplete: this.#incomplete };
  }

  /** Hands out all complete lines up to the end of the file; returns early when aborted. */
  async readOn(): Promise<void> {
    const file = await this.#open();
    if (file === undefined) return;
    while (!this.#options.signal.aborted) {
      const bytes = await this.#io(() => file.read(this.#buffer, 0, chunkBytes, this.#splitter.position));
      if (bytes.bytesRead > 0) await this.#handOut(this.#splitter.push(this.#buffer.subarray(0, bytes.bytesRead)));
      else if (!(await this.#shrunk(file))) return;
    }
  }

  async handOutTorn(): Promise<void> {
    const torn = this.#splitter.flush();
    if (torn !== undefined) await this.#handOut([torn]);
  }

  async dispose(): Promise<void> {
    await this.#file?.close();
  }

  async #handOut(lines: readonly Line[]): Promise<void> {
    for (let from = 0; from < lines.length && !this.#options.signal.aborted; from += maxBatch) {
      const batch = lines.slice(from, from + maxBatch);
      await this.#options.onLines(batch);
      this.#offset = batch.at(-1)?.end ?? this.#offset;
    }
  }

  async #open(): Promise<FileHandle | undefined> {
    if (this.#file !== undefined) return this.#file;
    const file = await this.#io(() => open(this.#path, readNow).catch(absentAsUndefined));
    if (file === undefined) return undefined;
    this.#file = file;
    this.#inode = (await this.#io(() => file.stat({ bigint: true }))).ino;
    return file;
  }

  /**
   * At the end of the file: notices what nobody should do to it. A file that was cut is read on from its new end; one
   * that was replaced is read on as well, because its writers still have it open.
   */
  async #shrunk(file: FileHandle): Promise<boolean> {
    const position = this.#splitter.position;
    const { size } = await this.#io(() => file.stat());
    if (size < position) {
      this.#splitter.restart(size);
      this.#offset = Math.min(this.#offset, size);
      await this.#report({ reason: 'truncated', offset: size, lost: position - size });
      return true;
    }
    if (!this.#replaced) {
      const found = await this.#io(() => stat(this.#path, { bigint: true }).catch(absentAsUndefined));
      this.#replaced = found?.ino !== this.#inode;
      if (this.#replaced) await this.#report({ reason: 'replaced', offset: position });
    }
    return false;
  }

  async #report(what: Incomplete): Promise<void> {
    this.#incomplete = true;
    await this.#options.onIncomplete?.(what);
  }

  async #io<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw new CoppiceError(
        'unreachable',
        `The output of the agent cannot be read (${systemCode(error) ?? 'unknown error'}): ${this.#path}`,
        'Check that the file is readable and its disk is there, then attach to the session again.',
        { cause: error },
      );
    }
  }
}

function absentAsUndefined(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}
