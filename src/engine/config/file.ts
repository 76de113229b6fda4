/**
 * Reads the text of a settings file, whatever stands at its path. Never waits for long, never reads much. Settings are asked for
 * a dozen times on the way to an agent's start and have mostly not changed: so the look itself is made at once, where a trip to
 * the thread pool for each of its calls takes twenty times as long.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../../core/errors.ts';

/** Settings are written by hand; more than this is a mistake, or meant to cost time. */
export const sizeLimit = 64 * 1024;

/** A file that changed this recently may be half written: it is read again after it has rested. */
const restMs = 50;
const attempts = 4;

/** File systems keep times with steps of up to 2 s (FAT): a younger file may change again without looking different. */
const settledMs = 2000;

export type FileText =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Changes when the file is written or replaced. */
      readonly identity: string;
      /** False while another change could leave `identity` as it is. */
      readonly settled: boolean;
    }
  | { readonly kind: 'unusable'; readonly reason: string; readonly line?: number };

/** How a settings file is read. Of a repository's file no link is followed: it could lead out of the repository. */
export interface FileOptions {
  /** Follow a symbolic link at the path itself. */
  readonly links: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The text at a path, or `same` if the file still has the identity `known`. Never throws for what stands at the path. */
export async function readSettingsText(path: string, options: FileOptions, known?: string): Promise<FileText | 'same'> {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (options.links ? 0 : constants.O_NOFOLLOW);
    file = openSync(path, flags);
  } catch (error) {
    return unopened(error, options.links);
  }
  try {
    return await read(file, options.clock, known);
  } catch (error) {
    return { kind: 'unusable', reason: `it cannot be read (${systemCode(error) ?? 'unknown error'})` };
  } finally {
    closeSync(file);
  }
}

function unopened(error: unknown, links: boolean): FileText {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
  if (code === 'ELOOP') {
    const reason = links
      ? 'it is a symbolic link that leads back to itself'
      : 'it is a symbolic link; put a regular file in its place';
    return { kind: 'unusable', reason };
  }
  return { kind: 'unusable', reason: `it cannot be opened (${code ?? 'unknown error'})` };
}

async function read(file: number, clock: () => number, known: string | undefined): Promise<FileText | 'same'> {
  for (let attempt = 1; ; attempt++) {
    const before = look(file);
    if (!before.regular) return { kind: 'unusable', reason: 'it is not a regular file' };
    if (before.identity === known) return 'same';
    if (before.size > sizeLimit) return { kind: 'unusable', reason: `it is larger than ${sizeLimit / 1024} KiB` };
    const bytes = readUpTo(file, sizeLimit + 1);
    const after = look(file);
    const age = clock() - after.changedAt;
    // The file system's clock can be ahead of this one; and a file that is being emptied shows its old times for a moment
    // (seen on ext4).
    const young = Math.abs(age) < restMs || (bytes.length === 0 && attempt === 1);
    const torn = before.identity !== after.identity || young;
    if (torn && attempt < attempts) {
      await pause(restMs);
      continue;
    }
    if (bytes.length > sizeLimit) return { kind: 'unusable', reason: `it is larger than ${sizeLimit / 1024} KiB` };
    return textOf(bytes, after.identity, age >= settledMs);
  }
}

interface Look {
  readonly regular: boolean;
  readonly size: number;
  readonly identity: string;
  /** Milliseconds since 1970 of the latest change of content or of owner, mode and name. */
  readonly changedAt: number;
}

function look(file: number): Look {
  const stat = fstatSync(file, { bigint: true });
  return {
    regular: stat.isFile(),
    size: Number(stat.size),
    identity: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':'),
    changedAt: Number(stat.ctimeMs > stat.mtimeMs ? stat.ctimeMs : stat.mtimeMs),
  };
}

function readUpTo(file: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const bytesRead = readSync(file, buffer, length, limit - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function textOf(bytes: Buffer, identity: string, settled: boolean): FileText {
  const zero = bytes.indexOf(0);
  if (zero >= 0) return { kind: 'unusable', reason: 'it is not text', line: lineAt(bytes, zero) };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), identity, settled };
  } catch {
    return { kind: 'unusable', reason: 'it is not UTF-8 text', line: lineAt(bytes, firstBadByte(bytes)) };
  }
}

/** A stricter reader than `decode`: where the text stops being UTF-8. */
function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (isPrefix(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether the bytes can be the beginning of UTF-8 text. */
function isPrefix(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (const byte of bytes.subarray(0, offset)) if (byte === 0x0a) line += 1;
  return line;
}
