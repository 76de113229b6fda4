import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateRepository } from '../../../src/git/locate.ts';
import { openRepository, type Repository } from '../../../src/git/repository.ts';
import { Freezer } from './freeze.ts';
import type { Sandbox } from './support.ts';

/** Work that is tried with a crash before every one of its steps in turn, until it gets through. */
export interface Attempted {
  /** Main checkout of the repository. */
  readonly main: string;
  /** What has to be there and cannot be copied; no step of the work. */
  readonly arrange?: (repository: Repository) => Promise<unknown>;
  readonly attempt: (repository: Repository) => Promise<unknown>;
  /** What a later engine finds; `at`: the step before which it crashed, `limit`: its number from 1. */
  readonly check: (at: string, limit: number) => Promise<void>;
  readonly atLeast: number;
}

/** Everything in the sandbox is as it was at the call when each attempt begins. Gives the number of crashes. */
export async function atEveryStep(sandbox: Sandbox, work: Attempted): Promise<number> {
  const saved = await mkdtemp(join(tmpdir(), 'coppice-saved-'));
  try {
    await cp(sandbox.dir, saved, { recursive: true, verbatimSymlinks: true });
    for (let limit = 1; ; limit += 1) {
      await rm(sandbox.dir, { recursive: true });
      await cp(saved, sandbox.dir, { recursive: true, verbatimSymlinks: true });
      const at = await attemptOf(sandbox, work, limit);
      sandbox.laterEngine();
      await work.check(at ?? 'no crash', limit);
      if (at !== undefined) continue;
      assert.ok(limit > work.atLeast, `only ${limit} steps were seen`);
      await sandbox.git(work.main, 'fsck', '--strict');
      return limit - 1;
    }
  } finally {
    await rm(saved, { recursive: true, force: true });
  }
}

async function attemptOf(
  sandbox: Sandbox,
  { main, arrange, attempt }: Attempted,
  limit: number,
): Promise<string | undefined> {
  const freezer = new Freezer(limit);
  try {
    const opened = await openRepository(await locateRepository(main), {
      env: sandbox.env,
      privateDir: sandbox.path('private'),
      owner: sandbox.owner,
      door: freezer.door(sandbox.door()),
    });
    const repository = freezer.repository(opened);
    await arrange?.(repository);
    freezer.begin();
    return await Promise.race([attempt(repository).then(() => undefined), freezer.frozen]);
  } finally {
    freezer.thaw();
  }
}
