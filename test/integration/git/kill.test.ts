import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { listWorktrees, probeWorktree } from '../../../src/git/worktrees.ts';
import { Sandbox, sleep } from './support.ts';

const now = 1_800_000_000_000;

/** A git outlives whoever started it, and so does what is about to become one; what comes of one that ends only after the clean-up is create-orphan.test.ts's matter. */
async function gitsEnded(folder: string): Promise<void> {
  const lives = (): boolean =>
    readdirSync('/proc').some((name) => {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
  if (!existsSync('/proc')) return sleep(1000);
  const end = Date.now() + 60_000;
  // One that becomes another program at this very moment shows nothing of itself.
  for (let quiet = 0; quiet < 2; quiet = lives() ? 0 : quiet + 1) {
    assert.ok(Date.now() < end, 'git goes on');
    await sleep(10);
  }
}

describe('kill -9 of the process', function () {
  this.timeout(240_000);
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('at random times while it makes and removes worktrees: the next one finds everything in order', async () => {
    const sandbox = await Sandbox.make();
    const seed = Date.now() % 100_000;
    try {
      const files = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`d${index % 20}/f${index}.txt`, `${index}\n`]),
      );
      const main = await sandbox.repository('project', files);
      let random = seed;
      for (let round = 0; round < 4; round += 1) {
        random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
        const child = spawn(
          process.execPath,
          [join(import.meta.dirname, 'churn.ts'), main, sandbox.dir, String(round)],
          {
            stdio: ['ignore', 'pipe', 'inherit'],
            env: sandbox.env,
          },
        );
        children.push(child);
        const exit = once(child, 'exit');
        await Promise.race([once(child.stdout, 'data'), exit]);
        await sleep(random % 700);
        child.kill('SIGKILL');
        await exit;
        await gitsEnded(sandbox.dir);
        sandbox.laterEngine();
        const repository = await sandbox.open(main);
        await cleanupWorktrees(repository, { root: sandbox.root, known: [], now: now + round });
        const note = `seed ${seed}, round ${round}`;
        for (const { path, main: own } of await listWorktrees(repository)) {
          if (own) continue;
          assert.equal((await probeWorktree(repository, { path })).state, 'ready', note);
          assert.equal(await sandbox.git(path, 'status', '--porcelain', '-uno'), '', note);
        }
        const refs = await sandbox.git(main, 'for-each-ref', '--format=%(refname)', 'refs/coppice/');
        for (const ref of refs.split('\n').filter((name) => name.includes('/churn-'))) {
          assert.equal(await sandbox.git(main, 'show', `${ref}:work.txt`), 'work', note);
        }
      }
      await sandbox.git(main, 'fsck', '--strict');
    } finally {
      await sandbox.clean();
    }
  });
});
