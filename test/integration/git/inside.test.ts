import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { checkpointTree, takeCheckpoint, type Capture } from '../../../src/git/checkpoint.ts';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { changedSubmodules, leftAlone, unsharedSubmodules } from '../../../src/git/inside-remarks.ts';
import { refuseObstacles } from '../../../src/git/obstacles.ts';
import { removeWorktree, type Removed } from '../../../src/git/removal.ts';
import { removalFacts } from '../../../src/git/removal-facts.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { moveFiles } from '../../../src/git/restore.ts';
import { returnWorktree } from '../../../src/git/return.ts';
import { chosenRollback } from '../../../src/git/roll-back.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';
import { exists, Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const week = 7 * 24 * 60 * 60 * 1000;

describe('repositories inside a worktree', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n', '.gitignore': 'ignored/\n' });
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  async function makePlace(): Promise<void> {
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  }

  async function withSubmodule(): Promise<string> {
    const library = await sandbox.repository('library', { 'lib.txt': 'lib\n' });
    await sandbox.git(main, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'libs/lib');
    await sandbox.git(main, 'commit', '-q', '-m', 'submodule');
    await makePlace();
    return join(place.path, 'libs', 'lib');
  }

  /** A repository with a commit, a stash, a commit that only its reflog has, something staged and something changed. */
  async function inner(path: string): Promise<Record<string, string>> {
    const folder = join(place.path, path);
    await sandbox.write(folder, { 'i.txt': 'one\n' });
    const git = (...args: string[]) => sandbox.git(folder, ...args);
    if (!(await exists(join(folder, '.git')))) await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'one');
    await sandbox.write(folder, { 'i.txt': 'stashed\n' });
    await git('stash', '-q');
    await git('commit', '-q', '--allow-empty', '-m', 'loose');
    const loose = await git('rev-parse', 'HEAD');
    await git('reset', '-q', '--hard', 'HEAD~1');
    await sandbox.write(folder, { 'staged.txt': 'staged\n' });
    await git('add', '-A');
    await sandbox.write(folder, { 'staged.txt': 'then changed\n', 'new.txt': 'new\n' });
    return { loose, stash: await git('rev-parse', 'stash'), staged: await git('rev-parse', ':staged.txt') };
  }

  async function linkOf(tree: string): Promise<string> {
    return (await sandbox.git(main, 'rev-parse', `${tree}:libs/lib`)).trim();
  }

  const remove = (more = {}): Promise<Removed> =>
    removeWorktree(repository, place, {
      ...{
        root: sandbox.root,
        session: 's-1',
        now,
        despite: ['changes', 'unpushed', 'repositories'] as const,
        ...more,
      },
    });
  const bringBack = ({ trash, saved }: Removed, by = repository): Promise<Place> =>
    returnWorktree(by, place, { root: sandbox.root, trash, kept: saved.ref });

  /** Gone from the trash. */
  async function sweep(): Promise<void> {
    const { deleted, doubtful } = await sweepTrash(repository, sandbox.root, { now: now + week, pauseMs: 0 });
    assert.deepEqual([deleted, doubtful], [[place.path], []]);
  }

  /** Gone from git, too, what no ref reaches; the rest is sound. */
  async function sweepAndPrune(): Promise<void> {
    await sweep();
    await sandbox.git(main, 'reflog', 'expire', '--expire=now', '--all');
    await sandbox.git(main, 'gc', '-q', '--prune=now');
    await sandbox.git(main, 'fsck', '--strict');
  }

  async function asItWas(path: string, status: string, ids: Record<string, string>): Promise<void> {
    const folder = join(place.path, path);
    await sandbox.git(folder, 'fsck', '--strict');
    for (const id of Object.values(ids)) await sandbox.git(folder, 'cat-file', '-e', id);
    assert.equal(await sandbox.git(folder, 'rev-parse', 'stash'), ids['stash']);
    assert.equal(await sandbox.git(folder, 'status', '--porcelain'), status);
    assert.match(await sandbox.git(folder, 'reflog'), new RegExp(ids['loose']?.slice(0, 7) ?? 'x'));
    assert.equal(await readFile(join(folder, 'staged.txt'), 'utf8'), 'then changed\n');
  }

  it('stay whole in the trash for a week, and come back with their commits, stash, reflog and index after it', async () => {
    await makePlace();
    const ids = await inner('deep/inner');
    const status = await sandbox.git(join(place.path, 'deep/inner'), 'status', '--porcelain');
    const first = await remove();
    assert.equal(first.keepUntil, now + week);
    place = await bringBack(first);
    await asItWas('deep/inner', status, ids);
    const second = await remove();
    await sweepAndPrune();
    place = await bringBack(second);
    await asItWas('deep/inner', status, ids);
  });

  it('an ignored one is kept, one without anything of its own is not, and a damaged or shallow one harms nothing', async () => {
    await makePlace();
    const ids = await inner('ignored/inner');
    await sandbox.git(place.path, 'clone', '-q', main, 'cloned');
    const clone = async (name: string): Promise<(...args: string[]) => Promise<string>> => {
      await sandbox.git(place.path, 'clone', '-q', main, name);
      return (...args) => sandbox.git(join(place.path, name), ...args);
    };
    // What only a tag or a ref of some other tool holds, of which no reflog knows.
    for (const [name, ref] of [
      ['tagged', 'refs/tags/v1/one'],
      ['other-tool', 'refs/jj/keep/1'],
    ] as const) {
      const git = await clone(name);
      await git('update-ref', ref, await git('commit-tree', '-m', 'mine', 'HEAD^{tree}'));
    }
    await sandbox.git(main, 'tag', 'on-no-branch', await sandbox.git(main, 'commit-tree', '-m', 'x', 'HEAD^{tree}'));
    await clone('with-tags-of-its-remote');
    await sandbox.git(place.path, 'clone', '-q', '--depth', '1', `file://${main}`, 'shallow');
    await sandbox.git(join(place.path, 'shallow'), 'commit', '-q', '--allow-empty', '-m', 'mine');
    await sandbox.write(place.path, { 'damaged/d.txt': 'd\n' });
    await sandbox.git(join(place.path, 'damaged'), 'init', '-q');
    await writeFile(join(place.path, 'damaged', '.git', 'HEAD'), 'nonsense');
    const removed = await remove();
    await sweepAndPrune();
    const bodies = await sandbox.git(main, 'log', '--no-walk', '--format=%s %b', `${removed.saved.ref}^@`);
    const kept = [...bodies.matchAll(/^Git directory .*"path":"([^"]*)"/gm)].map((match) => match[1] ?? '');
    assert.deepEqual(kept.sort(), ['damaged', 'ignored/inner', 'other-tool', 'shallow', 'tagged']);
    // What git ignores does not come back by itself; its repository can be had from the ref.
    const listed = await sandbox.git(main, 'rev-list', '--objects', removed.saved.ref);
    for (const id of Object.values(ids)) assert.match(listed, new RegExp(`${id.slice(0, 2)}/${id.slice(2)}`));
  });

  it('a submodule with commits and changes of its own comes back with them', async () => {
    const lib = await withSubmodule();
    const ids = await inner('libs/lib');
    const status = await sandbox.git(lib, 'status', '--porcelain');
    assert.deepEqual((await removalFacts(repository, place)).repositories, ['libs/lib']);
    const removed = await remove();
    assert.equal(removed.keepUntil, now + week);
    await sweep();
    // Killed after the worktree was made and before its files were.
    const halfway: Repository = {
      ...repository,
      onNewTree: (tree, args, options) =>
        args.includes('-u') ? Promise.reject(new Error('killed')) : repository.onNewTree(tree, args, options),
    };
    await assert.rejects(bringBack(removed, halfway), /killed/);
    place = await bringBack(removed);
    await asItWas('libs/lib', status, ids);
    assert.equal(await readFile(join(place.path, 'libs', 'lib', 'new.txt'), 'utf8'), 'new\n');
  });

  it('what is committed in one after the removal is kept too', async () => {
    await makePlace();
    const ids = await inner('inner');
    const removed = await remove();
    const [trash = ''] = await readdir(join(sandbox.root, '.trash'));
    const folder = join(sandbox.root, '.trash', trash, removed.trash, 'inner');
    await sandbox.git(folder, 'commit', '-q', '--allow-empty', '-m', 'late');
    const late = await sandbox.git(folder, 'rev-parse', 'HEAD');
    await sweep();
    place = await bringBack(removed);
    assert.equal(await sandbox.git(join(place.path, 'inner'), 'rev-parse', 'HEAD'), late);
    await sandbox.git(join(place.path, 'inner'), 'cat-file', '-e', ids['loose'] ?? '');
  });

  it('submodules of a worktree whose folder somebody deleted are kept', async () => {
    const lib = await withSubmodule();
    const { loose = '' } = await inner('libs/lib');
    await rm(place.path, { recursive: true });
    assert.equal(await exists(lib), false);
    const { repaired } = await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
    assert.deepEqual(repaired, [place.path]);
    const listed = await sandbox.git(main, 'rev-list', '--objects', '--glob=refs/coppice/lost/*');
    assert.match(listed, new RegExp(`objects/${loose.slice(0, 2)}/${loose.slice(2)}`));
  });

  it('a rollback brings files back, leaves commits and submodules alone, says so, and never takes the place of one', async () => {
    const lib = await withSubmodule();
    const take = (n: number): Promise<Capture> =>
      takeCheckpoint(repository, place, { session: 's-1', n, intent: `i-${n}` });
    await sandbox.write(place.path, { inner: 'a file\n' });
    const first = await take(0);
    await rm(join(place.path, 'inner'));
    const ids = await inner('inner');
    const own = await inner('libs/lib');
    const [status, ofLib] = [
      await sandbox.git(lib, 'status', '--porcelain'),
      await sandbox.git(lib, 'rev-parse', 'HEAD'),
    ];
    const second = await take(1);
    const show = (path: string) => sandbox.git(main, 'show', `${second.commit}:${path}`);
    assert.deepEqual(await Promise.all(['inner/staged.txt', 'inner/new.txt'].map(show)), ['then changed', 'new']);

    const there = await chosenRollback(repository, second, first, {});
    await assert.rejects(refuseObstacles(repository, place, there), (error: unknown) => {
      const { code, message, context } = error as { code: string; message: string; context: Record<string, string> };
      assert.deepEqual(
        [code, message],
        ['path-in-the-way', 'inner is a repository of its own, and something else would take its place.'],
      );
      assert.match(context['paths'] ?? '', /^inner\/\.git\/HEAD$/m);
      return true;
    });
    const now = await checkpointTree(repository, place);
    const remarks = await leftAlone(repository, place, now, first.tree);
    assert.deepEqual(remarks, [
      'Commits and branches of repositories inside stay as they are; their files are brought back: inner.',
      'Submodules stay as they are, and what is changed in them is in no checkpoint: libs/lib.',
      `The submodule libs/lib stays at ${ofLib.slice(0, 7)}; the checkpoint has ${(await linkOf(first.tree)).slice(0, 7)}.`,
    ]);

    await sandbox.write(place.path, { 'inner/new.txt': 'newer\n', 'inner/more.txt': 'more\n' });
    const third = await take(2);
    const back = await chosenRollback(repository, third, second, {});
    await refuseObstacles(repository, place, back);
    await moveFiles(repository, place, back);
    assert.equal((await checkpointTree(repository, place)).tree, second.tree);
    await asItWas('inner', 'AM staged.txt\n?? new.txt', ids);
    await asItWas('libs/lib', status, own);

    const base = await sandbox.git(main, 'rev-parse', 'HEAD^{tree}');
    const unshared = await unsharedSubmodules(repository, place, base, second.tree);
    assert.match(
      unshared.join(),
      /^The submodule libs\/lib is at [0-9a-f]{7}, which no remote of it has: push it from /,
    );
    assert.deepEqual(await unsharedSubmodules(repository, place, base, first.tree), []);
    const changed = () => changedSubmodules(repository, place, ['libs/lib', 'inner-that-is-none']);
    assert.match((await changed()).join(), /^The submodule libs\/lib has changes that are not committed in it: /);
    await sandbox.git(lib, 'reset', '--quiet', '--hard');
    await sandbox.git(lib, 'clean', '--quiet', '-fd');
    assert.deepEqual(await changed(), []);
    await sandbox.git(lib, 'ls-files').then((files) => utimes(join(lib, files.split('\n')[0] ?? ''), 1, 1));
    assert.deepEqual(await changed(), [], 'touched is not changed');
  });

  it('one that cannot be read is not deleted', async () => {
    await makePlace();
    await inner('inner');
    const { trash } = await remove();
    const [of = ''] = await readdir(join(sandbox.root, '.trash'));
    const gitDir = join(sandbox.root, '.trash', of, trash, 'inner', '.git');
    const unreadable: Repository = {
      ...repository,
      // Root reads everything, so this says what git would say to anybody else.
      run: async (args, options) => {
        const { input } = options ?? {};
        const asked = args[0] === 'hash-object' && String(input).includes(`${gitDir}/`);
        return repository.run(args, asked ? { ...options, input: '"/nowhere"\n' } : options);
      },
    };
    const { deleted, doubtful } = await sweepTrash(unreadable, sandbox.root, { now: now + week });
    assert.deepEqual(deleted, []);
    assert.match(doubtful[0]?.reason ?? '', /^The repository inner cannot be read/);
    await rename(gitDir, `${gitDir}.there`);
  });
});
