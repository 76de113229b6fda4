import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import type { Notifications } from '../../../src/protocol/contract.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

type Notice = z.output<Notifications['session/changes']>;

describe('the files of a session at work', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  beforeEach(async () => {
    world = await worlds.world();
    person = new Person(world);
    await person.trust();
  });
  afterEach(async () => world.dispose());

  it('are told as they change, journalled, and shown, until the work ends', async () => {
    const session = await person.create('first #ask');
    const { worktree } = await person.sees(session, 'needs-you');
    assert.ok(worktree !== null);
    const connection = await world.connection();
    const notices: Notice[] = [];
    connection.on('session/changes', (notice) => notices.push(notice));
    const seen = async (path: string): Promise<Notice['changes'][number]> => {
      for (let attempt = 0; attempt < 2_000; attempt += 1) {
        const found = notices.flatMap(({ changes }) => changes).find((each) => each.path === path);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`${path} was not told: ${JSON.stringify(notices)}\n${await world.log()}`);
    };
    const { watch } = await person.ask('changes/subscribe', { session });
    assert.equal(watch?.mode, 'watching');
    await writeFile(join(world.root, 'new.txt'), 'new\n');
    await rename(join(world.root, 'new.txt'), join(worktree, 'new.txt')); // in one step: it is seen once
    assert.equal((await seen('new.txt')).kind, 'created');
    await rename(join(worktree, 'new.txt'), join(worktree, 'moved.txt'));
    assert.equal((await seen('moved.txt')).from, 'new.txt');
    await mkdir(join(worktree, '.coppice'), { recursive: true }); // the engine makes it when it has something to write there
    await writeFile(join(worktree, '.coppice', 'own'), 'x');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    // What was changed last may be told a moment later than the work ends.
    for (let attempt = 0; attempt < 1_000 && (await person.show(session)).watch?.mode !== 'ended'; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    const shown = await person.show(session);
    assert.equal(shown.watch?.mode, 'ended');
    const { created, renamed, modified } = shown.watch.counts;
    assert.deepEqual({ created, renamed, modified }, { created: 1, renamed: 1, modified: 1 });
    const paths = shown.watch.recent.map(({ path }) => path);
    assert.deepEqual(paths, ['new.txt', 'moved.txt', 'work.txt']);
  });

  it('are watched again by an engine that comes after one that was killed, and the gap is told', async () => {
    const session = await person.create('first #ask');
    const { worktree } = await person.sees(session, 'needs-you');
    assert.ok(worktree !== null);
    await world.kill();
    await writeFile(join(worktree, 'meanwhile.txt'), 'x\n');
    const { watch } = await person.ask('session/changes', { session });
    assert.deepEqual([watch?.mode, watch?.gaps], ['watching', 1]);
    await writeFile(join(worktree, 'after.txt'), 'x\n');
    for (let attempt = 0; attempt < 1_000; attempt += 1) {
      const now = (await person.show(session)).watch;
      if (now?.recent.some(({ path }) => path === 'after.txt') === true) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(await world.log());
  });
});
