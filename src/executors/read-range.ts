/** Reads a part of a stream again, for history. */
import { open } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import { LineSplitter } from './lines.ts';
import type { Line } from './lines.ts';
import { readNow } from './read-now.ts';

/** Where reading a part of a stream stops. The first limit that is met counts. */
export interface RangeLimits {
  /** Lines that begin at or behind this offset are left out. Default: the end of the file. */
  readonly to?: number;
  /** Default 1,000. */
  readonly maxLines?: number;
  /** Reading stops after the line that goes beyond this many bytes. Default 16 MiB. */
  readonly maxBytes?: number;
  readonly maxLineBytes?: number;
  /** Hands out a last line without a newline as well, flagged `torn`. For streams that nobody writes to any more. */
  readonly withTorn?: boolean;
}

/** A part of a stream; `next` is a byte offset to hand in as `from`. */
export interface Range {
  readonly lines: readonly Line[];
  /** Where to go on reading. */
  readonly next: number;
  /** There is nothing (complete) behind `next` at present. */
  readonly atEnd: boolean;
}

const chunkBytes = 64 * 1024;

/** Complete lines from `from` (0 or the end of a line) on. A file that does not exist has none. */
export async function readRange(path: string, from: number, limits: RangeLimits = {}): Promise<Range> {
  const { to = Infinity, maxLines = 1_000, maxBytes = 16 * 1024 * 1024 } = limits;
  const file = await open(path, readNow).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return { lines: [], next: from, atEnd: true };
  try {
    const splitter = new LineSplitter(from, limits.maxLineBytes);
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const lines: Line[] = [];
    let next = from;
    const isFull = (): boolean => lines.length >= maxLines || next - from >= maxBytes || next >= to;
    while (!isFull()) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, splitter.position);
      const found = splitter.push(buffer.subarray(0, bytesRead));
      const torn = bytesRead === 0 && limits.withTorn === true ? splitter.flush() : undefined;
      if (torn !== undefined) found.push(torn);
      for (const line of found) {
        if (isFull()) break;
        lines.push(line);
        next = line.end;
      }
      if (bytesRead === 0) return { lines, next, atEnd: true };
    }
    return { lines, next, atEnd: false };
  } finally {
    await file.close();
  }
}
