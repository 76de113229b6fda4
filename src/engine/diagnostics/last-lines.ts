import { open } from 'node:fs/promises';
import { systemCode } from '../../core/errors.ts';

/** As much of the end of a file as is looked at. */
const mostBytes = 1024 * 1024;

/** The last whole lines of a text file, oldest first; none if it does not exist. Reads at most 1 MiB. */
export async function lastLines(path: string, count: number): Promise<readonly string[]> {
  const bytes = await readEnd(path);
  const lines = bytes.text.split('\n').filter((line) => line !== '');
  // The first line of a part is the end of a line.
  return (bytes.cut ? lines.slice(1) : lines).slice(-count);
}

async function readEnd(path: string): Promise<{ readonly text: string; readonly cut: boolean }> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - mostBytes);
      const buffer = Buffer.alloc(Math.min(size, mostBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return { text: buffer.subarray(0, bytesRead).toString('utf8'), cut: from > 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { text: '', cut: false };
    throw error;
  }
}
