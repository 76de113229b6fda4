/** An index file of ours with nothing in it but what is asked for: `git update-index` would be a process more. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { pathBytes } from './paths.ts';

/** An entry as git would have it after reading a tree: nobody has looked at the file. */
export interface IndexEntry {
  readonly path: string;
  /** Six octal digits. */
  readonly mode: string;
  readonly id: string;
}

const version = 2;
/** Ten numbers about the file, all unknown, of which the seventh is the mode. */
const statBytes = 40;
const modeAt = 24;
const longestName = 0xfff;

/** Writes a whole index; `entries` are in any order, each path once. */
export async function writeIndex(file: string, entries: readonly IndexEntry[]): Promise<void> {
  await writeFile(file, indexBytes(entries), { mode: 0o600 });
}

/** The bytes of an index in git's format of version 2. */
export function indexBytes(entries: readonly IndexEntry[]): Buffer {
  const named = entries.map((entry) => ({ ...entry, name: pathBytes(entry.path) }));
  named.sort((a, b) => Buffer.compare(a.name, b.name));
  const head = Buffer.alloc(12);
  head.write('DIRC', 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeUInt32BE(named.length, 8);
  const content = Buffer.concat([head, ...named.map(entryBytes)]);
  const format = (entries[0]?.id.length ?? 40) === 64 ? 'sha256' : 'sha1';
  return Buffer.concat([content, createHash(format).update(content).digest()]);
}

function entryBytes({ name, mode, id }: IndexEntry & { readonly name: Buffer }): Buffer {
  const fixed = statBytes + id.length / 2 + 2;
  // At least one NUL ends the name, and each entry fills whole groups of eight.
  const bytes = Buffer.alloc(Math.ceil((fixed + name.length + 1) / 8) * 8);
  bytes.writeUInt32BE(parseInt(mode, 8), modeAt);
  bytes.write(id, statBytes, 'hex');
  bytes.writeUInt16BE(Math.min(name.length, longestName), fixed - 2);
  name.copy(bytes, fixed);
  return bytes;
}
