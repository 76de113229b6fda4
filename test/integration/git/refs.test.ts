import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { askForRefs, readRefs, refsFromFiles, type Refs } from '../../../src/git/refs.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { askForWorktrees, listWorktrees, worktreesFromFiles } from '../../../src/git/worktrees.ts';
import { Sandbox } from './support.ts';

describe('branches and worktrees as read from the files of git', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    repository = await sandbox.open(main);
  });
  afterEach(async () => sandbox.clean());

  const git = (...args: string[]): Promise<string> => sandbox.git(main, ...args);
  const fromFiles = (): Promise<Refs | undefined> => refsFromFiles(repository.location.commonDir);

  async function agree(what: string): Promise<void> {
    const [read, asked] = [await fromFiles(), await askForRefs(repository)];
    assert.ok(read !== undefined, what);
    assert.deepEqual(
      [...read.branches].sort(([a], [b]) => (a < b ? -1 : 1)),
      [...asked.branches].sort(([a], [b]) => (a < b ? -1 : 1)),
      what,
    );
    assert.deepEqual(new Map(read.remoteHeads), new Map(asked.remoteHeads), what);
    const trees = await worktreesFromFiles(repository, read);
    assert.deepEqual(trees, await askForWorktrees(repository), what);
  }

  it('are those that git tells, whatever was done to them', async () => {
    const steps: readonly (readonly [string, ...string[]])[] = [
      ['branch', 'feature/a'],
      ['branch', 'feature/deep/er/b'],
      ['branch', 'größe-日本'],
      ['pack-refs', '--all'],
      ['branch', 'feature/c'],
      ['branch', '-D', 'feature/a'],
      ['commit', '--allow-empty', '-qm', 'second'],
      ['tag', '-a', '-m', 'annotated', 'v1'],
      ['pack-refs', '--all', '--prune'],
      ['commit', '--allow-empty', '-qm', 'third'],
      ['branch', '-D', 'feature/deep/er/b'],
      ['branch', 'feature/deep'],
      ['worktree', 'add', '-q', '-b', 'tree-one', '../one'],
      ['worktree', 'add', '-q', '--detach', '../two'],
      ['worktree', 'lock', '--reason', 'on a stick', '../two'],
      ['worktree', 'lock', '../one'],
      ['update-ref', 'refs/remotes/origin/main', 'HEAD'],
      ['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main'],
      ['symbolic-ref', 'refs/remotes/other/HEAD', 'refs/remotes/other/gone'],
      ['pack-refs', '--all'],
      ['switch', '-q', '--detach'],
    ];
    for (const step of steps) {
      await git(...step);
      await agree(step.join(' '));
    }
    await rm(sandbox.path('one'), { recursive: true });
    await agree('a worktree whose folder is gone');
    assert.equal((await listWorktrees(repository)).find(({ branch }) => branch === 'tree-one')?.gone, true);
  });

  it('are left to git where they are not plain, and are the same all the same', async () => {
    const heads = join(main, '.git', 'refs', 'heads');
    const strange: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['a symbolic branch', () => git('symbolic-ref', 'refs/heads/alias', 'refs/heads/main')],
      ['a link', () => symlink('main', join(heads, 'linked'))],
      ['a name that git does not take', () => writeFile(join(heads, 'a..b'), '0'.repeat(40))],
      ['what is no id', () => writeFile(join(heads, 'broken'), 'nonsense\n')],
      ['a link in the place of the folder', () => rename(heads, `${heads}-2`).then(() => symlink('heads-2', heads))],
    ];
    for (const [what, make] of strange) {
      await make();
      if (what !== 'a link in the place of the folder') assert.equal(await fromFiles(), undefined, what);
      assert.deepEqual((await readRefs(repository)).branches, (await askForRefs(repository)).branches, what);
      if (what === 'a link in the place of the folder') continue;
      for (const name of ['alias', 'linked', 'a..b', 'broken']) await rm(join(heads, name), { force: true });
    }
    const many = Array.from({ length: 300 }, (_, index) => `create refs/heads/many/${index} HEAD\n`).join('');
    await repository.run(['update-ref', '--stdin'], { input: many.replaceAll('HEAD', await git('rev-parse', 'HEAD')) });
    assert.equal(await fromFiles(), undefined, 'very many files');
    assert.equal((await readRefs(repository)).branches.size, (await askForRefs(repository)).branches.size);
  });

  it('a worktree entry that is not plain is left to git', async () => {
    await git('worktree', 'add', '-q', '-b', 'tree-one', '../one');
    const plain = await worktreesFromFiles(repository, await readRefs(repository));
    assert.deepEqual(
      plain?.map(({ path }) => path),
      [main, sandbox.path('one')],
    );
    await writeFile(join(main, '.git', 'worktrees', 'one', 'HEAD'), 'nonsense\n');
    assert.equal(await worktreesFromFiles(repository, await readRefs(repository)), undefined);
    await writeFile(join(main, '.git', 'worktrees', 'one', 'HEAD'), 'ref: refs/heads/tree-one\n');
    await writeFile(join(main, '.git', 'worktrees', 'one', 'gitdir'), '../../../../one\n');
    assert.equal(await worktreesFromFiles(repository, await readRefs(repository)), undefined);
    await writeFile(join(main, '.git', 'worktrees', 'one', 'gitdir'), '../../../../one/.git\n');
    assert.deepEqual(await worktreesFromFiles(repository, await readRefs(repository)), plain, 'as git may write it');
    const unborn = sandbox.path('unborn');
    await mkdir(unborn);
    await sandbox.git(unborn, 'init', '-q', '-b', 'main');
    const empty = await sandbox.open(unborn);
    assert.equal(await worktreesFromFiles(empty, await readRefs(empty)), undefined);
    assert.equal((await listWorktrees(empty))[0]?.main, true);
  });

  it('no branch is missed while git packs them, again and again', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `feature/${index}`);
    for (const name of names) await git('branch', name);
    const state = { packing: true };
    const packs = (async () => {
      for (let round = 0; round < 25; round++) {
        await git('pack-refs', '--all', '--prune');
        // Moved, so that each is a file of its own again.
        const moved = names.map((name) => `update refs/heads/${name} HEAD\n`).join('');
        const commit = (await git('commit-tree', '-m', `round ${round}`, 'HEAD^{tree}')).trim();
        await repository.run(['update-ref', '--stdin'], { input: moved.replaceAll('HEAD', commit) });
      }
      state.packing = false;
    })();
    let reads = 0;
    while (isPacking(state)) {
      const read = await fromFiles();
      assert.ok(read !== undefined);
      assert.deepEqual([...read.branches.keys()].sort(), ['main', ...names].sort());
      reads += 1;
      // The files are read at once: what packs them needs its turn.
      await nextTurn();
    }
    await packs;
    assert.ok(reads > 20, `${reads} reads`);
    await agree('afterwards');
  });
});

function isPacking({ packing }: { readonly packing: boolean }): boolean {
  return packing;
}
