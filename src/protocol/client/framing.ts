/**
 * Messages on a socket, with limits: the base protocol of the language server protocol (`Content-Length: N`, an empty line,
 * N bytes of JSON), as `vscode-jsonrpc` speaks it. The library's own reader and writer take any size and queue without end.
 */
import type { Socket } from 'node:net';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';

export const messageLimits = {
  /** Largest message in either direction, bytes. A prompt may have 4 Mi characters, up to 6 bytes each when escaped. */
  bytes: 64 * 1024 * 1024,
  /** Longest time from the first to the last byte of one message, milliseconds. */
  partialMs: 60_000,
} as const;

/** Our headers have 26 bytes at most. */
const longestHeader = 1024;
const separator = Buffer.from('\r\n\r\n');
const lengthHeader = /^content-length: *(\d{1,10})$/i;

/** A message broke a limit or is none; the connection cannot be read any further. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/**
 * What a reader takes; anything beyond is a `FramingError`. `partialMs` is the longest time from the first to the last
 * byte of a message, in milliseconds.
 */
export interface ReaderLimits {
  /** Largest message that is taken at present, bytes. */
  readonly bytes: () => number;
  readonly partialMs: number;
  /** Whether a message is passed on; every one if left out. May throw a `FramingError`. */
  readonly accepts?: (message: object) => boolean;
}

/** Fires one error and reads no more when a limit is broken; closing the socket is up to its owner. */
export class BoundedMessageReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket;
  readonly #limits: ReaderLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #callback: DataCallback = () => undefined;
  /** What was received and not yet taken apart. */
  #chunks: Buffer[] = [];
  #received = 0;
  /** Bytes of the body that is being received; undefined in front of a header. */
  #body: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  constructor(socket: Socket, limits: ReaderLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    const data = (chunk: Buffer): void => this.#take(chunk);
    const close = (): void => {
      clearTimeout(this.#timer);
      this.fireClose();
    };
    this.#socket.on('data', data);
    this.#socket.once('close', close);
    return {
      dispose: () => {
        clearTimeout(this.#timer);
        this.#socket.off('data', data);
        this.#socket.off('close', close);
      },
    };
  }

  override dispose(): void {
    clearTimeout(this.#timer);
    this.#failed = true;
    super.dispose();
  }

  #take(chunk: Buffer): void {
    if (this.#failed) return;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    try {
      while (this.#next()) this.#stopTimer();
      if (this.#received > 0 || this.#body !== undefined) this.#startTimer();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes one message out of what was received; false if there is no whole one. */
  #next(): boolean {
    if (this.#failed) return false;
    this.#body ??= this.#header();
    if (this.#body === undefined || this.#received < this.#body) return false;
    const message: unknown = JSON.parse(this.#decoder.decode(this.#cut(this.#body)));
    this.#body = undefined;
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      throw new FramingError('a message that is not an object');
    }
    if (this.#limits.accepts?.(message) ?? true) this.#callback(message as Message);
    return true;
  }

  #header(): number | undefined {
    const start = this.#joined();
    const end = start.subarray(0, longestHeader).indexOf(separator);
    if (end === -1) {
      if (start.length >= longestHeader) throw new FramingError('no end of a header');
      return undefined;
    }
    const lines = this.#cut(end + separator.length)
      .toString('latin1', 0, end)
      .split('\r\n');
    const [length, ...more] = lines.flatMap((line) => lengthHeader.exec(line)?.[1] ?? []);
    if (length === undefined || more.length > 0) throw new FramingError('a header without one Content-Length');
    const limit = this.#limits.bytes();
    if (Number(length) > limit) throw new FramingError(`a message of ${length} bytes, more than ${limit}`);
    return Number(length);
  }

  /** Removes the first bytes from what was received. */
  #cut(bytes: number): Buffer {
    const all = this.#joined();
    this.#received -= bytes;
    this.#chunks = this.#received === 0 ? [] : [all.subarray(bytes)];
    return all.subarray(0, bytes);
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const all = Buffer.concat(this.#chunks, this.#received);
    this.#chunks = [all];
    return all;
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(
      () => this.#fail(new FramingError('a message that does not end')),
      this.#limits.partialMs,
    );
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#chunks = [];
    this.#received = 0;
    this.#stopTimer();
    this.fireError(error);
  }
}

/** Counts what the other side has not taken yet, so that one that does not read cannot make memory grow. */
export class BoundedMessageWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;
  readonly #limit: number;
  #queued = 0;

  /** @param limit bytes that may wait when another message comes; above it the writer fires an error and drops the message. */
  constructor(socket: Socket, limit: number) {
    super();
    this.#socket = socket;
    this.#limit = limit;
    socket.once('close', () => this.fireClose());
  }

  /** Resolves when the message is handed over to the system, or can no longer be. Rejects if it is too large for a reader. */
  async write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message), 'utf8');
    if (body.length > messageLimits.bytes) {
      throw new FramingError(`The message has ${body.length} bytes, more than ${messageLimits.bytes}.`);
    }
    if (!this.#socket.writable) return;
    if (this.#queued > this.#limit) {
      this.fireError(new FramingError(`${this.#queued} bytes are not read by the other side`), message, 1);
      return;
    }
    const bytes = Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body]);
    this.#queued += bytes.length;
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    this.#queued -= bytes.length;
  }

  end(): void {
    this.#socket.end();
  }
}
