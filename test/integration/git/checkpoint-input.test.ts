import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathText } from '../../../src/core/path-text.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { type Capture, highestRef, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { diffTrees } from '../../../src/git/diff.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { moveFiles, movesBetween } from '../../../src/git/restore.ts';
import { touchedEdits } from '../../../src/git/touched-tree.ts';
import { readAll } from './checkpoint-model.ts';
import { Sandbox } from './support.ts';

const run = promisify(execFile);

describe('checkpoints of worktrees that are in a bad way', () => {
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  let n = 0;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const root = await sandbox.repository('project', { 'a.txt': 'one\n', 'b.txt': 'two\n' });
    repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' }));
  });
  afterEach(() => sandbox.clean());

  function take(session = 's'): Promise<Capture> {
    n += 1;
    return takeCheckpoint(repository, place, { session, n, intent: `intent-${n}` });
  }
  /** From what was seen being touched since another one. */
  function takeTouched(parent: Capture, touched: string[]): Promise<Capture> {
    n += 1;
    return takeCheckpoint(repository, place, { session: 's', n, intent: `intent-${n}`, parent, touched });
  }
  async function paths(from: string, to: string): Promise<string[]> {
    return (await diffTrees(repository, from, to)).map(({ path }) => path);
  }
  async function goBack(to: Capture): Promise<void> {
    await moveFiles(repository, place, await movesBetween(repository, (await take()).tree, to.tree));
  }

  it('in the middle of a merge with conflicts: the files as they are, the merge as it was', async () => {
    await sandbox.git(place.path, 'checkout', '-q', '-b', 'other');
    await sandbox.write(place.path, { 'a.txt': 'theirs\n' });
    await sandbox.git(place.path, 'commit', '-qam', 'theirs');
    await sandbox.git(place.path, 'checkout', '-q', 'feature/work');
    await sandbox.write(place.path, { 'a.txt': 'ours\n' });
    await sandbox.git(place.path, 'commit', '-qam', 'ours');
    const before = await take();
    await sandbox.tryGit(place.path, 'merge', '-q', 'other');
    const status = await sandbox.git(place.path, 'status', '--porcelain');
    const amid = await take();
    assert.match(await sandbox.git(place.path, 'show', `${amid.commit}:a.txt`), /^<<<<<<< /);
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), status);
    await goBack(before);
    assert.equal(await readFile(join(place.path, 'a.txt'), 'utf8'), 'ours\n');
    await goBack(amid);
    assert.match(await readFile(join(place.path, 'a.txt'), 'utf8'), /^<<<<<<< /);
    await readFile(join(place.admin, 'MERGE_HEAD'));
  });

  it('with an index that another git has locked: nobody asks that index', async () => {
    await writeFile(join(place.admin, 'index.lock'), '');
    const before = await take();
    await sandbox.write(place.path, { 'a.txt': 'changed\n', 'c.txt': 'more\n' });
    const after = await take();
    assert.deepEqual(await paths(before.tree, after.tree), ['a.txt', 'c.txt']);
    await goBack(before);
    assert.equal(await readFile(join(place.admin, 'index.lock'), 'utf8'), '');
  });

  it('with a file whose name only changed its case', async () => {
    const before = await take();
    await rename(join(place.path, 'a.txt'), join(place.path, 'A.txt'));
    const after = await take();
    assert.deepEqual(
      (await diffTrees(repository, before.tree, after.tree)).map(({ path, oldPath }) => [oldPath, path]),
      [['a.txt', 'A.txt']],
    );
    await goBack(before);
    assert.deepEqual([...(await readAll(place.path)).keys()].sort(), ['a.txt', 'b.txt']);
  });

  it('with a file that becomes a folder, and a file again', async () => {
    const file = await take();
    await rm(join(place.path, 'a.txt'));
    await sandbox.write(place.path, { 'a.txt/inside.txt': 'i\n', 'a.txt/deep/x.txt': 'x\n' });
    const below = ['a.txt/deep/x.txt', 'a.txt/inside.txt'];
    const quick = await takeTouched(file, ['a.txt', ...below]);
    const folder = await take();
    assert.equal(quick.tree, folder.tree, 'seen or looked at, it is the same');
    assert.deepEqual((await paths(file.tree, folder.tree)).sort(), ['a.txt', ...below]);
    await goBack(file);
    assert.equal(await readFile(join(place.path, 'a.txt'), 'utf8'), 'one\n');
    assert.equal((await takeTouched(folder, ['a.txt', ...below])).tree, file.tree);
    await goBack(folder);
    assert.deepEqual([...(await readAll(place.path)).keys()].sort(), [...below, 'b.txt']);
  });

  it('with names that have a line break or are no UTF-8', async () => {
    const names = [Buffer.from('new\nline.txt'), Buffer.from([0x62, 0xff, 0xfe])];
    const before = await take();
    for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${place.path}/`), name]), 'x\n');
    const texts = names.map((name) => pathText(name)).sort();
    const quick = await takeTouched(before, texts);
    const after = await take();
    assert.equal(quick.tree, after.tree);
    assert.deepEqual((await paths(before.tree, after.tree)).sort(), texts);
    await goBack(before);
    assert.deepEqual([...(await readAll(place.path)).keys()].sort(), ['a.txt', 'b.txt']);
    await goBack(after);
    assert.deepEqual([...(await readAll(place.path)).keys()].sort(), ['a.txt', 'b.txt', ...texts].sort());
  });

  it('with files that were seen and are gone', async () => {
    const before = await take();
    await sandbox.write(place.path, { 'c.txt': 'c\n' });
    const gone = await takeTouched(before, ['c.txt', 'never.txt']);
    await rm(join(place.path, 'c.txt'));
    assert.equal((await takeTouched(gone, ['c.txt', 'never.txt'])).tree, before.tree);
  });

  it('while files come and go', async function () {
    this.timeout(60_000);
    const script = 'i=0; while :; do i=$((i+1)); echo $i >"t$((i%50))"; rm -f "t$(((i+25)%50))"; done';
    const churn = spawn('sh', ['-c', script], { cwd: place.path, stdio: 'ignore' });
    try {
      for (let round = 0; round < 12; round += 1) {
        const { tree } = await take();
        const kept = await sandbox.git(place.path, 'ls-tree', '--name-only', tree);
        assert.ok(kept.startsWith('a.txt\nb.txt'), kept);
        const touched = Array.from({ length: 50 }, (_, index) => `t${index}`);
        const quick = await touchedEdits(repository, place, place.baseCommit, touched);
        assert.ok('edits' in quick || quick.why !== '');
      }
    } finally {
      const ended = once(churn, 'exit');
      churn.kill('SIGKILL');
      await ended;
    }
  });

  it('says whose ref is in the way, and leaves it', async () => {
    const head = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    await sandbox.git(place.path, 'update-ref', 'refs/coppice/mine', head);
    await assert.rejects(take('mine'), (error: Error & { code: string; context: Record<string, string> }) => {
      assert.equal(error.code, 'path-in-the-way');
      assert.match(error.context['ref'] ?? '', /^refs\/coppice\/mine\/\d+$/);
      return true;
    });
    await sandbox.write(place.path, { 'a.txt': 'else\n' });
    await sandbox.git(place.path, 'update-ref', `refs/coppice/theirs/${n + 1}`, head);
    await assert.rejects(take('theirs'), { code: 'path-in-the-way' });
    assert.equal(await highestRef(repository, 'theirs'), n);
    assert.equal(await sandbox.git(place.path, 'rev-parse', `refs/coppice/theirs/${n}`), head);
    await take('theirs');
  });

  it('keeps a large file, a repository inside, and says what it cannot read', async function () {
    this.timeout(60_000);
    await writeFile(join(place.path, 'large.bin'), '');
    await truncate(join(place.path, 'large.bin'), 100 * 1024 * 1024);
    await mkdir(join(place.path, 'inner'));
    await sandbox.git(join(place.path, 'inner'), 'init', '-q', '-b', 'main');
    await sandbox.write(join(place.path, 'inner'), { 'deep/x.txt': 'x\n' });
    await writeFile(join(place.path, 'secret'), 'x');
    await chmod(join(place.path, 'secret'), 0);
    const { tree, remarks } = await take();
    const kept = await sandbox.git(place.path, 'ls-tree', '-r', '-l', tree);
    assert.match(kept, /104857600\tlarge\.bin/);
    assert.match(kept, /\tinner\/deep\/x\.txt/);
    // The superuser reads everything.
    const unread = process.getuid?.() === 0 ? [] : ['secret cannot be read: it is not kept as it is.'];
    assert.deepEqual(remarks, unread);
  });

  it('keeps pointers of Git LFS as they lie there, with and without the program', async () => {
    const pointer = (n: number): string =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${String(n).repeat(64)}\nsize ${n}\n`;
    const pointers = ['a.bin', 'deep/b.bin'];
    const write = (n: number): Promise<void> =>
      sandbox.write(place.path, Object.fromEntries(pointers.map((path) => [path, pointer(n)])));
    await sandbox.write(place.path, { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' });
    await write(1);
    await sandbox.git(place.path, 'add', '-A');
    await sandbox.git(place.path, 'commit', '-qm', 'pointers');
    const config = { clean: 'git-lfs clean -- %f', smudge: 'git-lfs smudge -- %f', required: 'true' };
    for (const installed of [false, true]) {
      if (installed)
        for (const [key, value] of Object.entries(config))
          await sandbox.git(place.path, 'config', '--global', `filter.lfs.${key}`, value);
      await write(1);
      const before = await take();
      await write(2);
      const after = await take();
      assert.deepEqual(await paths(before.tree, after.tree), pointers);
      assert.equal(await sandbox.git(place.path, 'show', `${after.commit}:deep/b.bin`), pointer(2).trimEnd());
      const quick = await touchedEdits(repository, place, before.head, pointers);
      assert.ok('why' in quick && quick.why.endsWith('is kept otherwise than it is'));
      await goBack(before);
      assert.equal(await readFile(join(place.path, 'deep/b.bin'), 'utf8'), pointer(1));
    }
  });

  it('fails on a full disk, says so, and leaves no ref behind', async function () {
    this.timeout(60_000);
    const objects = join(repository.location.commonDir, 'objects');
    const aside = `${objects}-aside`;
    await rename(objects, aside);
    await mkdir(objects);
    const mount = run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', objects]);
    const mounted = await mount.then(
      () => true,
      () => false,
    );
    await run('cp', ['-a', `${aside}/.`, objects]);
    await writeFile(join(place.path, 'large.bin'), randomBytes(4 * 1024 * 1024));
    try {
      // Only the superuser can mount a small disk; without one a folder that may not be written stands for it.
      if (!mounted) await chmod(objects, 0o500);
      await assert.rejects(take('full'), { code: mounted ? 'disk-full' : 'git-failed' });
      assert.equal(await highestRef(repository, 'full'), -1);
    } finally {
      await chmod(objects, 0o700);
      if (mounted) await run('umount', [objects]);
    }
    await rm(objects, { recursive: true, force: true });
    await rename(aside, objects);
    await take('full');
  });
});
