/** Git's blob id of a file as its bytes are on the disk, without filters. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import { turn } from './turns.ts';

/** How ids are made: `sha1`, or `sha256` in repositories of that format. */
export type ObjectFormat = 'sha1' | 'sha256';

/** Files beyond this many bytes are not read. */
export const largestHashed = 64 * 1024 * 1024;

const chunkBytes = 256 * 1024;
const small = Buffer.allocUnsafe(64 * 1024);

/**
 * The id of what is at a path: of a link that of its target's name. `gone` when nothing is there, `moving` when something
 * else took its place or it was cut while it was read (then there is one more change to come), undefined when it is too
 * large, no file or link, or cannot be read.
 */
export async function blobHash(
  path: Buffer,
  stats: Stats,
  format: ObjectFormat,
): Promise<{ readonly id: string } | 'gone' | 'moving' | undefined> {
  try {
    if (stats.isSymbolicLink()) {
      const target = await readlink(path, { encoding: 'buffer' });
      return { id: header(format, target.length).update(target).digest('hex') };
    }
    await turn();
    const found = smallHash(path, format);
    return found === 'large' ? await fileHash(path, format) : found;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone';
    if (code === 'ELOOP' || code === 'EINVAL') return 'moving'; // a link took the place of a file, or the reverse
    return undefined;
  }
}

/** A file that is read at once: the whole of it fits into a buffer. */
function smallHash(path: Buffer, format: ObjectFormat): { readonly id: string } | 'large' | 'moving' | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    if (stats.size > small.length) return 'large';
    let total = 0;
    while (total < stats.size) {
      const bytesRead = readSync(file, small, total, stats.size - total, total);
      if (bytesRead === 0) return 'moving';
      total += bytesRead;
    }
    return { id: header(format, total).update(small.subarray(0, total)).digest('hex') };
  } finally {
    closeSync(file);
  }
}

async function fileHash(path: Buffer, format: ObjectFormat): Promise<{ readonly id: string } | 'moving' | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const { size } = stats;
    if (!stats.isFile() || size > largestHashed) return undefined;
    const hash = header(format, size);
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size));
    let total = 0;
    // What is appended meanwhile is the next change.
    while (total < size) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - total), total);
      if (bytesRead === 0) break;
      total += bytesRead;
      hash.update(buffer.subarray(0, bytesRead));
    }
    return total === size ? { id: hash.digest('hex') } : 'moving';
  } finally {
    await file.close();
  }
}

function header(format: ObjectFormat, size: number): ReturnType<typeof createHash> {
  return createHash(format).update(`blob ${size}\0`);
}
