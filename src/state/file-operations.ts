import { constants, fstatSync, writeSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';

/**
 * `read`: must exist. `append`: must exist, writes go to its end. `create`: must not exist. `extend`: appended to, made if
 * missing. What is written to is never reached through a symbolic link as the last part of its path.
 */
export type OpenMode = 'read' | 'append' | 'create' | 'extend';

/** What the system says of an open file. */
export interface FileStatus {
  readonly bytes: number;
  /** False once the file has no name any more: what is written to it is lost. */
  readonly linked: boolean;
}

/** A file opened by `FileOperations.open`. Nothing is buffered here; it stays open until `close`. */
export interface OpenFile {
  /** Reads into the buffer from a position in bytes; resolves to the number of bytes read, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Appends all the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when data and size are on the disk. */
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** Synchronous: a look at an open file does not wait for a disk, and one more trip to the thread pool costs more. */
  status(): FileStatus;
  close(): Promise<void>;
}

/**
 * The few things the state room does with files, as an interface so that a test can make any of them fail. Every path
 * is absolute; errors are the operating system's own.
 */
export interface FileOperations {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Names in a folder; a folder that does not exist is empty. */
  list(directory: string): Promise<readonly string[]>;
  /** Makes a folder and those above it, mode 0700. */
  makeDirectory(directory: string): Promise<void>;
  /** Resolves when the names in the folder are on the disk. */
  syncDirectory(directory: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; one that does not exist is no error. */
  remove(path: string): Promise<void>;
}

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

const flags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  append: O_WRONLY | O_APPEND | O_NOFOLLOW,
  create: O_WRONLY | O_APPEND | O_CREAT | O_EXCL,
  extend: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW,
};

/** Files on the real disk; what is made is for the owner alone (0600, folders 0700). */
export const diskFiles: FileOperations = {
  open: openOnDisk,
  async list(directory) {
    try {
      return await readdir(directory);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  },
  async makeDirectory(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  },
  async syncDirectory(directory) {
    const handle = await open(directory, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  async remove(path) {
    await rm(path, { force: true });
  },
};

/** Up to this size what is written only reaches the memory of the system: that takes less than a thread's turn. */
const atOnceBytes = 64 * 1024;

async function openOnDisk(path: string, mode: OpenMode): Promise<OpenFile> {
  const handle = await open(path, flags[mode], 0o600);
  return {
    async read(buffer, position) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      return bytesRead;
    },
    async write(bytes) {
      if (bytes.length <= atOnceBytes) {
        for (let done = 0; done < bytes.length;) done += writeSync(handle.fd, bytes, done);
        return;
      }
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done);
        done += bytesWritten;
      }
    },
    datasync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    status() {
      const { size, nlink } = fstatSync(handle.fd);
      return { bytes: size, linked: nlink > 0 };
    },
    close: () => handle.close(),
  };
}
