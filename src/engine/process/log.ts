/** The engine's log: one JSON object per line, bounded in size, without secrets. */
import { closeSync, copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { toErrorRecord, type ErrorRecord } from '../../core/errors.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
/**
 * Facts beside the text. `session` gets a place of its own in the line, with its task and worktree where they are known (`about`); an
 * `Error` is written with its stack.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** The log for one part of the engine. A line is in the file when the call returns; a failed write never throws. */
export interface Log {
  debug(text: string, fields?: Fields): void;
  info(text: string, fields?: Fields): void;
  warn(text: string, fields?: Fields): void;
  error(text: string, fields?: Fields): void;
  /** The same log under the name of another part of the engine. */
  component(name: string): Log;
  /** Takes these values out of everything that is logged from here on. Asked at every line, so it may change. */
  redact(secrets: () => readonly string[]): void;
  /** Tells of a session what it works on and where, for the lines that name it. Asked at every such line. */
  about(look: (session: string) => Whereabouts | undefined): void;
}

/** Id of a session's task, and the path of its worktree if it has one. */
export interface Whereabouts {
  readonly task: string;
  readonly worktree?: string;
}

/** The log of the process as a whole, which owns the file. */
export interface FileLog extends Log {
  /** Tells whoever started this process why it does not come up (read by `protocol/client/start-log.ts`). */
  failure(error: unknown): void;
  close(): void;
}

/** Where the log is, and how much of it. */
export interface LogOptions {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly pid: number;
  /** Size at which the file is moved to `<path>.1` (its predecessor is dropped), bytes; 4 MiB unless told. */
  readonly rotateBytes?: number;
  /** Lowest level that is written; `info` unless told. */
  readonly level?: Level;
}

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const usualRotateBytes = 4 * 1024 * 1024;
const longestText = 4_000;
const deepest = 5;
const mostEntries = 50;
/** Shorter values would take everyday words out of the log. */
const shortestSecret = 6;
const secretName = /token|secret|passw|credential|authorization|cookie|api[-_]?key|private[-_]?key/i;
const hidden = '[redacted]';

/** Opens the log for appending (mode 0600, folder 0700). Writing never throws: a full disk must not stop the engine. */
export function openLog(options: LogOptions): FileLog {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  return new LogFile(options).log('engine');
}

class LogFile {
  readonly #options: LogOptions;
  readonly #fd: number;
  readonly #secrets: (() => readonly string[])[] = [];
  #whereabouts: (session: string) => Whereabouts | undefined = () => undefined;
  #bytes: number;
  #open = true;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#fd = openSync(options.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  log(component: string): FileLog {
    const at = (level: Level) => (text: string, fields?: Fields) => this.#write(level, component, text, fields ?? {});
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      component: (name) => this.log(name),
      redact: (secrets) => {
        this.#secrets.push(secrets);
      },
      about: (look) => {
        this.#whereabouts = look;
      },
      failure: (error) => {
        const { message } = toErrorRecord(error);
        this.#write('error', component, `the engine does not start: ${message}`, { error }, this.#record(error));
      },
      close: () => this.#close(),
    };
  }

  #record(error: unknown): ErrorRecord {
    const record = toErrorRecord(error);
    const clean = this.#cleaner();
    return { ...record, message: clean(record.message), next: clean(record.next) };
  }

  #write(level: Level, component: string, text: string, fields: Fields, failure?: ErrorRecord): void {
    if (!this.#open || ranks[level] < ranks[this.#options.level ?? 'info']) return;
    const clean = this.#cleaner();
    const { session, ...rest } = fields;
    const line = {
      level,
      at: new Date(this.#options.clock()).toISOString(),
      pid: this.#options.pid,
      component,
      ...(session !== undefined && { session: plain(session, clean, deepest) }),
      ...(typeof session === 'string' && this.#placed(session, clean)),
      text: clean(text),
      ...(Object.keys(rest).length > 0 && { fields: plain(rest, clean, 0) }),
      ...(failure !== undefined && { failure }),
    };
    this.#append(Buffer.from(`${JSON.stringify(line)}\n`));
  }

  #placed(session: string, clean: (text: string) => string): Partial<Whereabouts> {
    const { task, worktree } = this.#whereabouts(session) ?? {};
    return {
      ...(task !== undefined && { task: clean(task) }),
      ...(worktree !== undefined && { worktree: clean(worktree) }),
    };
  }

  #append(bytes: Buffer): void {
    try {
      if (this.#bytes + bytes.length > (this.#options.rotateBytes ?? usualRotateBytes)) this.#rotate();
      // One write: lines of processes that log at the same time do not mix.
      writeSync(this.#fd, bytes);
      this.#bytes += bytes.length;
    } catch {
      // There is nobody to tell; the line is lost.
    }
  }

  /** By copy and cut, not by rename: standard output and error of this process are the same file, and have to stay with it. */
  #rotate(): void {
    const { path } = this.#options;
    copyFileSync(path, `${path}.1`);
    ftruncateSync(this.#fd);
    this.#bytes = 0;
  }

  #cleaner(): (text: string) => string {
    const values = this.#secrets.flatMap((secrets) => secrets()).filter((value) => value.length >= shortestSecret);
    // The longest first, as one may be a part of another.
    const sorted = [...new Set(values)].sort((a, b) => b.length - a.length);
    return (text) => {
      const whole = sorted.reduce((left, secret) => left.replaceAll(secret, hidden), text);
      return whole.length <= longestText ? whole : `${whole.slice(0, longestText)}… (${whole.length} characters)`;
    };
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}

/** A value as bounded JSON. What its name calls a secret is not written. */
function plain(value: unknown, clean: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return clean(value);
  if (value instanceof Error) return plain(describe(value), clean, depth);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
    return clean(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '…';
  if (Array.isArray(value)) return value.slice(0, mostEntries).map((each) => plain(each, clean, depth + 1));
  const entries = Object.entries(value).slice(0, mostEntries);
  return Object.fromEntries(
    entries.map(([name, each]) => {
      const secret = secretName.test(name) && typeof each === 'string';
      return [clean(name), secret ? hidden : plain(each, clean, depth + 1)];
    }),
  );
}

function describe(error: Error): object {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return { name, message, ...code, stack, ...(cause !== undefined && { cause }) };
}
