/** File operations that are counted and can be made to fail. */
import { basename } from 'node:path';
import type { FileOperations, OpenFile, OpenMode } from '../../../src/state/file-operations.ts';
import { systemError } from './memory-disk.ts';

export type Operation =
  'open' | 'read' | 'write' | 'datasync' | 'truncate' | 'list' | 'mkdir' | 'syncdir' | 'rename' | 'remove';

export interface Call {
  readonly operation: Operation;
  readonly path: string;
  readonly mode?: OpenMode;
}

/** A failure with a system code; a write may have put some of its bytes in the file before. */
export interface Failure {
  readonly code: string;
  readonly bytesWritten?: number;
}

export class FaultyFiles implements FileOperations {
  readonly calls: Call[] = [];
  readonly #disk: FileOperations;
  /** Asked at each call whether it fails. */
  fail: (call: Call) => Failure | undefined = () => undefined;
  /** Awaited before each call: holds an operation back. */
  delay: (call: Call) => Promise<void> | undefined = () => undefined;

  constructor(disk: FileOperations) {
    this.#disk = disk;
  }

  count(operation: Operation, name?: string): number {
    return this.calls.filter(
      (call) => call.operation === operation && (name === undefined || basename(call.path) === name),
    ).length;
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    await this.#call({ operation: 'open', path, mode });
    const file = await this.#disk.open(path, mode);
    return {
      read: async (buffer, position) => {
        await this.#call({ operation: 'read', path });
        return file.read(buffer, position);
      },
      write: async (bytes) => {
        await this.#call({ operation: 'write', path }, (written) => file.write(bytes.subarray(0, written)));
        await file.write(bytes);
      },
      datasync: async () => {
        await this.#call({ operation: 'datasync', path });
        await file.datasync();
      },
      truncate: async (bytes) => {
        await this.#call({ operation: 'truncate', path });
        await file.truncate(bytes);
      },
      status: () => file.status(),
      close: () => file.close(),
    };
  }

  async list(directory: string): Promise<readonly string[]> {
    await this.#call({ operation: 'list', path: directory });
    return this.#disk.list(directory);
  }

  async makeDirectory(directory: string): Promise<void> {
    await this.#call({ operation: 'mkdir', path: directory });
    await this.#disk.makeDirectory(directory);
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#call({ operation: 'syncdir', path: directory });
    await this.#disk.syncDirectory(directory);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call({ operation: 'rename', path: to });
    await this.#disk.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.#call({ operation: 'remove', path });
    await this.#disk.remove(path);
  }

  async #call(call: Call, partly: (bytesWritten: number) => Promise<void> = async () => undefined): Promise<void> {
    this.calls.push(call);
    await this.delay(call);
    const failure = this.fail(call);
    if (failure === undefined) return;
    await partly(failure.bytesWritten ?? 0);
    throw systemError(failure.code);
  }
}
