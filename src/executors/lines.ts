import { StringDecoder } from 'node:string_decoder';

/** A line of a stream with its place there. Offsets are in bytes from the beginning of the file. */
export interface Line {
  /** Without the newline. Bytes that are not UTF-8 are replaced. */
  readonly text: string;
  /** Offset of the first byte. */
  readonly start: number;
  /** Offset behind the newline: where reading can be taken up again. */
  readonly end: number;
  /** Bytes behind the limit of a too long line, which were skipped. */
  readonly truncated?: number;
  /** The file ended without a newline: whoever wrote this was stopped in the middle of it. */
  readonly torn?: true;
}

/** Longest line that is kept whole, in bytes: an agent's tool result with a large file in it still fits. */
export const defaultMaxLineBytes = 8 * 1024 * 1024;

const newline = 0x0a;

/** Cuts bytes into lines that know where they stood in the file. Pure; bounded memory for lines of any length. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  /** Offset of the first byte of the line that is not complete yet. */
  #lineStart: number;
  /** Offset behind the last byte pushed. */
  #position: number;
  /** Holds the kept bytes of the incomplete line; grows by doubling. */
  #kept: Buffer = Buffer.alloc(0);
  #keptBytes = 0;

  constructor(offset: number, maxLineBytes: number = defaultMaxLineBytes) {
    this.#lineStart = offset;
    this.#position = offset;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Offset behind the last byte that was pushed. */
  get position(): number {
    return this.#position;
  }

  /** The lines that `chunk` completes. The chunk may be reused by its owner afterwards. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      lines.push(this.#complete(chunk, from, at));
      from = at + 1;
    }
    this.#keep(chunk, from, chunk.length);
    return lines;
  }

  /** The line that was never ended, if there is one. Only at the end of a run. */
  flush(): Line | undefined {
    if (this.#position === this.#lineStart) return undefined;
    return { ...this.#take(this.#position), torn: true };
  }

  /** Goes on at another offset; an incomplete line is dropped. */
  restart(offset: number): void {
    this.#kept = Buffer.alloc(0);
    this.#keptBytes = 0;
    this.#lineStart = offset;
    this.#position = offset;
  }

  #complete(chunk: Buffer, from: number, to: number): Line {
    if (this.#position === this.#lineStart && to - from <= this.#maxLineBytes) {
      const start = this.#lineStart;
      const end = start + (to - from) + 1;
      this.#lineStart = end;
      this.#position = end;
      return { text: chunk.toString('utf8', from, to), start, end };
    }
    this.#keep(chunk, from, to);
    this.#position += 1;
    return this.#take(this.#position - 1);
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    this.#position += to - from;
    const bytes = Math.min(to - from, this.#maxLineBytes - this.#keptBytes);
    if (bytes <= 0) return;
    const needed = this.#keptBytes + bytes;
    if (needed > this.#kept.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * this.#kept.length), this.#maxLineBytes));
      this.#kept.copy(grown, 0, 0, this.#keptBytes);
      this.#kept = grown;
    }
    chunk.copy(this.#kept, this.#keptBytes, from, from + bytes);
    this.#keptBytes = needed;
  }

  /** Hands out the kept line, whose text ends at offset `textEnd`. */
  #take(textEnd: number): Line {
    const bytes = this.#kept.subarray(0, this.#keptBytes);
    const start = this.#lineStart;
    const end = this.#position;
    const truncated = textEnd - start - bytes.length;
    this.restart(end);
    if (truncated === 0) return { text: bytes.toString('utf8'), start, end };
    // The decoder holds back a character that the limit cut in two.
    return { text: new StringDecoder('utf8').write(bytes), start, end, truncated };
  }
}
