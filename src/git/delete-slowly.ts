/**
 * Deleting that holds nobody up: on some file systems creating files right after deleting many is several times slower
 * (`protocols/git-mechanics.md` A).
 */
import { constants } from 'node:fs';
import { lstat, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isAbsent } from './admin.ts';

/** How gently something is deleted. */
export interface Slowly {
  readonly signal?: AbortSignal;
  /** A pause after every so many files, in milliseconds; default 20 after 200. */
  readonly pauseMs?: number;
}

/** Deletes a folder so gently that whoever makes files at the same time is not held up. Throws the system's error. */
export async function deleteSlowly(folder: string, options: Slowly): Promise<void> {
  let count = 0;
  // Names are bytes: one that is no text could not be named again.
  const visit = async (path: Buffer): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
    if (entries.length > 0) await makeWritable(path);
    for (const entry of entries) {
      const full = Buffer.concat([path, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) await visit(full);
      else await unlink(full);
      count += 1;
      if (count % 200 === 0)
        await delay(options.pauseMs ?? 20, undefined, options.signal === undefined ? {} : { signal: options.signal });
      options.signal?.throwIfAborted();
    }
    await rmdir(path);
  };
  if (!(await isAbsent(folder))) await visit(Buffer.from(folder));
}

/** Tools write-protect folders of what they downloaded (Go); what cannot be changed is told by what follows. */
async function makeWritable(path: Buffer): Promise<void> {
  const { mode } = await lstat(path);
  if ((mode & 0o200) !== 0) return;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await folder.chmod((mode & 0o777) | 0o200).catch(() => undefined);
  } finally {
    await folder.close();
  }
}
