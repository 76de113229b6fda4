/**
 * The snapshot: all entities at one record of the journal, so that opening need not fold every record again. A header line,
 * then one entity per line, in the order of their creation and with members as they are: reading it gives what folding gives,
 * to the last detail that a rule could see. It is a cache: whatever is wrong with it, the journal has everything.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Domain, Entity, EntityRef } from '../core/domain.ts';
import { systemCode } from '../core/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { freezeJson } from './frozen-json.ts';
import { Entities } from './entities.ts';
import type { FileOperations } from './file-operations.ts';
import { readWholeFile, writeFileAtomic } from './files.ts';
import type { Head } from './journal-record.ts';

/** Version of the snapshot, and of the members of the journal's records: what a snapshot includes is not looked at again. */
const snapshotFormat = 1;

/** Entities written between two turns of the event loop: about 5 ms at 2 kB each. */
const sliceLength = 200;

interface Header extends Head {
  readonly format: number;
  readonly reducerVersion: number;
  /** Number of entities per kind. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A snapshot that was read and is sound in itself. */
export interface Snapshot {
  /** The last record that the entities include. */
  readonly head: Head;
  readonly entities: Entities;
}

/** An entity as it was at some moment; entities are immutable, so a list of them is a copy of the state. */
export interface EntityEntry {
  readonly ref: EntityRef;
  readonly entity: Entity;
}

/**
 * Writes a snapshot in place of the one before, giving way to other work in between.
 * @param entries all entities as they are after record `head`, which is on the disk.
 */
export async function writeSnapshot(
  files: FileOperations,
  path: string,
  reducerVersion: number,
  head: Head,
  entries: readonly EntityEntry[],
): Promise<void> {
  const counts: Record<string, number> = {};
  const parts: Buffer[] = [];
  for (let start = 0; start < entries.length; start += sliceLength) {
    let text = '';
    for (const { ref, entity } of entries.slice(start, start + sliceLength)) {
      counts[ref.kind] = (counts[ref.kind] ?? 0) + 1;
      text += `${JSON.stringify({ ...ref, entity })}\n`;
    }
    parts.push(Buffer.from(text));
    await setImmediate();
  }
  const header: Header = { format: snapshotFormat, reducerVersion, ...head, counts };
  const line = Buffer.from(`${canonicalJson({ ...header, checksum: checksum(header, parts) })}\n`);
  await writeFileAtomic(files, path, [line, ...parts]);
}

/**
 * Reads a snapshot. What cannot be used is told as a clause, e.g. `there is none`; nothing is thrown. Whether the journal
 * agrees with `head` is for the caller to see.
 */
export async function readSnapshot(
  files: FileOperations,
  path: string,
  domain: Domain,
): Promise<Snapshot | { readonly unusable: string }> {
  let bytes: Buffer;
  try {
    bytes = await readWholeFile(files, path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { unusable: 'there is none' };
    return { unusable: `it cannot be read (${systemCode(error) ?? String(error)})` };
  }
  try {
    return parseSnapshot(bytes, domain);
  } catch {
    return { unusable: 'it is damaged' };
  }
}

function parseSnapshot(bytes: Buffer, domain: Domain): Snapshot | { readonly unusable: string } {
  const end = bytes.indexOf('\n');
  const { checksum: expected, ...header } = JSON.parse(bytes.toString('utf8', 0, end)) as Header & { checksum: string };
  const body = bytes.subarray(end + 1);
  if (checksum(header, [body]) !== expected) return { unusable: 'its checksum is wrong' };
  if (header.format !== snapshotFormat) return { unusable: `it has format ${header.format}` };
  if (header.reducerVersion !== domain.reducerVersion) {
    return { unusable: `it was made by reducers of version ${header.reducerVersion}` };
  }
  const entities = new Entities(domain);
  for (const line of body.toString('utf8').split('\n').slice(0, -1)) {
    const { kind, id, entity } = JSON.parse(line) as EntityRef & { entity: Entity };
    entities.put({ kind, id }, freezeJson(entity));
  }
  return { head: { seq: header.seq, hash: header.hash }, entities };
}

/** SHA-256, hexadecimal, of the header without its checksum and all that follows it. */
function checksum(header: Header, parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(`${canonicalJson(header)}\n`);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
