/** Tells when the system has told of everything that was written before. */
import { rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A file that is written here passes through the same queue as all other events of this process, behind those that were
 * there before: when its event comes, theirs have come. Only where one queue serves all watchers (Linux).
 */
export class Barrier {
  readonly #folder: string;
  readonly #watcher: FSWatcher;
  readonly #waiting = new Map<string, () => void>();
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name !== null) this.#waiting.get(name)?.();
    });
    this.#watcher.on('error', () => this.#watcher.close());
  }

  /** In a folder of its own below `parent`; undefined where it would prove nothing, or when the system has no more watches. */
  static async open(parent: string, platform = process.platform): Promise<Barrier | undefined> {
    if (platform !== 'linux') return undefined;
    const folder = await mkdtemp(join(parent, 'barrier-'));
    try {
      return new Barrier(folder);
    } catch {
      await rm(folder, { recursive: true, force: true });
      return undefined;
    }
  }

  /** True when everything that was written before the call has been told; false when that took longer than `ms`. */
  async pass(ms: number): Promise<boolean> {
    const name = String(++this.#count);
    const path = join(this.#folder, name);
    let timer: NodeJS.Timeout | undefined;
    const told = new Promise<boolean>((resolve) => {
      this.#waiting.set(name, () => resolve(true));
      timer = setTimeout(() => resolve(false), ms);
    });
    try {
      writeFileSync(path, '');
      return await told;
    } catch {
      return false; // a full disk, a folder that is gone
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(name);
      rmSync(path, { force: true });
    }
  }

  async close(): Promise<void> {
    this.#watcher.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
