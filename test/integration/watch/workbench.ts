import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { FileChange, WatchMode } from '../../../src/core/watch/state.ts';
import { GitRules } from '../../../src/engine/watch/git-rules.ts';
import { Lookup } from '../../../src/git/ignore.ts';
import { Barrier } from '../../../src/watch/barrier.ts';
import { Allowance, Budget, systemLimits } from '../../../src/watch/limits.ts';
import { QueueWatch } from '../../../src/watch/queue-watch.ts';
import type { Batch } from '../../../src/watch/recorder.ts';
import { WorktreeWatch, type WatchOptions } from '../../../src/watch/worktree-watch.ts';
import { Sandbox, sleep } from '../git/support.ts';

export const run = promisify(execFile);

/** A change with the time at which it was told. */
export interface Told extends FileChange {
  readonly at: number;
}

/** A worktree of a real repository, and what a watch of it tells. */
export class Workbench {
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly changes: Told[] = [];
  readonly batches: Batch[] = [];
  readonly gaps: string[] = [];
  readonly modes: { mode: WatchMode; why: string | undefined }[] = [];
  readonly problems: unknown[] = [];
  readonly budget: Budget;
  watch!: WorktreeWatch;
  #barrier: Barrier | undefined;
  #rules!: GitRules;
  #lookup!: Lookup;

  private constructor(sandbox: Sandbox, root: string, watches: number) {
    this.sandbox = sandbox;
    this.root = root;
    this.budget = new Budget(watches);
  }

  /** The main checkout of a repository stands for a worktree: to a watch they are the same. */
  static async make(files: Record<string, string> = {}, watches = 10_000): Promise<Workbench> {
    const sandbox = await Sandbox.make();
    const root = await sandbox.repository('project', { 'README.md': 'hello\n', 'src/a.txt': 'one\n', ...files });
    return new Workbench(sandbox, root, watches);
  }

  async open(options: Partial<WatchOptions> = {}): Promise<WorktreeWatch> {
    const repository = await this.sandbox.open(this.root);
    const home = this.sandbox.path('own');
    await mkdir(home, { recursive: true });
    this.#barrier = await Barrier.open(home);
    this.#lookup = new Lookup(repository);
    this.#rules = new GitRules(
      repository,
      this.root,
      this.#lookup,
      await this.sandbox.git(this.root, 'rev-parse', 'HEAD'),
    );
    this.watch = new WorktreeWatch({
      root: this.root,
      rules: this.#rules,
      format: 'sha1',
      budget: this.budget,
      queue: new QueueWatch((await systemLimits()).queued),
      hashing: new Allowance(2_000, 400),
      barrier: this.#barrier,
      listener: {
        onMode: (mode, why) => this.#note(() => this.modes.push({ mode, why })),
        onGap: (why) => this.#note(() => this.gaps.push(why)),
        onBatch: (batch) =>
          this.#note(() => {
            this.batches.push(batch);
            this.changes.push(...batch.changes.map((change) => ({ ...change, at: performance.now() })));
          }),
        onProblem: (error) => this.problems.push(error),
      },
      ...options,
    });
    await this.watch.open();
    return this.watch;
  }

  #note(work: () => void): Promise<void> {
    work();
    return Promise.resolve();
  }

  of(path: string): Told[] {
    return this.changes.filter((change) => change.path === path);
  }

  /** Until `ready`, at most `ms`. */
  async until(ready: () => boolean, ms = 60_000): Promise<void> {
    const end = performance.now() + ms;
    while (!ready()) {
      if (performance.now() > end) {
        const last = JSON.stringify(this.changes.slice(-5));
        throw new Error(
          `Not within ${ms} ms: ${String(ready)}; last ${last}; problems ${this.problems.map(String).join()}`,
        );
      }
      await sleep(5);
    }
  }

  async close(): Promise<void> {
    await (this.watch as WorktreeWatch | undefined)?.close('the test is over');
    (this.#rules as GitRules | undefined)?.close();
    (this.#lookup as Lookup | undefined)?.close();
    await this.#barrier?.close();
    await this.sandbox.clean();
  }
}

export function blob(content: string | Buffer): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0`)
    .update(content)
    .digest('hex');
}
