import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place, Session } from '../../../src/core/session/state.ts';
import { GitCheckpoints } from '../../../src/engine/places/git-checkpoints.ts';
import { type Capture, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from './support.ts';

describe('a rollback to a time when git ignored what it tracks by now', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  let checkpoints: GitCheckpoints;
  let n = 0;
  const session = { id: 's', request: { from: '/' }, repository: { root: '/' } } as unknown as Session;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    repository = await sandbox.open(await sandbox.repository('project', { 'a.txt': 'one\n' }));
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work' }));
    const { location } = repository;
    const repositories = { locate: () => Promise.resolve(location), open: () => Promise.resolve(repository) };
    const touched = { take: () => Promise.resolve({ paths: [] }), giveBack: () => undefined };
    checkpoints = new GitCheckpoints({ repositories, touched, stopping: new AbortController().signal });
  });
  afterEach(() => sandbox.clean());

  const take = (): Promise<Capture> => {
    n += 1;
    return takeCheckpoint(repository, place, { session: 's', n, intent: `i${n}` });
  };
  const next = (): { n: number; intent: string } => ({ n: (n += 1), intent: `i${n}` });
  const write = (files: Record<string, string>): Promise<void> => sandbox.write(place.path, files);
  const read = (path: string): Promise<string> => readFile(join(place.path, path), 'utf8');

  async function before(): Promise<{ readonly then: Capture; readonly now: Capture }> {
    await write({
      '.gitignore': '*.csv\n',
      'sub/.gitignore': 'own/\n',
      'sub/own/deep/x.txt': 'x\n',
      'data.csv': 'd\n',
    });
    const then = await take();
    await write({ '.gitignore': '', 'later.txt': 'later\n', 'sub/later.txt': 'later\n' });
    await rm(join(place.path, 'sub/.gitignore'));
    return { then, now: await take() };
  }

  it('leaves it, and what is planned is what is there then', async () => {
    const { then, now } = await before();
    const planned = await checkpoints.plan(session, place, { ...next(), now, target: then, request: {} });
    assert.equal(planned.tree, then.tree);
    await checkpoints.carryOut(session, place, planned);
    assert.deepEqual([await read('data.csv'), await read('sub/own/deep/x.txt')], ['d\n', 'x\n']);
    await assert.rejects(read('sub/later.txt'));
    assert.equal((await take()).tree, then.tree);
  });

  it('leaves it tracked where its rules do not come back', async () => {
    const { then, now } = await before();
    const choices = [
      [['data.csv', 'later.txt', 'sub'], 'data.csv'],
      [['.gitignore', 'later.txt'], 'sub/own/deep/x.txt'],
    ] as const;
    for (const [paths, tracked] of choices) {
      const request = { paths };
      const planned = await checkpoints.plan(session, place, { ...next(), now, target: then, request });
      await checkpoints.carryOut(session, place, planned);
      assert.deepEqual([await read('data.csv'), await read('sub/own/deep/x.txt')], ['d\n', 'x\n']);
      const after = await take();
      assert.equal(after.tree, planned.tree);
      const names = await sandbox.git(place.path, 'ls-tree', '-r', '--name-only', planned.tree);
      assert.deepEqual(names.match(/^(?:data\.csv|sub\/own\/.*)$/gmu), [tracked]);
      const since = after;
      await checkpoints.carryOut(
        session,
        place,
        await checkpoints.plan(session, place, { ...next(), now: after, target: now, since, request: {} }),
      );
      assert.equal((await take()).tree, now.tree, 'undone');
    }
  });

  it('leaves it when an engine dies with nothing, a part or all of the files moved', async () => {
    const { then, now } = await before();
    const planned = await checkpoints.plan(session, place, { ...next(), now, target: then, request: {} });
    const paths = ['.gitignore', 'later.txt'];
    const part = planned.moves.filter(({ path }) => paths.includes(path));
    for (const moves of [[], part, planned.moves]) {
      await write({ '.gitignore': '', 'later.txt': 'later\n', 'sub/later.txt': 'later\n' });
      await rm(join(place.path, 'sub/.gitignore'), { force: true });
      await checkpoints.carryOut(session, place, { ...planned, moves });
      const again = await checkpoints.planAgain(session, place, {
        ...{ ...next(), now: await take(), before: now, wanted: planned, target: then },
      });
      await checkpoints.carryOut(session, place, again);
      assert.deepEqual([await read('data.csv'), await read('sub/own/deep/x.txt')], ['d\n', 'x\n']);
      assert.equal((await take()).tree, then.tree, `${moves.length} moved`);
    }
  });

  it('of what is gone alone leaves what is there and ignored by now, changed as it may be', async () => {
    await write({ 'lib/a.txt': 'a\n', 'lib/b.txt': 'b\n', 'more.txt': 'more\n' });
    const then = await take();
    await write({ '.gitignore': 'lib/\n', 'lib/a.txt': 'other\n' });
    await rm(join(place.path, 'lib/b.txt'));
    await rm(join(place.path, 'more.txt'));
    const now = await take();
    const planned = await checkpoints.plan(session, place, { ...next(), now, target: then, request: { gone: true } });
    await checkpoints.carryOut(session, place, planned);
    const found = await Promise.all(['.gitignore', 'lib/a.txt', 'lib/b.txt', 'more.txt'].map(read));
    assert.deepEqual(found, ['lib/\n', 'other\n', 'b\n', 'more\n']);
  });
});
