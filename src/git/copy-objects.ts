/** Copies the objects out of a folder that an agent writes: its own files, and nothing that they lead to. */
import { constants, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CoppiceError, systemCode } from '../core/errors.ts';

const packs = 'pack';
const looseFolder = /^[0-9a-f]{2}$/;
const looseFile = /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/;
const packFile = /^pack-[0-9a-f]{40,64}\.(?:pack|idx)$/;

/**
 * Copies loose objects and packs of a folder `objects` of git into another folder. Links, and whatever else git keeps there, are
 * left out.
 *
 * @param most bytes.
 * @throws CoppiceError `git-failed` when it is more.
 */
export async function copyObjects(from: string, to: string, most: number): Promise<void> {
  let left = most;
  for (const folder of await readdir(from)) {
    if (folder !== packs && !looseFolder.test(folder)) continue;
    if (!(await lstat(join(from, folder))).isDirectory()) continue;
    await mkdir(join(to, folder), { recursive: true });
    for (const name of await readdir(join(from, folder))) {
      if (!(folder === packs ? packFile : looseFile).test(name)) continue;
      left -= await copyPlain(join(from, folder, name), join(to, folder, name), left);
    }
  }
}

/** The bytes that it has; 0 for what is no file of its own. */
async function copyPlain(from: string, to: string, most: number): Promise<number> {
  const file = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(ofAnother);
  if (file === undefined) return 0;
  try {
    const status = await file.stat();
    if (!status.isFile()) return 0;
    if (status.size > most) {
      throw new CoppiceError('git-failed', 'What the agent made is larger than 1 GiB.', 'Bring it home by hand.');
    }
    // Not beyond what was looked at: it may still grow.
    if (status.size === 0) return 0;
    await pipeline(file.createReadStream({ end: status.size - 1, autoClose: false }), createWriteStream(to));
    return status.size;
  } finally {
    await file.close();
  }
}

function ofAnother(error: unknown): undefined {
  const code = systemCode(error);
  // A link, a socket, or gone by now.
  if (code === 'ELOOP' || code === 'EMLINK' || code === 'ENXIO' || code === 'ENOENT') return undefined;
  throw error;
}
