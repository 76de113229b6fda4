/** Whole files of the state room: read at once, written so that a reader or a crash meets the old text or the new one. */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { FileOperations } from './file-operations.ts';

const temporaryName = /^\..+\.[0-9a-f]{16}\.tmp$/;

/** The whole content of a file. */
export async function readWholeFile(files: FileOperations, path: string): Promise<Buffer> {
  const file = await files.open(path, 'read');
  try {
    const buffer = Buffer.alloc(file.status().bytes);
    let length = 0;
    while (length < buffer.length) {
      const bytes = await file.read(buffer.subarray(length), length);
      if (bytes === 0) break;
      length += bytes;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Puts a file in place as `putFile` does; missing folders are made, 0700. */
export async function writeFileAtomic(
  files: FileOperations,
  path: string,
  content: string | readonly Uint8Array[],
): Promise<void> {
  await files.makeDirectory(dirname(path));
  await putFile(files, path, content);
}

/**
 * Puts a file into a folder that is there, in one step: a temporary file beside it, fsync, rename, fsync of the folder. Mode
 * 0600. A symbolic link at `path` is replaced, not followed. Errors are the system's; the file is then as it was and the
 * temporary file is gone.
 */
export async function putFile(
  files: FileOperations,
  path: string,
  content: string | readonly Uint8Array[],
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await files.open(temporary, 'create');
    try {
      for (const part of typeof content === 'string' ? [Buffer.from(content)] : content) await file.write(part);
      await file.datasync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await files.remove(temporary).catch(() => undefined);
    throw error;
  }
  await files.syncDirectory(directory);
}

/** Appends text to a file (made if missing, 0600) and waits until it is on the disk. A symbolic link is refused. */
export async function appendToFile(files: FileOperations, path: string, content: string): Promise<void> {
  await files.makeDirectory(dirname(path));
  const file = await files.open(path, 'extend');
  try {
    await file.write(Buffer.from(content));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Removes what a killed process left of `writeFileAtomic` in a folder. Only its owner may call this. */
export async function removeTemporaries(files: FileOperations, directory: string): Promise<void> {
  for (const name of await files.list(directory)) {
    if (temporaryName.test(name)) await files.remove(join(directory, name));
  }
}
