import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Door } from '../../../src/git/door.ts';

/** Not `unlink` and `utimes`: nothing is different between two of them, and that would be many steps. */
const mutating = ['rename', 'link', 'mkdir', 'rm', 'copyFile', 'symlink', 'appendFile', 'writeFile', 'rmdir'] as const;

/** Before any other command nothing is different from before the next one of these. */
const changing = new Set([
  'worktree',
  'update-ref',
  'read-tree',
  'add',
  'sparse-checkout',
  'submodule',
  'update-index',
  'checkout-index',
  'switch',
  'symbolic-ref',
]);

/**
 * Stops the code under test for ever before its n-th step, as a `kill -9` does: nothing after it runs, no `catch`, no
 * `finally`. A step is a call that changes the file system, or a git process. The process itself lives on, which makes
 * it possible to try every single step in seconds.
 */
export class Freezer {
  readonly #limit: number;
  readonly #originals = new Map<string, unknown>();
  readonly frozen: Promise<string>;
  #stop: (at: string) => void = () => undefined;
  #dead = false;
  #begun = false;
  #thawed = false;
  steps = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.frozen = new Promise((resolve) => (this.#stop = resolve));
    const table = fs as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const name of mutating) {
      const original = table[name];
      if (original === undefined) throw new Error(`node:fs/promises has no ${name}`);
      this.#originals.set(name, original);
      table[name] = (...args) => this.#step(`${name} ${String(args[0])}`, () => original(...args));
    }
    syncBuiltinESMExports();
  }

  /** A door whose processes that change something are steps too, and that never answers once everything is frozen. */
  door(door: Door): Door {
    const through = <T>(args: readonly string[], work: () => Promise<T>): Promise<T> =>
      changing.has(args[0] ?? '') ? this.#step(`git ${args.join(' ')}`, work) : this.#dead ? never() : work();
    return {
      run: (args, place, options) => through(args, () => door.run(args, place, options)),
      converse: (args, start) => door.converse(args, start),
      ask: (args, place, options) => through(args, () => door.ask(args, place, options)),
    };
  }

  /** Counts from here. */
  begin(): void {
    this.#begun = true;
  }

  /** Lets what comes after the crash run. */
  thaw(): void {
    this.#thawed = true;
    const table = fs as unknown as Record<string, unknown>;
    for (const [name, original] of this.#originals) table[name] = original;
    syncBuiltinESMExports();
  }

  async #step<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (!this.#begun || (this.#thawed && !this.#dead)) return work();
    this.steps += 1;
    if (this.steps === this.#limit) {
      this.#dead = true;
      this.#stop(what);
    }
    if (this.#dead) return never();
    const result = await work();
    return this.#isDead() ? never() : result;
  }

  #isDead(): boolean {
    return this.#dead;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
