/**
 * One line of the journal: a record as a hashed line. A record that is not the last of its transaction says `more`, so that
 * a transaction is found whole or, after a crash, not at all.
 */
import type { Actor, JournalRecord, NewEvent } from '../core/domain.ts';
import type { Damage } from './journal-damage.ts';
import { freezeJson } from './frozen-json.ts';
import { checkHashedLine, readHashedLine, writeHashedLine } from './hashed-line.ts';

/** The end of a chain of records: where the next one is tied on. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** The head of an empty journal. */
export const genesis: Head = { seq: 0, hash: '0'.repeat(64) };

/** The records of one decision, ready for the disk. */
export interface Transaction {
  readonly records: readonly JournalRecord[];
  /** Their lines, with line ends. */
  readonly bytes: Buffer;
  readonly before: Head;
  readonly after: Head;
}

/**
 * Ties events on to a chain. The records hold what the disk will hold (a copy, frozen), so replay sees exactly this.
 * @throws CoppiceError if an event's data is not JSON.
 */
export function encodeTransaction(before: Head, at: number, actor: Actor, events: readonly NewEvent[]): Transaction {
  const records: JournalRecord[] = [];
  let after = before;
  let text = '';
  for (const [index, { type, v, data }] of events.entries()) {
    const seq = after.seq + 1;
    const more = index < events.length - 1 ? true : undefined;
    const line = writeHashedLine({ seq, at, type, v, actor, data, prev: after.hash, more });
    records.push(toRecord(JSON.parse(line.body) as StoredRecord, line.hash));
    text += `${line.text}\n`;
    after = { seq, hash: line.hash };
  }
  return { records, bytes: Buffer.from(text), before, after };
}

export type DecodedRecord =
  { readonly record: JournalRecord; readonly more: boolean } | Pick<Damage, 'fault' | 'reason'>;

/** Reads a line (without its line end) that should follow `before`. */
export function decodeRecord(line: Buffer, before: Head): DecodedRecord {
  const read = readHashedLine(line);
  if (read === undefined) return { fault: 'damaged', reason: 'the line does not match its hash' };
  const { value, hash } = read;
  if (!isStoredRecord(value)) return { fault: 'newer', reason: 'the record has members this version does not know' };
  if (value.seq !== before.seq + 1) return { fault: 'damaged', reason: `record ${value.seq} stands here` };
  if (value.prev !== before.hash) return { fault: 'damaged', reason: 'it does not continue the record before it' };
  return { record: toRecord(value, hash), more: value.more === true };
}

/** What is known of a record that was checked: whether it is the last of its transaction, or what is wrong with it. */
export type CheckedRecord = { readonly head: Head; readonly more: boolean } | Pick<Damage, 'fault' | 'reason'>;

/**
 * Checks a line as `decodeRecord` does, hash and chain, without reading what the record says: for records that a snapshot
 * includes. Members that this version does not know are not seen, so a version that adds one raises `snapshotFormat`.
 */
export function checkRecord(line: Buffer, before: Head): CheckedRecord {
  const checked = checkHashedLine(line);
  if (checked === undefined) return { fault: 'damaged', reason: 'the line does not match its hash' };
  const seq = before.seq + 1;
  // Members are in the order of their names: these stand behind all data.
  const at = checked.body.lastIndexOf(`,"prev":"${before.hash}","seq":${seq},"type":"`);
  if (at === -1) return { fault: 'damaged', reason: 'it does not continue the record before it' };
  const more = checked.body.subarray(0, at).toString('latin1', at - moreMember.length) === moreMember;
  return { head: { seq, hash: checked.hash }, more };
}

const moreMember = ',"more":true';

type StoredRecord = Omit<JournalRecord, 'hash'> & { readonly more?: true };

function toRecord({ seq, at, type, v, actor, data, prev }: StoredRecord, hash: string): JournalRecord {
  return freezeJson({ seq, at, type, v, actor, data, prev, hash });
}

const members = new Set(['seq', 'at', 'type', 'v', 'actor', 'data', 'prev', 'more']);

function isStoredRecord(value: unknown): value is StoredRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, at, type, v, actor, data, prev, more } = value as Record<string, unknown>;
  return (
    typeof seq === 'number' &&
    typeof at === 'number' &&
    typeof type === 'string' &&
    typeof v === 'number' &&
    typeof actor === 'string' &&
    typeof data === 'object' &&
    data !== null &&
    typeof prev === 'string' &&
    (more === undefined || more === true) &&
    Object.keys(value).every((key) => members.has(key))
  );
}
