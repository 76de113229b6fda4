/** Brings a file that grows on another host here, byte for byte at the same offsets, whatever happens to the connection. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { fileSize } from '../space.ts';

/** A file of this host that is a copy of one elsewhere. */
export class MirrorFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #offset = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Where the next byte belongs: what is here already need not be asked for, by whichever engine it was brought. */
  async begin(): Promise<number> {
    await this.settled();
    this.#file ??= await open(this.#path, 'a', 0o600).then(async (made) => {
      await made.close();
      return open(this.#path, 'r+');
    });
    this.#offset = await fileSize(this.#path);
    return this.#offset;
  }

  /** Takes bytes in order, at their own place: bytes that come twice are written twice to the same place. */
  take(chunk: Buffer): void {
    const at = this.#offset;
    this.#offset += chunk.length;
    this.#writing = this.#writing.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#file?.write(chunk, 0, chunk.length, at);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error('the file cannot be written');
      }
    });
  }

  get offset(): number {
    return this.#offset;
  }

  /** Resolves when all that was taken is in the file. Throws the system's error when it is not. */
  async settled(): Promise<void> {
    await this.#writing;
    if (this.#failure === undefined) return;
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }
}
