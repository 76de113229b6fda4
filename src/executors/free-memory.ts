/** Memory that programs can still get on this machine. */
import { readFile } from 'node:fs/promises';

/**
 * In bytes, as Linux estimates it: caches that it would give up count as free. Undefined elsewhere: what other systems call free
 * leaves these out, so it is next to nothing on any machine that has been at work for a while.
 */
export async function freeMemory(file = '/proc/meminfo'): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/mu.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
