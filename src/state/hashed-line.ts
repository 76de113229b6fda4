/**
 * A line of text that proves itself: canonical JSON with the SHA-256 of its text as a last member, `hash`. The hash is over
 * the bytes on the disk, so a reader needs no second serialisation and any changed byte shows.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

const digestLength = 64;
const closingBrace = 0x7d;
const suffixLength = hashMember('0'.repeat(digestLength)).length;

/** A line as it goes to the disk, and the parts of which it is made. */
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
  const digest = hash('sha256', body);
  return { body, hash: digest, text: body.slice(0, -1) + hashMember(digest) };
}

/** Reads a line without its line end; undefined unless its hash is right. */
export function readHashedLine(line: Buffer): { readonly value: unknown; readonly hash: string } | undefined {
  const checked = checkHashedLine(line);
  if (checked === undefined) return undefined;
  try {
    return { value: JSON.parse(checked.body.toString()), hash: checked.hash };
  } catch {
    return undefined;
  }
}

/** The hash of a line without its line end, and its body; undefined unless the hash is right. The body is not read as JSON. */
export function checkHashedLine(line: Buffer): { readonly body: Buffer; readonly hash: string } | undefined {
  const end = line.length - suffixLength;
  if (end < 1) return undefined;
  const body = Buffer.from(line.subarray(0, end + 1));
  body[end] = closingBrace;
  const digest = hash('sha256', body);
  return line.toString('latin1', end) === hashMember(digest) ? { body, hash: digest } : undefined;
}

function hashMember(digest: string): string {
  return `,"hash":"${digest}"}`;
}
