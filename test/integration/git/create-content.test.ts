import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createWorktree } from '../../../src/git/create.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { exists, Sandbox } from './support.ts';

describe('createWorktree: what is in it', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    repository = await sandbox.open(main);
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const make = (slug: string, more: Partial<Parameters<typeof createWorktree>[1]> = {}) =>
    createWorktree(repository, { root: sandbox.root, slug, ...more });

  it('a sparse setting checks out only these directories, and the commit keeps the others', async () => {
    await sandbox.write(main, { 'docs/d.md': 'd\n', 'src/deep/e.txt': 'e\n', '-odd/f.txt': 'f\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'more');
    const { place } = await make('sparse', { sparse: ['docs', '-odd'] });
    assert.deepEqual((await readdir(place.path)).sort(), ['-odd', '.git', 'README.md', 'docs']);
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    assert.equal(await sandbox.git(main, 'status', '--porcelain'), '');
    assert.equal(await exists(join(main, 'src', 'a.txt')), true);
  });

  describe('.worktreeinclude', () => {
    beforeEach(async () => {
      await sandbox.write(main, {
        '.gitignore': '.env*\nsecret/\nnode_modules/\nlink*\n',
        '.worktreeinclude': '.env*\n!.env.production\nsecret/\nlink*\nuntracked.txt\nREADME.md\n',
      });
      await sandbox.git(main, 'add', '-A');
      await sandbox.git(main, 'commit', '-q', '-m', 'ignore');
      await sandbox.write(main, {
        '.env': 'A=1\n',
        '.env.production': 'no\n',
        'secret/deep/key': 'k\n',
        'node_modules/x/index.js': 'x\n',
        'untracked.txt': 'work in progress\n',
        'README.md': 'changed, not committed\n',
      });
      await chmod(join(main, '.env'), 0o600);
      await symlink('/etc/hostname', join(main, 'link-out'));
    });

    it('copies only ignored files that it names', async () => {
      const { place, included } = await make('x');
      assert.deepEqual([...included.copied].sort(), ['.env', 'link-out', 'secret/deep/key']);
      assert.equal(await readFile(join(place.path, '.env'), 'utf8'), 'A=1\n');
      assert.equal((await lstat(join(place.path, '.env'))).mode & 0o777, 0o600);
      assert.equal(await readlink(join(place.path, 'link-out')), '/etc/hostname');
      assert.equal(await exists(join(place.path, 'node_modules')), false);
      assert.equal(await exists(join(place.path, 'untracked.txt')), false);
      assert.equal(await readFile(join(place.path, 'README.md'), 'utf8'), 'hello\n');
      assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    });

    it('keeps to its limits and says what it left', async () => {
      const { included } = await make('x', { include: { maxBytes: 5 } });
      assert.deepEqual(included.copied, ['.env']);
      assert.equal(
        included.skipped.some(({ reason }) => reason === 'too large'),
        true,
      );
      assert.deepEqual((await make('y', { include: { maxFiles: 1 } })).included.copied.length, 1);
      assert.deepEqual((await make('z', { include: false })).included, { copied: [], bytes: 0, skipped: [] });
    });

    it('leaves repositories, what is no file, and what is there already', async () => {
      await sandbox.write(main, { 'secret/repo/f.txt': 'f\n' });
      await sandbox.git(join(main, 'secret', 'repo'), 'init', '-q');
      await promisify(execFile)('mkfifo', [join(main, 'secret', 'pipe')]);
      const { included } = await make('x');
      const reasons = included.skipped.map(({ path, reason }) => `${path}: ${reason}`).sort();
      assert.deepEqual([...included.copied].sort(), ['.env', 'link-out', 'secret/deep/key']);
      for (const line of reasons) assert.match(line, /^secret\/(repo\/: a repository of its own|pipe: not a file)$/);
    });

    it('never writes through a link of the checkout', async () => {
      const outside = sandbox.path('outside');
      await mkdir(outside);
      await sandbox.git(main, 'switch', '-q', '-c', 'evil');
      await rm(join(main, 'secret'), { recursive: true });
      await symlink(outside, join(main, 'secret'));
      await sandbox.git(main, 'add', '-f', 'secret');
      await sandbox.git(main, 'commit', '-q', '-m', 'link');
      await sandbox.git(main, 'switch', '-q', 'main');
      await sandbox.write(main, { 'secret/deep/key': 'k\n' });
      const { included } = await make('x', { base: 'evil' });
      assert.deepEqual(await readdir(outside), []);
      assert.deepEqual(
        included.skipped.map(({ path }) => path),
        ['secret/deep/key'],
      );
    });
  });

  describe('submodules', () => {
    let library: string;

    beforeEach(async () => {
      library = await sandbox.repository('library', { 'lib.txt': 'lib\n' });
      await sandbox.git(main, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'libs/lib');
      await sandbox.git(main, 'commit', '-q', '-m', 'submodule');
    });

    it('initialised in the main checkout: filled from there, without the remote', async () => {
      await rm(library, { recursive: true });
      const { place, warnings } = await make('x');
      assert.deepEqual(warnings, []);
      assert.equal(await readFile(join(place.path, 'libs/lib/lib.txt'), 'utf8'), 'lib\n');
      assert.equal(await sandbox.git(join(place.path, 'libs/lib'), 'remote', 'get-url', 'origin'), library);
      assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    });

    it('not initialised: left empty and said', async () => {
      const clone = sandbox.path('clone');
      await sandbox.git(sandbox.dir, 'clone', '-q', main, clone);
      repository = await sandbox.open(clone);
      const { place, warnings } = await make('x');
      assert.deepEqual(await readdir(join(place.path, 'libs/lib')), []);
      assert.match(warnings.join(), /libs\/lib is left empty/);
      assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    });

    it('an update command of the config does not run', async () => {
      const proof = sandbox.path('PWNED');
      await sandbox.git(main, 'config', 'submodule.libs/lib.update', `!touch ${proof}`);
      await make('x');
      assert.equal(await exists(proof), false);
    });
  });

  describe('filters', () => {
    beforeEach(async () => {
      await sandbox.write(main, { '.gitattributes': '*.bin filter=lfs\n', 'big.bin': 'pointer\n' });
      await sandbox.git(main, 'add', '-A');
      await sandbox.git(main, 'commit', '-q', '-m', 'lfs');
    });

    it('a required filter that is not installed costs its files their content, not the worktree', async () => {
      for (const [key, command] of [
        ['clean', 'git-lfs-missing clean -- %f'],
        ['smudge', 'git-lfs-missing smudge -- %f'],
        ['process', 'git-lfs-missing filter-process'],
        ['required', 'true'],
      ] as const) {
        await sandbox.git(main, 'config', '--global', `filter.lfs.${key}`, command);
      }
      repository = await sandbox.open(main);
      const { place, warnings } = await make('x');
      assert.equal(await readFile(join(place.path, 'big.bin'), 'utf8'), 'pointer\n');
      assert.match(warnings.join(), /1 file is left as git stores them: their filter "lfs" is not installed/);
    });

    it('a global filter that works is used; one that fails leaves the files as git stores them', async () => {
      const script = sandbox.path('smudge.sh');
      await writeFile(script, '#!/bin/sh\ncat >/dev/null; echo content\n');
      await chmod(script, 0o755);
      await sandbox.git(main, 'config', '--global', 'filter.lfs.smudge', script);
      await sandbox.git(main, 'config', '--global', 'filter.lfs.required', 'true');
      repository = await sandbox.open(main);
      const good = await make('good');
      assert.equal(await readFile(join(good.place.path, 'big.bin'), 'utf8'), 'content\n');
      await writeFile(script, '#!/bin/sh\nexit 3\n');
      const bad = await make('bad');
      assert.equal(await readFile(join(bad.place.path, 'big.bin'), 'utf8'), 'pointer\n');
      assert.match(bad.warnings.join(), /A filter failed \(lfs\)/);
    });

    it('a filter of the repository that nobody confirmed is named', async () => {
      await sandbox.git(main, 'config', 'filter.lfs.smudge', `touch ${sandbox.path('PWNED')}; cat`);
      const { warnings } = await make('x');
      assert.match(warnings.join(), /is set by the repository and not confirmed/);
      assert.equal(await exists(sandbox.path('PWNED')), false);
    });
  });
});
