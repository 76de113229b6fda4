import assert from 'node:assert/strict';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

describe('a worktree whose set-up fails', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => {
    worlds = await Worlds.open();
    world = await worlds.world();
    person = new Person(world);
    await person.trust();
    const ready = join(world.repository, '..', 'ready');
    const setUp = `worktrees:\n  setup: [['sh', '-c', 'test -e "${ready}" && touch set-up']]\n`;
    await writeFile(join(world.repository, '.coppice.yaml'), setUp);
  });
  after(async () => {
    await world.dispose();
    await worlds.dispose();
  });

  it('is its session’s all the same, is held by nobody, and is set up before an agent works in it', async () => {
    const session = await person.create('alpha', { name: 'alpha' });
    const failed = await person.sees(session, 'failed');
    assert.equal(failed.error?.code, 'script-failed');
    const { worktrees } = await person.ask('worktree/list', { path: world.repository });
    const [own, ...more] = worktrees.filter(({ kind }) => kind !== 'main');
    assert.deepEqual([failed.worktree, own?.kind, own?.holder, more], [own?.path, 'ours', undefined, []]);

    await person.continue(session, 'alpha, still');
    await person.sees(session, 'failed');
    const other = await person.create('beside it', { worktree: 'alpha' });
    assert.equal((await person.sees(other, 'failed')).error?.code, 'script-failed');
    await writeFile(join(world.repository, '..', 'ready'), '');
    await person.continue(session, 'alpha, at last');
    const { worktree } = await person.sees(session, 'reported');
    assert.equal(worktree, own?.path);
    await access(join(worktree, 'set-up'));
    assert.equal((await person.ask('checkpoint/list', { session })).checkpoints[0]?.kind, 'session-start');
  });

  it('is known also when no session asked for it, so that it can be cleaned up', async () => {
    await rm(join(world.repository, '..', 'ready'), { force: true });
    const wanted = { path: world.repository, name: 'beta', requester: { env: {}, secrets: {} } };
    await assert.rejects(person.ask('worktree/create', wanted), { code: 'script-failed' });
    const { worktrees } = await person.ask('worktree/list', { path: world.repository });
    assert.equal(worktrees.find(({ branch }) => branch === 'feature/beta')?.kind, 'ours');
    await assert.rejects(person.ask('worktree/create', wanted), { code: 'script-failed' });
    await writeFile(join(world.repository, '..', 'ready'), '');
    const { path } = await person.ask('worktree/create', wanted);
    await access(join(path, 'set-up'));
    await rm(join(world.repository, '..', 'ready'));
    assert.equal(
      (await person.ask('worktree/create', wanted)).path,
      path,
      'and once it is set up, that is not done again',
    );
  });
});
