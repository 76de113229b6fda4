import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Person } from '../../support/engine/person.ts';
import { git } from '../../support/engine/repository.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds } from '../../support/engine/world.ts';

describe('the pool of an engine', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('is filled in the background, taken by the next session, filled again, and empty when it is off', async () => {
    const world = await worlds.world({ pool: 1 });
    try {
      const person = new Person(world);
      await person.trust();
      const first = await person.create('alpha');
      await person.sees(first, 'reported');
      const slots = async (): Promise<string[]> => {
        const { worktrees } = await person.ask('worktree/list', { path: world.repository });
        return worktrees.filter(({ kind }) => kind === 'pool').map(({ path }) => path);
      };
      const filled = (): Promise<string> =>
        until(
          async () => (await slots())[0],
          () => world.log(),
        );
      const waiting = await filled();
      const second = await person.create('beta');
      const { worktree, branch } = await person.sees(second, 'reported');
      assert.equal(await git(worktree ?? '', 'branch', '--show-current'), branch);
      const admin = await git(worktree ?? '', 'rev-parse', '--absolute-git-dir');
      assert.equal(admin, join(world.repository, '.git', 'worktrees', waiting.split('/').at(-1) ?? ''));
      assert.notEqual(await filled(), waiting);
      const cleanup = await person.ask('worktree/cleanup', { path: world.repository });
      assert.deepEqual(cleanup.removed, []);
      assert.equal((await slots()).length, 1);
    } finally {
      await world.dispose();
    }
  });
});
