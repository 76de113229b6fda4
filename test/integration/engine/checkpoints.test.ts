import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { CheckpointView } from '../../../src/protocol/diff-schemas.ts';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const run = promisify(execFile);

describe('checkpoints of a session that an engine carries out', function () {
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

  async function checkpoints(session: string): Promise<CheckpointView[]> {
    return (await person.ask('checkpoint/list', { session })).checkpoints;
  }
  const take = (session: string, id: string): Promise<CheckpointView> => person.ask('checkpoint/take', { session, id });
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

  it('are taken by hand, at work and at rest, once however often they are asked for', async () => {
    const session = await person.create('first #ask');
    await person.sees(session, 'needs-you');
    const { worktree } = await person.show(session);
    assert.ok(worktree !== null);
    await writeFile(join(worktree, 'by-hand.txt'), 'mine\n');
    const atWork = await person.ask('checkpoint/take', { session, name: 'in the middle' });
    assert.deepEqual([atWork.kind, atWork.name, atWork.turn], ['named', 'in the middle', 0]);
    assert.equal(await git('show', `refs/coppice/${session}/${atWork.n}:by-hand.txt`), 'mine');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    await writeFile(join(worktree, 'by-hand.txt'), 'more\n');
    const id = randomUUID();
    const [one, same] = [await take(session, id), await take(session, id)];
    assert.deepEqual([one, one.byPerson, one.changed], [same, true, true]);
    assert.equal((await checkpoints(session)).filter(({ kind }) => kind === 'named').length, 2);
    await person.ask('restore/apply', { session, to: atWork.n, paths: ['by-hand.txt'] });
    assert.equal(await readFile(join(worktree, 'by-hand.txt'), 'utf8'), 'mine\n');
    // An engine that is at work may write into it meanwhile.
    await rm(worktree, { recursive: true, maxRetries: 20 });
    await assert.rejects(take(session, randomUUID()), (error) => isCoppiceError(error));
    assert.equal((await take(session, id)).n, one.n, 'what was taken is there');
  });

  it('bring back what was there, in whole and in part, and every rollback can be undone', async () => {
    const session = await person.create('first');
    await person.sees(session, 'reported');
    const { worktree } = await person.show(session);
    assert.ok(worktree !== null);
    const work = join(worktree, 'work.txt');
    const [begun, first] = [await content(session, 0), await readFile(work, 'utf8')];
    await writeFile(work, `top\n${first}bottom\n`);
    await writeFile(join(worktree, 'by-hand.txt'), 'mine\n');
    const edited = await readFile(work, 'utf8');
    await run('git', ['init', '-q', 'inside'], { cwd: worktree, env: world.env });
    const preview = await person.ask('restore/preview', { session, to: 1 });
    assert.match(preview.remarks.join(), /^Commits and branches of repositories inside stay .*: inside\.$/);
    assert.deepEqual(
      preview.files.map(({ path, status }) => [path, status]),
      [
        ['by-hand.txt', 'deleted'],
        ['work.txt', 'modified'],
      ],
    );
    const { hunks, from } = await person.ask('diff/hunks', { session, from: 'worktree', to: 1, path: 'work.txt' });
    assert.deepEqual([hunks.length, from], [2, preview.now]);
    const chosen = { session, to: 1, hunks: [{ path: 'work.txt', hunks: [1] }], expect: preview.now };
    const done = await person.ask('restore/apply', chosen);
    assert.equal(await readFile(work, 'utf8'), `top\n${first}`, 'exactly the chosen change');
    assert.equal(await readFile(join(worktree, 'by-hand.txt'), 'utf8'), 'mine\n');
    assert.deepEqual([done.files, done.before, done.after], [1, 2, 3]);
    await assert.rejects(person.ask('restore/apply', chosen), (error) => isCoppiceError(error, 'wrong-state'));
    await person.ask('restore/undo', { session });
    assert.equal(await readFile(work, 'utf8'), edited);
    await person.ask('restore/undo', { session });
    assert.equal(await readFile(work, 'utf8'), `top\n${first}`, 'an undo is undone');
    const id = '00000000-0000-4000-8000-000000000001';
    const whole = await person.ask('restore/apply', { session, to: 0, id });
    assert.deepEqual(await person.ask('restore/apply', { session, to: 0, id }), whole, 'asked twice, done once');
    assert.deepEqual(await content(session, 'worktree'), begun);
    await assert.rejects(readFile(join(worktree, 'by-hand.txt')));
    await person.ask('restore/undo', { session });
    assert.equal(await readFile(join(worktree, 'by-hand.txt'), 'utf8'), 'mine\n');
    assert.equal(await git('status', '--porcelain'), '', 'the main checkout was never touched');
    await person.continue(session, 'second');
    await person.sees(session, 'reported');
    const kinds = (await checkpoints(session)).map(({ kind }) => kind).slice(-2);
    assert.deepEqual(kinds, ['turn-start', 'turn-end']);
    assert.equal((await checkpoints(session)).at(-2)?.byPerson, false, 'a rollback is no edit of a person');
  });

  it('wait for an agent at work to be paused, when asked to', async () => {
    const session = await person.create('alpha #hang');
    await person.sees(session, 'running');
    await until(
      async () => (await person.show(session)).turns === 1,
      async () => 'the turn to begin',
    );
    await assert.rejects(person.ask('restore/apply', { session, to: 0 }), (error) =>
      isCoppiceError(error, 'wrong-state'),
    );
    const { worktree } = await person.show(session);
    await writeFile(join(worktree ?? '', 'stray.txt'), 'x\n');
    const done = await person.ask('restore/apply', { session, to: 0, pause: true });
    assert.equal(done.files, 1);
    await person.sees(session, 'interrupted');
    await assert.rejects(readFile(join(worktree ?? '', 'stray.txt')));
  });

  it('never write over a file that git ignores', async () => {
    const session = await person.create('first');
    await person.sees(session, 'reported');
    const { worktree } = await person.show(session);
    assert.ok(worktree !== null);
    await writeFile(join(worktree, '.gitignore'), 'work.txt\n');
    await run('git', ['rm', '-q', '--cached', 'work.txt'], { cwd: worktree, env: world.env });
    const commit = ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qam', 'ignore'];
    await run('git', commit, { cwd: worktree, env: world.env });
    await writeFile(join(worktree, 'work.txt'), 'secret\n');
    assert.deepEqual((await person.ask('restore/preview', { session, to: 1 })).obstacles, ['work.txt']);
    await assert.rejects(person.ask('restore/apply', { session, to: 1 }), (error) =>
      isCoppiceError(error, 'path-in-the-way'),
    );
    assert.equal(await readFile(join(worktree, 'work.txt'), 'utf8'), 'secret\n');
    await person.ask('restore/apply', { session, to: 1, paths: ['.gitignore'] });
    await assert.rejects(readFile(join(worktree, '.gitignore')));
  });

  it('never take away a file that git ignored at the checkpoint and tracks by now', async () => {
    const session = await person.create('first');
    await person.sees(session, 'reported');
    const { worktree } = await person.show(session);
    assert.ok(worktree !== null);
    const write = (name: string, text: string): Promise<void> => writeFile(join(worktree, name), text);
    await write('.gitignore', '*.csv\nbuilt/\n');
    await write('data.csv', 'mine\n');
    await write('other.csv', 'committed\n');
    const ignored = await take(session, randomUUID());
    await write('.gitignore', '');
    await write('later.txt', 'later\n');
    const add = ['add', '-f', '.gitignore', 'other.csv'];
    await run('git', add, { cwd: worktree, env: world.env });
    const commit = ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'tracked'];
    await run('git', commit, { cwd: worktree, env: world.env });
    const preview = await person.ask('restore/preview', { session, to: ignored.n });
    assert.deepEqual(preview.files.map(({ path }) => path).sort(), ['.gitignore', 'later.txt']);
    assert.match(preview.remarks.join('\n'), /^2 files stay: .* data\.csv, other\.csv$/m);
    const back = await person.ask('restore/apply', { session, to: ignored.n, expect: preview.now });
    assert.equal(back.files, 2);
    const there = async (): Promise<string[]> =>
      Promise.all(['.gitignore', 'data.csv', 'other.csv'].map((name) => readFile(join(worktree, name), 'utf8')));
    assert.deepEqual(await there(), ['*.csv\nbuilt/\n', 'mine\n', 'committed\n']);
    await assert.rejects(readFile(join(worktree, 'later.txt')));
    const after = (await checkpoints(session)).find(({ n }) => n === back.after);
    assert.equal((await take(session, randomUUID())).tree, after?.tree, 'the state that was planned is the one there');
    await person.ask('restore/undo', { session });
    assert.deepEqual(await there(), ['', 'mine\n', 'committed\n']);
    assert.equal(await readFile(join(worktree, 'later.txt'), 'utf8'), 'later\n');
    assert.equal(await content(session, 'worktree'), preview.now);
  });

  async function content(session: string, side: number | 'worktree'): Promise<unknown> {
    return (await person.ask('diff/summary', { session, from: 'base', to: side })).to.tree;
  }
});
