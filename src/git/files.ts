/** Writing small files so that a reader sees all of it or nothing, whatever is killed when. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';

/** A name beside `path` that nothing else uses. */
export function besides(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Makes a folder and those above it. On a disk that is read only Node says ENOENT of the first one that it could not make. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT' ? pathOf(error) : undefined;
    if (missing !== undefined) await mkdir(missing);
    throw error;
  }
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

async function writeWhole(path: string, text: string, sync: boolean): Promise<string> {
  await makeFolder(dirname(path));
  const next = besides(path);
  const handle = await open(next, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
  return next;
}

/** Replaces the file, on disk when this returns. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = await writeWhole(path, text, true);
  try {
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the file whole and exclusively; false when it is there already. A power failure may undo it. */
export async function createFile(path: string, text: string): Promise<boolean> {
  const next = await writeWhole(path, text, false);
  try {
    await link(next, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(next, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems do not sync folders; the rename itself is still whole.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}

/** A system error of a full or read-only disk as what a person can do about it; everything else as it is. */
export function diskFailure(error: unknown, folder: string): unknown {
  const path = pathOf(error) ?? folder;
  const code = systemCode(error);
  if (error instanceof CoppiceError || code === undefined) return error;
  const options = { context: { path, reason: code }, cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CoppiceError(
      'disk-full',
      `The disk is full: ${path} could not be written.`,
      'Free some space and try again.',
      options,
    );
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new CoppiceError(
      'read-only',
      `${path} may not be written.`,
      'Check who owns the folder and how it is mounted.',
      options,
    );
  }
  return error;
}
