/**
 * A line of text that proves itself: canonical JSON with the SHA-256 of its text as a last member, `hash`. The hash is over
 * the bytes on the disk, so a reader needs no second serialisation and any changed byte shows.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

const digestLength = 64;
const suffixLength = hashMember('0'.repeat(digestLength)).length;

export interface HashedLine {
  /** The canonical JSON without the hash. */
  readonly body: string;
  /** SHA-256 of `body`, hexadecimal. */
  readonly hash: string;
  /** The text with the hash, without a line end. */
  readonly text: string;
}

/** Writes an object (with at least one member, none of them `hash`) as a line. */
export function writeHashedLine(value: Readonly<Record<string, unknown>>): HashedLine {
  const body = canonicalJson(value);
  const hash = createHash('sha256').update(body).digest('hex');
  return { body, hash, text: body.slice(0, -1) + hashMember(hash) };
}

/** Reads a line without its line end; undefined unless its hash is right. */
export function readHashedLine(line: Buffer): { readonly value: unknown; readonly hash: string } | undefined {
  const length = line.length - suffixLength;
  if (length < 1) return undefined;
  const hash = createHash('sha256').update(line.subarray(0, length)).update('}').digest('hex');
  if (line.toString('latin1', length) !== hashMember(hash)) return undefined;
  try {
    return { value: JSON.parse(`${line.toString('utf8', 0, length)}}`), hash };
  } catch {
    return undefined;
  }
}

function hashMember(hash: string): string {
  return `,"hash":"${hash}"}`;
}
