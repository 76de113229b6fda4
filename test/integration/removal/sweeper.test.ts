import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Sweeper, type SweeperOptions } from '../../../src/engine/places/sweeper.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { locateRepository } from '../../../src/git/locate.ts';
import { removeWorktree } from '../../../src/git/removal.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { until } from '../../support/engine/waiting.ts';
import { Sandbox } from '../git/support.ts';

const now = 1_800_000_000_000;

describe('the sweeper of an engine', () => {
  let sandbox: Sandbox;
  let repository: Repository;
  let main: string;
  let opened: number;
  let stopping: AbortController;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    repository = await sandbox.open(main);
    opened = 0;
    stopping = new AbortController();
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  /** Resolves when it has been through once. With `distrusted` it is told of a removal, and trust is taken back. */
  async function sweep(sessions: readonly unknown[] = [], distrusted = false): Promise<void> {
    let done = 0;
    const known = { id: repository.location.id, root: main, trusted: !distrusted };
    const count = (): void => void (done += 1);
    const sweeper = new Sweeper({
      store: {
        all: (kind: string) => (kind === 'session' ? sessions : [known]),
        get: () => {
          if (distrusted) count();
          return known;
        },
      },
      repositories: {
        isAway: () => {
          count();
          return Promise.resolve(false);
        },
        locate: locateRepository,
        open: () => {
          opened += 1;
          return Promise.resolve(repository);
        },
      },
      log: { info: count, warn: (message: string) => assert.fail(message) },
      clock: () => now,
      stopping: stopping.signal,
      settings: () => Promise.resolve({ 'worktrees.root': sandbox.path('elsewhere') }),
      delayMs: 1,
    } as unknown as SweeperOptions);
    if (distrusted) await sweeper.later(repository);
    else sweeper.start();
    await until(
      () => (done > 0 ? true : undefined),
      () => 'a sweep',
    );
    await sweeper.stop();
    stopping.abort();
  }

  it('deletes what an earlier engine had put aside and whose time is over, below a folder of worktrees of before as well', async () => {
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    await removeWorktree(repository, place, { root: sandbox.root, session: 's-1', now: now - 1 });
    await sweep();
    assert.deepEqual(await readdir(join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`)), []);
  });

  it('runs no git any more where trust was taken back after a removal', async () => {
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    const { trash } = await removeWorktree(repository, place, { root: sandbox.root, session: 's-1', now: now - 1 });
    await sweep([], true);
    const folder = join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`);
    assert.deepEqual((await readdir(folder)).sort(), [trash, `${trash}.json`]);
  });

  it('runs no git where nothing was removed', async () => {
    await sweep();
    assert.deepEqual([opened, existsSync(join(main, '.git', 'coppice', 'trashes'))], [0, false]);
  });
});
