/**
 * Small files: written so that a reader sees all of it or nothing, whatever is killed when, and looked at. Only what waits for
 * a disk is handed to a thread: making a worktree takes a hundred such calls, and on a busy machine each trip to a thread takes
 * a hundred times as long as the call.
 */
import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';

/** A name beside `path` that nothing else uses. */
export function besides(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Makes a folder and those above it. On a disk that is read only Node says ENOENT, and which folder it means differs: the first is tried alone. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') mkdirSync(firstMissing(path));
    throw error;
  }
}

/** The topmost folder of a path that is not there. */
function firstMissing(path: string): string {
  const above = dirname(path);
  return above === path || existsSync(above) ? path : firstMissing(above);
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

async function writeWhole(path: string, text: string | Uint8Array, sync: boolean, mode = 0o600): Promise<string> {
  makeFolder(dirname(path));
  const next = besides(path);
  if (!sync) {
    writeFileSync(next, text, { mode, flag: 'wx' });
    return next;
  }
  const handle = await open(next, 'wx', 0o600);
  try {
    writeFileSync(handle.fd, text);
    if (mode !== 0o600) await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return next;
}

/** Replaces the file, on disk when this returns. `mode` is that of the file; nobody else's business unless told. */
export async function replaceFile(path: string, text: string | Uint8Array, mode?: number): Promise<void> {
  const next = await writeWhole(path, text, true, mode);
  try {
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the file whole and exclusively; false when it is there already. A power failure may undo it. */
export async function createFile(path: string, text: string): Promise<boolean> {
  const next = await writeWhole(path, text, false);
  try {
    linkSync(next, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(next, { force: true });
  }
}

/** Replaces the file in one step, as git itself writes its own: without waiting for the disk. */
export function replacePlainly(path: string, text: string): void {
  const next = besides(path);
  writeFileSync(next, text, { flag: 'wx' });
  renameSync(next, path);
}

/** A file that is read at once is small; one of ours or of git's that is larger is none. */
const smallBytes = 1024 * 1024;

/**
 * The whole text of a regular file of so many bytes at most; undefined of anything else. An agent may have put a pipe there, for
 * whose other end nobody waits. Throws the system's error.
 */
export function readRegular(path: string, limit = smallBytes): string | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(file);
    return info.isFile() && info.size <= limit ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}

/** The same; undefined also when it cannot be read. */
export function readText(path: string, limit = smallBytes): string | undefined {
  try {
    return readRegular(path, limit);
  } catch {
    return undefined;
  }
}

/** The end of a regular file, a link is none; nothing of anything else, or when it cannot be read. */
export async function endOf(path: string, limit = smallBytes): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const info = await file.stat();
    if (!info.isFile()) return '';
    const length = Math.min(info.size, limit);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, info.size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Names in a folder; none when it cannot be listed. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** What the system says of what is at a path, links followed; undefined when it says nothing. */
export function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
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
