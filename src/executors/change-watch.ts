import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemCode } from '../core/errors.ts';

export type WatchFolder = (folder: string, listener: (event: string, name: string | null) => void) => FSWatcher;

/**
 * What is watched beside the file's own folder, and how often at least a look is due, in milliseconds: 250 unless told,
 * 25 without a watcher.
 */
export interface ChangeWatchOptions {
  readonly signal: AbortSignal;
  readonly endFolders?: readonly string[];
  readonly pollMs?: number;
  /** Default: `fs.watch`. */
  readonly watchFolder?: WatchFolder;
}

/** Without a watcher the timer alone decides how late a line is seen. */
const pollMsUnwatched = 25;
const pollMsWatched = 250;

/** Says when it is worth looking at a file again: a watcher for speed, a timer because watchers miss things. */
export class ChangeWatch {
  readonly #options: ChangeWatchOptions;
  readonly #fileName: string;
  readonly #folder: string;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Folders that will not be watched: the system has no more watchers, or the file system has none. */
  readonly #unwatchable = new Set<string>();
  readonly #onAbort = (): void => this.#ring();
  #timer: NodeJS.Timeout | undefined;
  #endHint = true;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, options: ChangeWatchOptions) {
    this.#options = options;
    this.#fileName = basename(path);
    this.#folder = dirname(path);
    options.signal.addEventListener('abort', this.#onAbort);
    this.#watchAll();
    this.#startTimer();
  }

  /** Changes from here on end the next `next`. */
  reset(): void {
    this.#changed = false;
  }

  /** True once for every reason to think that nobody writes any more, and for every tick of the timer. */
  takeEndHint(): boolean {
    const hint = this.#endHint;
    this.#endHint = false;
    return hint;
  }

  /** Returns at the next change, tick or abort; at once if there was one since `reset`. */
  async next(): Promise<void> {
    if (this.#changed || this.#options.signal.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  dispose(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #ring(): void {
    this.#changed = true;
    this.#wake?.();
  }

  #startTimer(): void {
    const { pollMs = this.#watchers.has(this.#folder) ? pollMsWatched : pollMsUnwatched } = this.#options;
    this.#timer = setTimeout(() => {
      this.#watchAll();
      this.#startTimer();
      this.#endHint = true;
      this.#ring();
    }, pollMs);
  }

  /** Watches what is not watched yet; a folder may appear later. */
  #watchAll(): void {
    this.#watch(this.#folder, (name) => {
      if (name === null || name === this.#fileName) this.#ring();
    });
    for (const folder of this.#options.endFolders ?? []) {
      this.#watch(folder, () => {
        this.#endHint = true;
        this.#ring();
      });
    }
  }

  #watch(folder: string, onChange: (name: string | null) => void): void {
    if (this.#watchers.has(folder) || this.#unwatchable.has(folder)) return;
    try {
      const { watchFolder = watch } = this.#options;
      const watcher = watchFolder(folder, (_event, name) => onChange(name));
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
        this.#unwatchable.add(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#unwatchable.add(folder);
    }
  }
}
