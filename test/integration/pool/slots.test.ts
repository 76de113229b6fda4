import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateIndex } from '../../../src/git/checkout.ts';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { createWorktree, type Created } from '../../../src/git/create.ts';
import {
  claimSlot,
  checkoutBytes,
  dropSlot,
  isIntact,
  listSlots,
  makeSlot,
  refreshSlot,
  type Slot,
} from '../../../src/git/pool.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { listWorktrees } from '../../../src/git/worktrees.ts';
import { exists, Sandbox } from '../git/support.ts';

describe('the pool', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let commit: string;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    repository = await sandbox.open(main);
    commit = await sandbox.git(main, 'rev-parse', 'main');
  });

  afterEach(() => sandbox.clean());

  const slot = (): Promise<Slot> => makeSlot(repository, { root: sandbox.root, commit, sparse: [] });
  const create = (slug: string, more: Partial<Parameters<typeof createWorktree>[1]> = {}): Promise<Created> =>
    createWorktree(repository, { root: sandbox.root, slug, pool: true, ...more });
  /** Whether the worktree was a slot: git names an entry after the folder for which it was made. */
  const wasWarm = ({ place }: Created): boolean => place.admin.includes('/slot-');

  async function whole({ place }: Created, branch: string): Promise<void> {
    assert.equal(place.branch, branch);
    assert.equal(await sandbox.git(place.path, 'branch', '--show-current'), branch);
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain', '--ignored'), '');
    assert.equal(await readFile(join(place.path, 'src/a.txt'), 'utf8'), 'one\n');
    assert.ok((await listWorktrees(repository)).some(({ path, branch: on }) => path === place.path && on === branch));
    await sandbox.git(main, 'fsck', '--strict');
    assert.equal(await sandbox.git(main, 'worktree', 'prune', '-n'), '');
  }

  it('a worktree that is made takes a slot over, at its own path and on its own branch', async () => {
    const { path, admin } = await slot();
    const index = await stat(privateIndex(repository, admin));
    sandbox.log.length = 0;
    const made = await create('auth');
    assert.equal(wasWarm(made), true);
    assert.equal((await stat(privateIndex(repository, made.place.admin))).ino, index.ino, 'made with the slot');
    assert.equal(made.place.path.endsWith('/auth'), true);
    assert.equal(await exists(path), false);
    assert.deepEqual(await listSlots(repository), []);
    assert.ok(!sandbox.log.some(({ args }) => args.includes('read-tree') || args.includes('add')));
    await whole(made, 'feature/auth');
    assert.equal(wasWarm(await create('second')), false);
  });

  it('brings a slot to another base, or to a branch that exists', async () => {
    await slot();
    await sandbox.write(main, { 'later.txt': 'later\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'later');
    const made = await create('auth');
    assert.equal(wasWarm(made), true);
    assert.equal(await readFile(join(made.place.path, 'later.txt'), 'utf8'), 'later\n');
    await whole(made, 'feature/auth');
    await slot();
    await sandbox.git(main, 'branch', 'feature/old', commit);
    const reused = await create('old');
    assert.deepEqual([wasWarm(reused), reused.place.origin], [true, 'reused']);
    assert.equal(await exists(join(reused.place.path, 'later.txt')), false);
    await whole(reused, 'feature/old');
  });

  it('is refreshed when its base moved', async () => {
    const before = await slot();
    await sandbox.write(main, { 'later.txt': 'later\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'later');
    const now = await sandbox.git(main, 'rev-parse', 'main');
    assert.equal(await refreshSlot(repository, before, now), true);
    const [after] = await listSlots(repository);
    assert.equal(after?.commit, now);
    assert.equal(await isIntact(after), true);
    sandbox.log.length = 0;
    await whole(await create('auth'), 'feature/auth');
    assert.ok(!sandbox.log.some(({ args }) => args.includes('read-tree')));
  });

  const broken: Record<string, (slot: Slot) => Promise<void>> = {
    'whose index somebody wrote': ({ path }) =>
      sandbox.write(path, { 'x.txt': 'x\n' }).then(() => sandbox.tryGit(path, 'add', '-A')),
    'with another file in its top folder': ({ path }) => writeFile(join(path, 'x.txt'), 'x\n'),
    'whose folder is gone': ({ path }) => rm(path, { recursive: true }),
    'whose entry is gone': ({ admin }) => rm(admin, { recursive: true }),
    'whose git file leads elsewhere': ({ path }) => writeFile(join(path, '.git'), 'gitdir: /elsewhere\n'),
    'that was switched': ({ path }) => sandbox.tryGit(path, 'switch', '-q', '-c', 'other'),
    'with a lock': ({ admin }) => writeFile(join(admin, 'index.lock'), ''),
    'whose index is no index': ({ admin }) => writeFile(join(admin, 'index'), 'rubbish'),
  };
  for (const [what, damage] of Object.entries(broken)) {
    it(`a slot ${what} is dropped, and the worktree is made all the same`, async () => {
      const each = await slot();
      await damage(each);
      const made = await create('auth');
      assert.equal(wasWarm(made), false);
      await whole(made, 'feature/auth');
      assert.deepEqual(await listSlots(repository), []);
    });
  }

  it('a slot that cannot be brought to its commit costs nobody the worktree', async () => {
    const each = await slot();
    await sandbox.write(main, { 'src/a.txt': 'one\n', 'later.txt': 'later\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'later');
    // Deep inside, where the cheap look does not see it, and in the way of what has to be written.
    await sandbox.write(each.path, { 'src/b.txt': 'mine\n' });
    await sandbox.write(main, { 'src/b.txt': 'b\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'b');
    const made = await create('auth');
    assert.equal(wasWarm(made), false);
    await whole(made, 'feature/auth');
    assert.deepEqual(await listSlots(repository), []);
  });

  it('several at once each get a slot or make their own, and no two the same', async () => {
    await slot();
    await slot();
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((slug) => create(slug)));
    assert.equal(made.filter(wasWarm).length, 2);
    assert.equal(new Set(made.map(({ place }) => place.admin)).size, 4);
    for (const [index, each] of made.entries()) await whole(each, `feature/${'abcd'[index] ?? ''}`);
  });

  it('a slot of an engine that made no index with it is taken all the same, and gets one', async () => {
    const each = await slot();
    await rm(privateIndex(repository, each.admin));
    const made = await create('auth');
    assert.equal(wasWarm(made), true);
    assert.equal(await exists(privateIndex(repository, made.place.admin)), true);
    await whole(made, 'feature/auth');
  });

  it('a slot for other directories, or of another data directory, is left alone', async () => {
    const each = await slot();
    assert.equal(wasWarm(await create('auth', { sparse: ['src'] })), false);
    const file = join(
      main,
      '.git',
      'coppice',
      'slots',
      (await readdir(join(main, '.git', 'coppice', 'slots')))[0] ?? '',
    );
    await writeFile(file, (await readFile(file, 'utf8')).replace('"engine-1"', '"engine-2"'));
    assert.equal(wasWarm(await create('other')), false);
    assert.equal(await exists(each.path), true);
  });

  it('a slot goes when it is told to, and cleaning up leaves those that wait', async () => {
    const [one, two] = [await slot(), await slot()];
    await dropSlot(repository, one);
    assert.equal(await exists(privateIndex(repository, one.admin)), false);
    const report = await cleanupWorktrees(repository, { root: sandbox.root, known: [], now: Date.now() });
    assert.deepEqual([report.orphans, report.removed], [[], []]);
    assert.deepEqual(
      (await listSlots(repository)).map(({ path }) => path),
      [two.path],
    );
    assert.equal(await exists(two.path), true);
    assert.equal((await listWorktrees(repository)).length, 2);
  });

  describe('a kill while a slot is taken', () => {
    const claim = (path: string) => ({
      path,
      branch: 'feature/auth',
      commit,
      existed: false,
      root: sandbox.root,
      sparse: [],
    });

    it('after the folder was renamed: both halves are taken back', async () => {
      const each = await slot();
      const path = join(each.path, '..', 'auth');
      await rename(each.path, path);
      sandbox.laterEngine();
      repository = await sandbox.open(main);
      await rm(path, { recursive: true });
      await whole(await create('auth'), 'feature/auth');
      assert.deepEqual(await listSlots(repository), []);
    });

    it('the claim itself says that there was none, when the slot vanishes under it', async () => {
      const each = await slot();
      await rm(each.path, { recursive: true });
      assert.equal(await claimSlot(repository, claim(join(each.path, '..', 'auth'))), undefined);
      assert.equal(await exists(each.admin), false);
    });
  });

  it('knows how large a checkout is', async () => {
    assert.equal(await checkoutBytes(repository, commit), 'hello\n'.length + 'one\n'.length);
  });
});
