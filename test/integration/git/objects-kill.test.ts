import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Sandbox, sleep } from './support.ts';

/** Kills per run; the suite for a quiet machine asks for more. */
const rounds = Number(process.env['COPPICE_MODEL_KILLS'] ?? 12);
const longestMs = 120;

describe('kill -9 amid checkpoints that are made without git', function () {
  this.timeout(240_000);
  const chance = new Chance();
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function killed(sandbox: Sandbox, main: string, place: Place, session: string): Promise<string[]> {
    const head = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    const program = join(import.meta.dirname, 'checkpointing.ts');
    const child = spawn(process.execPath, [program, main, sandbox.dir, JSON.stringify(place), session, head], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: sandbox.env,
    });
    children.push(child);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    await sleep(chance.below(longestMs));
    child.kill('SIGKILL');
    await closed;
    return said.split('\n').slice(0, -1);
  }

  it('leaves each one that was told whole, and the next one possible', async () => {
    const sandbox = await Sandbox.make();
    try {
      const main = await sandbox.repository('project', { 'one/0/a.txt': 'a\n', 'two/0.txt': 'b\n', 'c.txt': 'c\n' });
      const repository = await sandbox.open(main);
      const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' });
      let taken = 0;
      for (let round = 0; round < rounds; round += 1) {
        const session = `round-${round}`;
        const note = `seed ${chance.seed}, round ${round}`;
        const told = await killed(sandbox, main, place, session);
        assert.ok(told.length > 0, note);
        taken += told.length;
        const list = await sandbox.git(
          main,
          'for-each-ref',
          '--format=%(refname:lstrip=3) %(objectname)',
          `refs/coppice/${session}/`,
        );
        const refs = new Set(list.split('\n'));
        for (const line of told) assert.ok(refs.has(line), `${note}: ${line}`);
        assert.ok(refs.size <= told.length + 1, note);
        await sandbox.git(main, 'rev-list', '--objects', '--quiet', `--glob=refs/coppice/${session}/*`);
        const n = told.length;
        const next = await takeCheckpoint(repository, place, { session, n, intent: `${session}-${n}` });
        assert.equal(await sandbox.git(main, 'rev-parse', `refs/coppice/${session}/${n}`), next.commit, note);
        assert.equal(await sandbox.git(main, 'show', `${next.commit}:c.txt`), 'c');
      }
      await sandbox.git(main, 'fsck', '--strict', '--full');
      process.stdout.write(`      ${taken} checkpoints, ${rounds} kills, seed ${chance.seed}\n`);
    } finally {
      await sandbox.clean();
    }
  });
});
