import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { NewEvent } from '../../../src/core/domain.ts';
import type { Landing } from '../../../src/core/landing/state.ts';
import type { LandingContext } from '../../../src/engine/landing/context.ts';
import { seal } from '../../../src/engine/landing/seal.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { Sandbox } from '../git/support.ts';

describe('sealing a landing', () => {
  const { renameSync } = fs;
  let sandbox: Sandbox;

  beforeEach(async () => (sandbox = await Sandbox.make()));
  afterEach(async () => {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
    await sandbox.clean();
  });

  it('is done once it is on record, also where the lease cannot be given back', async () => {
    const main = await sandbox.repository('project', { 'README.md': 'hello\n' });
    const repository = await sandbox.open(main);
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    await sandbox.write(place.path, { 'work.txt': 'w\n' });
    const session = { id: 's', task: { id: 'coppice.x.1234567', title: 'Work' }, worktree: place };
    const [committed, warned]: [NewEvent[], string[]] = [[], []];
    const context = {
      store: {
        session: () => session,
        commit: (_actor: string, decide: () => readonly NewEvent[]) => {
          committed.push(...decide());
          // From here on the disk takes nothing more.
          fs.renameSync = () => {
            throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' });
          };
          syncBuiltinESMExports();
          return Promise.resolve([]);
        },
      },
      log: { warn: (what: string) => warned.push(what) },
      stopping: new AbortController().signal,
    } as unknown as LandingContext;
    assert.equal(await seal(context, repository, { id: 'l', session: 's' } as Landing), undefined);
    const tip = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    assert.deepEqual(
      committed.map(({ type, data }) => [type, data['tip']]),
      [['landing.sealed', tip]],
    );
    assert.deepEqual(warned, ['a lease could not be given back']);
  });
});
