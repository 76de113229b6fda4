/** The single changes between two contents of a file, and contents made out of some of them. */
import { CoppiceError } from '../core/errors.ts';
import type { Repository } from './repository.ts';

/**
 * One change: lines `oldStart` to `oldStart + oldLines - 1` become lines `newStart` to `newStart + newLines - 1`, counted
 * from 1. With no old lines something is put in behind line `oldStart`; with no new lines something is taken out behind
 * line `newStart`.
 */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
}

/** Larger files are taken as a whole. */
export const hunkBytes = 16 * 1024 * 1024;

const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/**
 * The changes from one blob to another one, in order, each as small as can be. Always the same for the same blobs: no
 * setting of a user changes it. Undefined for binary or very large content.
 */
export async function hunksBetween(repository: Repository, from: string, to: string): Promise<Hunk[] | undefined> {
  if (from === to) return [];
  const args = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--histogram', '--indent-heuristic', '-U0'];
  const more = ['--inter-hunk-context=0', '--no-prefix', from, to];
  const config = [{ key: 'core.bigFileThreshold', value: String(hunkBytes) }];
  const { stdout } = await repository.run([...args, ...more], { config, maxBytes: 4 * hunkBytes });
  return parseHunks(stdout.toString('latin1'));
}

/** Reads the heads of a diff without context; its lines begin with something else. */
export function parseHunks(diff: string): Hunk[] | undefined {
  if (/^Binary files /m.test(diff)) return undefined;
  return diff.split('\n').flatMap((line) => {
    const match = head.exec(line);
    if (match === null) return [];
    const [, oldStart = '0', oldLines = '1', newStart = '0', newLines = '1'] = match;
    return [
      {
        ...{ oldStart: Number(oldStart), oldLines: Number(oldLines) },
        ...{ newStart: Number(newStart), newLines: Number(newLines) },
      },
    ];
  });
}

/** `before` with the chosen ones (by index) of all its changes to `after`. Byte for byte: line ends stay what they are. */
export function withHunks(before: Buffer, after: Buffer, hunks: readonly Hunk[], chosen: ReadonlySet<number>): Buffer {
  const [old, next] = [linesOf(before), linesOf(after)];
  const out: Buffer[] = [];
  let at = 0;
  for (const [index, hunk] of hunks.entries()) {
    if (!chosen.has(index)) continue;
    const from = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    out.push(...old.slice(at, from), ...next.slice(start, start + hunk.newLines));
    at = from + hunk.oldLines;
  }
  out.push(...old.slice(at));
  return Buffer.concat(out);
}

/** Lines with their ends. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    const stop = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(at, stop));
    at = stop;
  }
  return lines;
}

/**
 * The blob that `from` becomes when the chosen changes towards `to` are made.
 *
 * @throws CoppiceError `bad-usage` when the file has no such changes.
 */
export async function blobWithHunks(
  repository: Repository,
  path: string,
  { from, to, chosen }: { readonly from: string; readonly to: string; readonly chosen: readonly number[] },
): Promise<string> {
  const hunks = await hunksBetween(repository, from, to);
  const wrong = hunks === undefined ? undefined : chosen.find((index) => hunks[index] === undefined);
  if (hunks === undefined || wrong !== undefined) {
    const what = hunks === undefined ? 'cannot be taken in parts' : `has no change ${wrong ?? ''}`;
    throw new CoppiceError('bad-usage', `${path} ${what}.`, 'Look at the changes again, or take the whole file.');
  }
  const read = async (id: string): Promise<Buffer> => (await repository.run(['cat-file', 'blob', id])).stdout;
  const input = withHunks(await read(from), await read(to), hunks, new Set(chosen));
  return (await repository.run(['hash-object', '-w', '--no-filters', '--stdin'], { input })).stdout
    .toString('latin1')
    .trim();
}
