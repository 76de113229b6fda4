import { open } from 'node:fs/promises';
import { systemCode } from '../../core/errors.ts';

/** As much of the end of a file as is looked at. */
const mostBytes = 1024 * 1024;

/** The last whole lines of a text file, oldest first; none if it does not exist. Reads at most 1 MiB. */
export async function lastLines(path: string, count: number): Promise<readonly string[]> {
  const bytes = (await readEnd(path, mostBytes)) ?? { text: '', cut: false };
  const lines = bytes.text.split('\n').filter((line) => line !== '');
  // The first line of a part is the end of a line.
  return (bytes.cut ? lines.slice(1) : lines).slice(-count);
}

/** The end of a text file, at most `most` bytes; `cut` when that is not all of it. Undefined if there is no such file. */
export async function readEnd(
  path: string,
  most: number,
): Promise<{ readonly text: string; readonly cut: boolean } | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - most);
      const buffer = Buffer.alloc(Math.min(size, most));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return { text: buffer.subarray(0, bytesRead).toString('utf8'), cut: from > 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
