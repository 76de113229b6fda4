/**
 * The files of the journal: `000001.jsonl`, `000002.jsonl` … Line 1 of each is a header that carries the chain over: the
 * last record of the segment before and that segment's length. So a segment is sealed by the very write that begins the
 * next one, and the ends of all segments are known without reading them.
 */
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { Damage } from './journal-damage.ts';
import { genesis } from './journal-record.ts';
import type { Head } from './journal-record.ts';
import { readHashedLine, writeHashedLine } from './hashed-line.ts';

/**
 * Version of the journal's format. Every format keeps a segment's first line as a hashed line with a number `format`, so
 * that any version can tell that it is too old.
 */
export const journalFormat = 1;

/** A header is about 260 bytes; a first line longer than this is none. */
const maxHeaderBytes = 4096;

/** A segment whose header is good. `number` counts from 1, `name` is the file's, `path` is absolute. */
export interface Segment {
  readonly number: number;
  readonly name: string;
  readonly path: string;
  /** The last record before this segment. */
  readonly before: Head;
}

/** What a look at names, lengths and headers shows. */
export interface JournalLayout {
  /** Segments with a good header, from the first on. */
  readonly segments: Segment[];
  /** A last segment whose creation was cut short; it holds nothing. */
  readonly unfinished: { readonly number: number; readonly bytes: number } | undefined;
  /** Why there are no more segments than these, if that is not the end of the journal; the record is not known yet. */
  readonly broken: Omit<Damage, 'seq'> | undefined;
  /** False if a sealed segment does not have the length it was sealed with: read everything to find the place. */
  readonly lengthsAgree: boolean;
}

/** File name of a segment: its number in six digits or more, so that names sort in the order of the records. */
export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

/** The segment with this number in a folder, going on after the record `before`. Only names are made, no file. */
export function makeSegment(directory: string, number: number, before: Head): Segment {
  const name = segmentName(number);
  return { number, name, path: join(directory, name), before };
}

/** The header line, with its line end. `sealedBytes` is the length of the segment before, 0 for the first. */
export function encodeHeader(segment: Segment, sealedBytes: number): Buffer {
  const { number, before } = segment;
  const header = {
    format: journalFormat,
    segment: number,
    seq: before.seq + 1,
    prev: before.hash,
    sealed: sealedBytes,
  };
  return Buffer.from(`${writeHashedLine(header).text}\n`);
}

type Fault = Pick<Damage, 'fault' | 'reason'>;

/** Reads a header (without its line end) of the segment with this number. */
export function decodeHeader(line: Buffer, number: number): { before: Head; sealedBytes: number } | Fault {
  const value = readHashedLine(line)?.value;
  if (typeof value !== 'object' || value === null || !('format' in value)) {
    return { fault: 'damaged', reason: 'the header does not match its hash' };
  }
  if (value.format !== journalFormat) {
    return { fault: 'newer', reason: `format ${String(value.format)}, this version reads ${journalFormat}` };
  }
  const { segment, seq, prev, sealed } = value as Record<string, unknown>;
  if (typeof seq !== 'number' || typeof prev !== 'string' || typeof sealed !== 'number') {
    return { fault: 'damaged', reason: 'the header is incomplete' };
  }
  if (segment !== number) return { fault: 'damaged', reason: `this is segment ${String(segment)} under another name` };
  return { before: { seq: seq - 1, hash: prev }, sealedBytes: sealed };
}

/** Looks at the journal in a folder without reading its records. Changes nothing; a folder that is missing is empty. */
export async function readLayout(files: FileOperations, directory: string): Promise<JournalLayout> {
  const segments: Segment[] = [];
  let lengthsAgree = true;
  const layout = (ending: Partial<JournalLayout> = {}): JournalLayout => {
    return { segments, unfinished: undefined, broken: undefined, lengthsAgree, ...ending };
  };
  const stop = (number: number, fault: Fault): JournalLayout => {
    return layout({ broken: { segment: segmentName(number), line: 1, ...fault } });
  };
  const names = await listSegments(files, directory);
  if ('fault' in names) return stop(1, names);
  const count = Math.max(0, ...names.map((name) => Number.parseInt(name, 10)));
  let bytes = 0;
  for (let number = 1; number <= count; number++) {
    const name = segmentName(number);
    if (!names.includes(name)) return stop(number, { fault: 'damaged', reason: 'the segment is missing' });
    const start = await readStart(files, join(directory, name));
    if ('fault' in start) return stop(number, start);
    const { line, cutShort } = splitHeader(start.text, number);
    if (cutShort && number === count && start.bytes <= maxHeaderBytes) {
      return layout({ unfinished: { number, bytes: start.bytes } });
    }
    const header = decodeHeader(line, number);
    if ('fault' in header) return stop(number, header);
    if (number === 1 && (header.before.seq !== genesis.seq || header.before.hash !== genesis.hash)) {
      return stop(number, { fault: 'damaged', reason: 'the first segment continues another one' });
    }
    lengthsAgree &&= header.sealedBytes === bytes;
    bytes = start.bytes;
    segments.push(makeSegment(directory, number, header.before));
  }
  return layout();
}

async function listSegments(files: FileOperations, directory: string): Promise<readonly string[] | Fault> {
  try {
    return (await files.list(directory)).filter((name) => /^\d{6,}\.jsonl$/.test(name));
  } catch (error) {
    return { fault: 'damaged', reason: unreadable(error) };
  }
}

/** The first line, and whether it is one whose writing was cut short. A header with a damaged line end is no such line. */
function splitHeader(text: Buffer, number: number): { line: Buffer; cutShort: boolean } {
  const end = text.indexOf('\n');
  if (end >= 0) return { line: text.subarray(0, end), cutShort: false };
  return { line: text, cutShort: 'fault' in decodeHeader(text.subarray(0, -1), number) };
}

async function readStart(files: FileOperations, path: string): Promise<{ text: Buffer; bytes: number } | Fault> {
  try {
    const file = await files.open(path, 'read');
    try {
      const buffer = Buffer.alloc(maxHeaderBytes);
      const length = await file.read(buffer, 0);
      return { text: buffer.subarray(0, length), bytes: file.status().bytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { fault: 'damaged', reason: unreadable(error) };
  }
}

/** Why a segment could not be read, as a `reason`. */
export function unreadable(error: unknown): string {
  return `it cannot be read (${systemCode(error) ?? String(error)})`;
}
