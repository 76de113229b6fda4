import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Session } from '../../../src/core/session/state.ts';
import { giveBack } from '../../../src/engine/places/lease-for.ts';
import { GitWorkplace, type WorkplaceOptions } from '../../../src/engine/places/git-workplace.ts';
import { acquireLease, holdsLease, owesLease, readLease, releaseLease } from '../../../src/git/lease.ts';
import { Sandbox } from '../git/support.ts';
import { until } from '../../support/engine/waiting.ts';

describe('a lease that cannot be written as given back', () => {
  const { renameSync } = fs;
  const warned: string[] = [];
  const log = { warn: (what: string) => warned.push(what) };
  let sandbox: Sandbox;
  let ending: AbortController;
  let place: { path: string; admin: string; common: string };

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    ending = new AbortController();
    place = {
      path: sandbox.path('work'),
      admin: sandbox.path('common', 'worktrees', 'work'),
      common: sandbox.path('common'),
    };
    warned.length = 0;
  });
  afterEach(async () => {
    ending.abort();
    mend();
    await sandbox.clean();
  });

  function replaceRename(by: typeof renameSync): void {
    fs.renameSync = by;
    syncBuiltinESMExports();
  }
  const mend = (): void => replaceRename(renameSync);
  const fail = (): void =>
    replaceRename(() => {
      throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' });
    });

  const holderOnDisk = async (number: number): Promise<unknown> => {
    const text = await readFile(sandbox.path('common', 'coppice', 'leases', 'work', `000000000${number}.json`), 'utf8');
    return (JSON.parse(text) as { holder?: string }).holder;
  };

  it('fails nobody who works, and keeps no session of this engine out', async () => {
    const options = { log, stopping: ending.signal } as unknown as WorkplaceOptions;
    await acquireLease(place, 's-1', sandbox.owner);
    fail();
    await new GitWorkplace(options).release({ id: 's-1' } as Session, place as never);
    assert.deepEqual(warned, ['a lease could not be given back']);
    assert.equal(await holderOnDisk(1), 's-1');
    assert.equal(await readLease(place), undefined);
    const next = await acquireLease(place, 's-2', sandbox.owner);
    assert.deepEqual([next.number, await holdsLease(next)], [2, true]);
  });

  it('is written later, for those who see only the disk', async () => {
    const lease = await acquireLease(place, 's-1', sandbox.owner);
    fail();
    await giveBack(lease, { log, stopping: ending.signal, againMs: 1 });
    assert.equal(await holderOnDisk(1), 's-1');
    mend();
    await until(
      () => (owesLease(lease) ? undefined : true),
      () => 'the lease is given back',
    );
    assert.equal(await holderOnDisk(1), undefined);
    assert.deepEqual(warned, ['a lease could not be given back']);
  });

  it('is tried a few times, and told again when that was in vain', async () => {
    const lease = await acquireLease(place, 's-1', sandbox.owner);
    fail();
    await giveBack(lease, { log, stopping: ending.signal, againMs: 0 });
    await until(
      () => (warned.length === 2 ? true : undefined),
      () => `told ${warned.length} times`,
    );
    assert.equal(owesLease(lease), true);
  });

  it('frees nothing when the same session has the worktree again', async () => {
    const lease = await acquireLease(place, 's-1', sandbox.owner);
    fail();
    await assert.rejects(releaseLease(lease), { code: 'EIO' });
    mend();
    const again = await acquireLease(place, 's-1', sandbox.owner);
    assert.equal(owesLease(lease), false);
    await releaseLease(lease);
    assert.deepEqual([again.number, await holdsLease(again)], [2, true]);
  });

  it('says nothing about a lease of the same number that others took after the folder was removed', async () => {
    const lease = await acquireLease(place, 's-1', sandbox.owner);
    fail();
    await assert.rejects(releaseLease(lease), { code: 'EIO' });
    mend();
    fs.rmSync(sandbox.path('common', 'coppice'), { recursive: true });
    // Written by another process: this one does not hear of it.
    const mark = { ...sandbox.owner.mark, id: 'engine-2' };
    fs.mkdirSync(sandbox.path('common', 'coppice', 'leases', 'work'), { recursive: true });
    fs.writeFileSync(
      sandbox.path('common', 'coppice', 'leases', 'work', '0000000001.json'),
      JSON.stringify({ v: 1, holder: 's-1', engine: mark, writer: 'none' }),
    );
    assert.equal((await readLease(place))?.record.holder, 's-1');
    await assert.rejects(acquireLease(place, 's-2', sandbox.owner), { code: 'worktree-in-use' });
    await releaseLease(lease);
    assert.equal((await readLease(place))?.record.holder, 's-1');
  });
});
