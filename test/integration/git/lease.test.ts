import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLease, holdsLease, type Lease, noteWriter, readLease, releaseLease } from '../../../src/git/lease.ts';
import type { EngineMark, Liveness, Owner } from '../../../src/git/owner.ts';
import { Sandbox } from './support.ts';

describe('lease', () => {
  let sandbox: Sandbox;
  let place: { path: string; admin: string; common: string };
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    place = {
      path: sandbox.path('work'),
      admin: sandbox.path('common', 'worktrees', 'work'),
      common: sandbox.path('common'),
    };
    await mkdir(place.admin, { recursive: true });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await sandbox.clean();
  });

  const engine = (mark: Partial<EngineMark> = {}, liveness: Liveness = 'dead'): Owner => ({
    mark: { id: 'data-1', host: 'host', bootId: 'boot', pid: 1, startTime: '1', ...mark },
    probe: () => Promise.resolve(liveness),
    gits: () => Promise.resolve([]),
    orphans: () => Promise.resolve([]),
  });

  async function refused(holder: string, attempt: Promise<Lease>): Promise<void> {
    await assert.rejects(attempt, (error: unknown) => {
      const { code, context } = error as { code: string; context: Record<string, string> };
      assert.deepEqual([code, context['holder']], ['worktree-in-use', holder]);
      return true;
    });
  }

  it('is held by one session, and the refusal names it', async () => {
    const lease = await acquireLease(place, 's-1', engine());
    assert.equal(await holdsLease(lease), true);
    assert.equal((await readLease(place))?.record.holder, 's-1');
    await refused('s-1', acquireLease(place, 's-2', engine({}, 'alive')));
    await refused('s-1', acquireLease(place, 's-2', engine({ id: 'data-2', pid: 2 }, 'alive')));
    assert.deepEqual(await acquireLease(place, 's-1', engine()), lease);
    await releaseLease(lease);
    assert.equal(await readLease(place), undefined);
    assert.equal(await holdsLease(lease), false);
    await acquireLease(place, 's-2', engine());
    await releaseLease(lease);
    assert.equal((await readLease(place))?.record.holder, 's-2');
  });

  it('is carried on by a later engine of the same data directory, and the earlier one knows that it lost it', async () => {
    const before = await acquireLease(place, 's-1', engine(), 'elsewhere');
    const after = await acquireLease(place, 's-1', engine({ pid: 9, startTime: '9' }));
    assert.equal(await holdsLease(before), false);
    assert.equal(after.record.writer, 'elsewhere');
    await assert.rejects(noteWriter(before, 'none'), { code: 'worktree-in-use' });
    await releaseLease(before);
    assert.equal(await holdsLease(after), true);
  });

  describe('is taken over by another session', () => {
    const later = { pid: 9, startTime: '9' };
    const others = { id: 'data-2', ...later };

    it('when the engine is over and nothing writes', async () => {
      await acquireLease(place, 's-1', engine());
      await acquireLease(place, 's-2', engine(later, 'unknown'));
      await acquireLease(place, 's-3', engine(others, 'dead'));
      assert.equal((await readLease(place))?.record.holder, 's-3');
    });

    it('when the noted writer is dead too', async () => {
      const lease = await acquireLease(place, 's-1', engine());
      await noteWriter(lease, { pid: 77, startTime: '77' });
      await refused(
        's-1',
        acquireLease(place, 's-2', {
          ...engine(later),
          probe: ({ pid }) => Promise.resolve(pid === 77 ? 'alive' : 'dead'),
        }),
      );
      await acquireLease(place, 's-2', engine(later, 'dead'));
    });

    it('never when one cannot tell', async () => {
      await acquireLease(place, 's-1', engine());
      await refused('s-1', acquireLease(place, 's-2', engine(others, 'unknown')));
      await refused('s-1', acquireLease(place, 's-2', engine({ ...others, host: 'elsewhere' }, 'dead')));
      await refused('s-1', acquireLease(place, 's-2', engine({ ...others, bootId: 'other' }, 'dead')));
    });

    it('never while something writes that this host cannot see', async () => {
      await acquireLease(place, 's-1', engine(), 'elsewhere');
      await refused('s-1', acquireLease(place, 's-2', engine(later, 'dead')));
      await refused('s-1', acquireLease(place, 's-2', engine(others, 'dead')));
    });
  });

  it('an unreadable lease is nobody’s to take, and nobody says that there is none', async () => {
    const lease = await acquireLease(place, 's-1', engine());
    const folder = join(place.common, 'coppice', 'leases', 'work');
    const [name = ''] = await readdir(folder);
    for (const text of ['', '{', '{"v":2}', '{"v":1,"holder":5}']) {
      await writeFile(join(folder, name), text);
      await assert.rejects(acquireLease(place, 's-2', engine({}, 'dead')), { code: 'worktree-in-use' });
      await assert.rejects(readLease(place), { code: 'worktree-in-use' });
    }
    await rm(folder, { recursive: true });
    await writeFile(folder, 'no folder');
    await assert.rejects(readLease(place), { code: 'worktree-in-use' });
    await assert.rejects(acquireLease(place, 's-2', engine({}, 'dead')), { code: 'worktree-in-use' });
    assert.equal(await holdsLease(lease), false);
  });

  it('an acquirer with an outdated view withdraws', async () => {
    const first = await acquireLease(place, 's-1', engine());
    const stale = await readFile(join(place.common, 'coppice', 'leases', 'work', '0000000001.json'), 'utf8');
    await releaseLease(first);
    const second = await acquireLease(place, 's-2', engine());
    // As if the file of the first holder were seen again after the second one had taken over.
    await writeFile(join(place.common, 'coppice', 'leases', 'work', '0000000001.json'), stale);
    await refused('s-2', acquireLease(place, 's-3', engine({}, 'alive')));
    assert.equal(await holdsLease(second), true);
  });

  it('of twenty acquirers in five processes exactly one wins, on a free and on a dead lease', async () => {
    const dead = engine({ id: 'data-dead', pid: 1 });
    const held = await acquireLease(place, 'dead', dead);
    assert.equal(held.record.holder, 'dead');
    for (const [round, worktree] of ['work', 'free', 'other'].entries()) {
      const admin = join(place.common, 'worktrees', worktree);
      const start = sandbox.path(`start-${round}`);
      const outputs = Array.from({ length: 5 }, (_, index) => {
        const args = [join(import.meta.dirname, 'contend.ts'), place.common, admin, String(index), start];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: sandbox.env });
        children.push(child);
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
        return { ready: once(child.stdout, 'data'), done: once(child, 'close').then(() => text) };
      });
      await Promise.all(outputs.map(({ ready }) => ready));
      await writeFile(start, '');
      const lines = (await Promise.all(outputs.map(({ done }) => done))).join('').split('\n');
      const winners = lines.filter((line) => line.startsWith('won '));
      assert.equal(winners.length, 1, lines.join('\n'));
      assert.equal(lines.filter((line) => line.startsWith('lost ')).length, 19);
      assert.equal((await readLease({ ...place, admin }))?.record.holder, winners[0]?.slice('won '.length));
    }
  }).timeout(120_000);
});
