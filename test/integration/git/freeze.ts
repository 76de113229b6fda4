import sync from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Door } from '../../../src/git/door.ts';
import type { Repository } from '../../../src/git/repository.ts';

/** Not `unlink` and `utimes`: nothing is different between two of them, and that would be many steps. */
const mutating = ['rename', 'link', 'mkdir', 'rm', 'copyFile', 'symlink', 'appendFile', 'writeFile', 'rmdir'] as const;

/** The same of calls that are made at once: after one of the others nothing is different from before the next one of these. */
const mutatingAtOnce = ['rename', 'link', 'writeFile'] as const;

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
 * `finally`. A call that is made at once cannot stay away for ever: it fails, and so does whatever would change something after
 * it, so that no `catch` and no `finally` gets anything done. A step is a call that changes the file system, or a git process. The process itself lives on, which makes
 * it possible to try every single step in seconds.
 */
export class Freezer {
  readonly #limit: number;
  readonly #undo: (() => void)[] = [];
  readonly frozen: Promise<string>;
  #stop: (at: string) => void = () => undefined;
  #dead = false;
  #begun = false;
  #thawed = false;
  steps = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.frozen = new Promise((resolve) => (this.#stop = resolve));
    for (const name of mutating) {
      this.#replace<Promise<unknown>>(fs, name, (what, work) => this.#step(what, work));
    }
    for (const name of mutatingAtOnce) {
      this.#replace<unknown>(sync, `${name}Sync`, (what, work) => this.#stepAtOnce(what, work));
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

  /**
   * A repository that tells nothing more once everything is frozen. A call that is made at once fails, and whoever made it goes on
   * when the others are thawed: what it would do in its place then has to be as dead as the rest.
   */
  repository(repository: Repository): Repository {
    const told =
      <T>(ask: () => Promise<T>): (() => Promise<T>) =>
      () =>
        this.#dead ? never() : ask();
    return { ...repository, settings: told(() => repository.settings()), own: told(() => repository.own()) };
  }

  /** Counts from here. */
  begin(): void {
    this.#begun = true;
  }

  /** Lets what comes after the crash run. */
  thaw(): void {
    this.#thawed = true;
    for (const undo of this.#undo) undo();
    syncBuiltinESMExports();
  }

  #replace<T>(module: object, name: string, through: (what: string, work: () => T) => T): void {
    const table = module as Record<string, ((...args: unknown[]) => T) | undefined>;
    const original = table[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    this.#undo.push(() => (table[name] = original));
    table[name] = (...args) => through(`${name} ${String(args[0])}`, () => original(...args));
  }

  async #step<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (!this.#counts()) return work();
    if (this.#isOver(what)) return never();
    const result = await work();
    return this.#isDead() ? never() : result;
  }

  #stepAtOnce<T>(what: string, work: () => T): T {
    if (this.#counts() && this.#isOver(what)) throw new Error(`crashed before ${what}`);
    return work();
  }

  #counts(): boolean {
    return this.#begun && (!this.#thawed || this.#dead);
  }

  /** Whether it crashes before this step, or did before. */
  #isOver(what: string): boolean {
    this.steps += 1;
    if (this.steps === this.#limit) {
      this.#dead = true;
      this.#stop(what);
    }
    return this.#dead;
  }

  #isDead(): boolean {
    return this.#dead;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
