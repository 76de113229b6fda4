import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { CheckpointView } from '../../../src/protocol/diff-schemas.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const run = promisify(execFile);

describe('checkpoints of a session that an engine carries out', function () {
  this.timeout(120_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  beforeEach(async () => {
    world = await worlds.world({ covered: true });
    person = new Person(world);
    await person.trust();
  });
  afterEach(async () => world.dispose());

  async function checkpoints(session: string): Promise<CheckpointView[]> {
    return (await person.ask('checkpoint/list', { session })).checkpoints;
  }
  async function git(...args: string[]): Promise<string> {
    return (await run('git', args, { cwd: world.repository, env: world.env })).stdout.trim();
  }

  it('tell what each turn did, and what a person did between turns', async () => {
    const session = await person.create('first #ask');
    await person.sees(session, 'needs-you');
    const { worktree } = await person.show(session);
    assert.ok(worktree !== null);
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    await writeFile(join(worktree, 'by-hand.txt'), 'mine\n');
    await person.continue(session, 'second');
    await person.sees(session, 'reported');
    const all = await checkpoints(session);
    assert.deepEqual(
      all.map(({ n, kind, changed, byPerson }) => ({ n, kind, changed, byPerson })),
      [
        { n: 0, kind: 'session-start', changed: false, byPerson: false },
        { n: 1, kind: 'tool', changed: false, byPerson: false },
        { n: 2, kind: 'turn-end', changed: true, byPerson: false },
        { n: 3, kind: 'turn-start', changed: true, byPerson: true },
        { n: 4, kind: 'turn-end', changed: true, byPerson: false },
      ],
    );
    for (const { n, commit, tree } of all) {
      assert.equal(await git('rev-parse', `refs/coppice/${session}/${n}`), commit);
      assert.equal(await git('rev-parse', `refs/coppice/${session}/${n}^{tree}`), tree);
    }
    const names = async (from: number, to: number): Promise<string[]> =>
      (await person.ask('diff/summary', { session, from, to })).files.map(({ path }) => path);
    assert.deepEqual(await names(0, 1), []);
    assert.deepEqual(await names(1, 2), ['work.txt']);
    assert.deepEqual(await names(2, 3), ['by-hand.txt']);
    assert.deepEqual(await names(3, 4), ['work.txt']);
    const now = await person.ask('diff/summary', { session, from: 4 });
    assert.deepEqual([now.files, now.from.tree], [[], now.to.tree]);
    const then = await person.ask('diff/file', { session, side: 2, path: 'work.txt' });
    assert.equal(then.state === 'there' && then.content.includes('second'), false);
    assert.deepEqual(await person.ask('diff/file', { session, side: 2, path: 'by-hand.txt' }), { state: 'missing' });
    const onDisk = await person.ask('diff/file', { session, side: 'worktree', path: 'work.txt' });
    assert.equal(onDisk.state === 'there' && onDisk.content, await readFile(join(worktree, 'work.txt'), 'utf8'));
  });

  it('are named by a person, and unknown ones are refused in a sentence', async () => {
    const session = await person.create('first');
    await person.sees(session, 'reported');
    await person.ask('checkpoint/name', { session, n: 1, name: 'works' });
    assert.equal((await checkpoints(session))[1]?.name, 'works');
    await assert.rejects(person.ask('checkpoint/name', { session, n: 9, name: 'none' }), (error) =>
      isCoppiceError(error, 'not-found'),
    );
  });
});
