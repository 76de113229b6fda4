import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../../../src/git/repository.ts';
import { keepStash, stashMark, stashNews } from '../../../src/git/stash.ts';
import { Sandbox } from './support.ts';

describe('the stash, which all worktrees of a repository share', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    repository = await sandbox.open(main);
  });
  afterEach(() => sandbox.clean());

  async function worktree(slug: string): Promise<string> {
    const path = join(sandbox.root, slug);
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', `feature/${slug}`, path);
    return path;
  }

  async function stash(cwd: string, text: string, ...args: string[]): Promise<string> {
    await writeFile(join(cwd, 'README.md'), text);
    await sandbox.git(cwd, 'stash', 'push', '-q', ...args);
    return sandbox.git(cwd, 'rev-parse', 'stash@{0}');
  }

  it('costs nothing and keeps nothing while it is empty', async () => {
    sandbox.log.length = 0;
    await keepStash(repository, 's');
    assert.equal(await stashMark(repository), undefined);
    assert.deepEqual(sandbox.log, [], 'no git ran');
    assert.deepEqual(await stashNews(repository, 's', 'feature/a'), { own: [], gone: [] });
  });

  it('loses no entry to an agent that pops, drops or clears it, not even after a gc', async () => {
    const mine = await stash(main, 'a person’s work\n');
    const mark = await stashMark(repository);
    await keepStash(repository, 's');
    const [a, b] = [await worktree('a'), await worktree('b')];
    const theirs = await stash(b, 'work of b\n', '-m', 'half of it');
    assert.notEqual(await stashMark(repository), mark);
    const own = await stash(a, 'work of a\n', '-u');
    await keepStash(repository, 's');
    await keepStash(repository, 's');
    await sandbox.git(a, 'stash', 'clear');
    await sandbox.git(a, 'reflog', 'expire', '--expire=now', '--all');
    await sandbox.git(a, 'gc', '-q', '--prune=now');
    const { own: left, gone } = await stashNews(repository, 's', 'feature/a');
    assert.deepEqual(left, []);
    assert.deepEqual(gone.map(({ commit }) => commit).toSorted(), [mine, theirs].toSorted());
    assert.deepEqual(gone.map(({ subject }) => subject.replace(/: [0-9a-f]{7} /, ': ')).toSorted(), [
      'On feature/b: half of it',
      'WIP on main: first',
    ]);
    await sandbox.git(main, 'stash', 'store', mine);
    await sandbox.git(main, 'stash', 'pop', '-q');
    assert.equal(await readFile(join(main, 'README.md'), 'utf8'), 'a person’s work\n');
    await sandbox.git(main, 'cat-file', '-e', `${own}^{tree}`);
    await sandbox.git(main, 'fsck', '--strict');
  });

  it('tells what an agent left on it, and takes no hostile message for an entry', async () => {
    await keepStash(repository, 's');
    const a = await worktree('a');
    const hostile = `x\n${'0'.repeat(40)} WIP on main: nothing`;
    const commit = await stash(a, 'left\n', '-m', hostile);
    await keepStash(repository, 's');
    const { own, gone } = await stashNews(repository, 's', 'feature/a');
    assert.deepEqual(
      own.map((each) => each.commit),
      [commit],
    );
    assert.match(own[0]?.subject ?? '', /^On feature\/a: x/);
    assert.deepEqual(gone, []);
  });
});
