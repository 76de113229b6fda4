import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createWorktree, type CreateProgress } from '../../../src/git/create.ts';
import { slugFrom, worktreePath } from '../../../src/git/names.ts';
import { readNote } from '../../../src/git/notes.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { listWorktrees, probeWorktree } from '../../../src/git/worktrees.ts';
import { exists, Sandbox } from './support.ts';

describe('createWorktree', () => {
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

  it('makes a clean worktree on its own branch at the base', async () => {
    const steps: CreateProgress[] = [];
    const { place, base, warnings } = await make('auth-05A', { onProgress: (step) => steps.push(step) });
    assert.equal(place.path, join(sandbox.root, `project-${repository.location.id.slice(0, 8)}`, 'auth-05A'));
    assert.equal(place.branch, 'feature/auth-05A');
    assert.equal(place.origin, 'created');
    assert.deepEqual([base.name, base.detached, place.baseCommit], ['main', false, base.commit]);
    assert.equal(await readFile(join(place.path, 'README.md'), 'utf8'), 'hello\n');
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    assert.equal(await sandbox.git(place.path, 'branch', '--show-current'), 'feature/auth-05A');
    assert.equal(await sandbox.git(place.path, 'rev-parse', 'HEAD'), base.commit);
    assert.deepEqual(warnings, []);
    assert.deepEqual([...new Set(steps.map(({ step }) => step))], ['register', 'checkout', 'submodules', 'include']);
    assert.equal(
      steps.some(({ percent }) => percent === 100),
      true,
    );
    const probe = await probeWorktree(repository, { path: place.path });
    assert.deepEqual(probe, { state: 'ready', place });
    await sandbox.git(main, 'fsck', '--strict');
  });

  it('writes very many files with several processes, unless the user wants it otherwise', async () => {
    await mkdir(join(main, 'many'));
    const files = Array.from({ length: 1100 }, (_, at) => writeFile(join(main, 'many', `${at}`), `content ${at}\n`));
    await Promise.all(files);
    await symlink('many/1', join(main, 'link'));
    await writeFile(join(main, 'run'), '#!/bin/sh\n', { mode: 0o755 });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'many');
    const trace = sandbox.path('trace');
    await sandbox.git(main, 'config', '--global', 'trace2.perfTarget', trace);
    const workers = async (): Promise<number> => {
      const text = await readFile(trace, 'utf8');
      return text.split('\n').filter((line) => line.includes('| start ') && line.includes('checkout--worker')).length;
    };
    const { place } = await make('x');
    assert.equal(await workers(), 4);
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    assert.equal((await readdir(join(place.path, 'many'))).length, 1100);
    assert.equal(await readFile(join(place.path, 'many', '1099'), 'utf8'), 'content 1099\n');
    await sandbox.git(main, 'config', '--global', 'checkout.workers', '1');
    const other = await make('y');
    assert.equal(await sandbox.git(other.place.path, 'status', '--porcelain'), '');
    assert.equal(await workers(), 4);
  });

  it('registers it as git would, without asking git, and with a number where the name is taken', async () => {
    const theirs = sandbox.path('elsewhere', 'x');
    await sandbox.git(main, 'worktree', 'add', '-q', '--no-checkout', '-b', 'theirs', theirs);
    sandbox.log.splice(0);
    const { place } = await make('x');
    assert.deepEqual(
      sandbox.log.map(({ args }) => args[0]).filter((word) => word === 'worktree' || word === 'symbolic-ref'),
      [],
    );
    assert.equal(place.admin, join(main, '.git', 'worktrees', 'x1'));
    // What git keeps there beside them differs from version to version, and an index comes with the files.
    const files = ['HEAD', 'commondir', 'gitdir', 'locked'];
    const entry = async (admin: string): Promise<(string | undefined)[]> =>
      Promise.all(files.map((name) => readFile(join(admin, name), 'utf8').catch(() => undefined)));
    const [head, shared, pointer, locked] = await entry(join(main, '.git', 'worktrees', 'x'));
    const own = [head?.replace('theirs', 'feature/x'), shared, pointer?.replace(theirs, place.path), locked];
    assert.deepEqual(await entry(place.admin), own);
    assert.equal(await readFile(join(place.path, '.git'), 'utf8'), `gitdir: ${place.admin}\n`);
    assert.equal(await sandbox.git(place.path, 'rev-parse', '--git-dir'), place.admin);
    assert.equal(await sandbox.git(main, 'worktree', 'prune', '--dry-run'), '');
  });

  it('leaves the entry to git where that does more than write it', async () => {
    await sandbox.git(main, 'config', 'extensions.worktreeConfig', 'true');
    repository = await sandbox.open(main);
    sandbox.log.splice(0);
    const { place } = await make('x');
    assert.ok(sandbox.log.some(({ args }) => args[0] === 'worktree' && args[1] === 'add'));
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
  });

  it('agrees with `git worktree list` over five worktrees', async () => {
    await Promise.all(['one', 'two', 'three', 'four', 'five'].map((slug) => make(slug)));
    const ours = (await listWorktrees(repository))
      .filter((each) => !each.main)
      .map((each) => each.path)
      .sort();
    const theirs = (await sandbox.git(main, 'worktree', 'list', '--porcelain'))
      .split('\n')
      .filter((line) => line.startsWith('worktree '))
      .map((line) => line.slice(9));
    assert.deepEqual(ours, theirs.filter((path) => path !== main).sort());
    assert.equal(ours.length, 5);
  });

  it('keeps its own files out of git status, once', async () => {
    await make('one');
    const { place } = await make('two');
    const exclude = await readFile(join(main, '.git', 'info', 'exclude'), 'utf8');
    assert.equal(exclude.split('\n').filter((line) => line === '.coppice/').length, 1);
    assert.equal(exclude.split('\n').filter((line) => line === '.tasks/').length, 1);
    await sandbox.write(place.path, { '.coppice/state.json': '{}' });
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
  });

  describe('refuses and touches nothing', () => {
    async function refused(code: string, run: () => Promise<unknown>): Promise<void> {
      const before = await snapshot();
      await assert.rejects(run, { code });
      assert.deepEqual(await snapshot(), before);
    }

    async function snapshot(): Promise<unknown> {
      return {
        refs: await sandbox.git(main, 'for-each-ref'),
        worktrees: await sandbox.git(main, 'worktree', 'list'),
        status: await sandbox.git(main, 'status', '--porcelain'),
        notes: await readdir(join(main, '.git', 'coppice', 'worktrees')).catch(() => []),
      };
    }

    it('the default branch, in any case', async () => {
      await refused('default-branch', () => make('x', { branch: 'main' }));
      await refused('default-branch', () => make('x', { branch: 'MAIN' }));
    });

    it('the branch of the main checkout', async () => {
      await sandbox.git(main, 'switch', '-q', '-c', 'feature/mine');
      await refused('default-branch', () => make('mine'));
    });

    it('the branch that origin/HEAD names', async () => {
      await sandbox.git(main, 'update-ref', 'refs/remotes/origin/develop', 'HEAD');
      await sandbox.git(main, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/develop');
      await refused('default-branch', () => make('x', { branch: 'develop' }));
    });

    it('a path in the way', async () => {
      const path = worktreePath(sandbox.root, repository, 'taken');
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'precious'), 'mine');
      await refused('path-in-the-way', () => make('taken'));
      assert.equal(await readFile(join(path, 'precious'), 'utf8'), 'mine');
    });

    it('a dangling link in the way', async () => {
      const path = worktreePath(sandbox.root, repository, 'taken');
      await mkdir(join(path, '..'), { recursive: true });
      await symlink('/nowhere', path);
      await refused('path-in-the-way', () => make('taken'));
    });

    it('a branch that is checked out elsewhere', async () => {
      await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'feature/busy', sandbox.path('elsewhere'));
      await refused('worktree-in-use', () => make('busy'));
    });

    it('a branch whose name differs only in case, or clashes with a folder of branches', async () => {
      await sandbox.git(main, 'branch', 'feature/Busy');
      await refused('path-in-the-way', () => make('busy'));
      await sandbox.git(main, 'branch', 'feature/deep/er');
      await refused('path-in-the-way', () => make('deep'));
    });

    it('a branch named `feature`', async () => {
      await sandbox.git(main, 'branch', 'feature');
      await refused('path-in-the-way', () => make('x'));
    });

    it('names that are no branch or no folder', async () => {
      await refused('bad-usage', () => make('x', { branch: 'a..b' }));
      await refused('bad-usage', () => make('x', { branch: '-x' }));
      await refused('bad-usage', () => make('../x'));
      await refused('bad-usage', () => make(''));
    });

    it('a base that is no commit, or looks like an option', async () => {
      await refused('not-found', () => make('x', { base: 'nowhere' }));
      await refused('not-found', () => make('x', { base: '--output=/tmp/x' }));
      await refused('bad-usage', () => make('x', { base: 'a\0b' }));
    });

    it('an abort before the start', async () => {
      const before = await snapshot();
      await assert.rejects(make('x', { signal: AbortSignal.abort() }), { name: 'AbortError' });
      assert.deepEqual(await snapshot(), before);
    });

    it('a root that may not be written', async () => {
      await writeFile(sandbox.path('file'), '');
      await assert.rejects(createWorktree(repository, { root: sandbox.path('file', 'x'), slug: 'x' }));
      assert.equal(await sandbox.git(main, 'branch', '--list', 'feature/*'), '');
    });
  });

  it('an abort during the checkout takes everything back', async () => {
    const stop = new AbortController();
    const making = make('x', { signal: stop.signal, onProgress: ({ step }) => step === 'checkout' && stop.abort() });
    await assert.rejects(making, { name: 'AbortError' });
    assert.equal(await sandbox.git(main, 'branch', '--list', 'feature/*'), '');
    assert.deepEqual(await readdir(join(sandbox.root, `project-${repository.location.id.slice(0, 8)}`)), []);
    assert.equal((await listWorktrees(repository)).length, 1);
    assert.deepEqual(await readdir(join(main, '.git', 'coppice', 'worktrees')), []);
    await make('x');
  });

  it('uses a branch that exists and is free', async () => {
    await sandbox.git(main, 'switch', '-q', '-c', 'feature/old');
    await sandbox.write(main, { 'old.txt': 'old\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'old');
    await sandbox.git(main, 'switch', '-q', 'main');
    const { place } = await make('old');
    assert.equal(place.origin, 'reused');
    assert.equal(await readFile(join(place.path, 'old.txt'), 'utf8'), 'old\n');
    assert.equal(place.baseCommit, await sandbox.git(main, 'rev-parse', 'main'));
  });

  it('a failure leaves a branch that was there before', async () => {
    await sandbox.git(main, 'branch', 'feature/old');
    const tip = await sandbox.git(main, 'rev-parse', 'feature/old');
    const stop = new AbortController();
    await assert.rejects(
      make('old', { signal: stop.signal, onProgress: ({ step }) => step === 'checkout' && stop.abort() }),
    );
    assert.equal(await sandbox.git(main, 'rev-parse', 'feature/old'), tip);
  });

  it('starts at a detached HEAD and says so, or at a named base', async () => {
    await sandbox.write(main, { 'b.txt': 'b\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'second');
    await sandbox.git(main, 'checkout', '-q', '--detach', 'HEAD~1');
    const detached = await make('detached');
    assert.equal(detached.base.detached, true);
    assert.equal(await exists(join(detached.place.path, 'b.txt')), false);
    const named = await make('named', { base: 'main' });
    assert.equal(named.base.detached, false);
    assert.equal(await exists(join(named.place.path, 'b.txt')), true);
    assert.equal((await make('relative', { base: '@~0' })).base.commit, detached.base.commit);
  });

  it('works from a linked worktree as the starting place, with its HEAD as the base', async () => {
    const linked = sandbox.path('linked');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'topic', linked);
    await sandbox.write(linked, { 'topic.txt': 't\n' });
    await sandbox.git(linked, 'add', '-A');
    await sandbox.git(linked, 'commit', '-q', '-m', 'topic');
    repository = await sandbox.open(join(linked, 'src'));
    assert.equal(repository.mainRoot, main);
    const { place, base } = await make('from-linked');
    assert.equal(base.name, 'topic');
    assert.equal(await exists(join(place.path, 'topic.txt')), true);
  });

  it('works from a linked worktree of a bare repository', async () => {
    const bare = sandbox.path('bare.git');
    await sandbox.git(sandbox.dir, 'clone', '-q', '--bare', main, bare);
    const linked = sandbox.path('linked');
    await sandbox.git(bare, 'worktree', 'add', '-q', '-b', 'topic', linked, 'main');
    repository = await sandbox.open(linked);
    assert.equal(repository.mainRoot, undefined);
    const { place } = await make('x');
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    await assert.rejects(make('y', { branch: 'main' }), { code: 'default-branch' });
  });

  it('an unborn repository is refused with its own error', async () => {
    const empty = sandbox.path('empty');
    await mkdir(empty);
    await sandbox.git(empty, 'init', '-q', '-b', 'main');
    repository = await sandbox.open(empty);
    await assert.rejects(make('x'), { code: 'unborn-repository' });
    await assert.rejects(make('x', { base: 'main' }), { code: 'unborn-repository' });
  });

  it('odd names become worktrees that git accepts', async () => {
    const names = [
      'Fix the "Login" Bug',
      '  -rf ../../etc',
      '日本語',
      'a.lock',
      '.git',
      'naïve café',
      'x'.repeat(300),
      '$(reboot); `id`',
      "it's",
    ];
    for (const name of names) {
      const { place } = await make(slugFrom(name));
      assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
      await sandbox.git(place.path, 'rev-parse', '--verify', `refs/heads/${place.branch}`);
    }
  });

  it('makes eight at once, and of eight for one name exactly one', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, index) => make(`n${index}`)));
    assert.equal((await listWorktrees(repository)).length, 9);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => make('same')));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(
      await sandbox.git(
        join(sandbox.root, `project-${repository.location.id.slice(0, 8)}`, 'same'),
        'status',
        '--porcelain',
      ),
      '',
    );
  });

  it('a worktree of ours whose folder is gone does not stand in the way, and nothing of it is lost', async () => {
    const { place } = await make('gone');
    await sandbox.write(place.path, { 'staged.txt': 'staged\n' });
    await sandbox.git(place.path, 'add', '-A');
    await sandbox.git(place.path, 'checkout', '-q', '--detach');
    await sandbox.git(place.path, 'commit', '-q', '-m', 'loose');
    const loose = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    await sandbox.write(place.path, { 'staged2.txt': 'staged\n' });
    await sandbox.git(place.path, 'add', '-A');
    await rm(place.path, { recursive: true });
    assert.equal((await probeWorktree(repository, { path: place.path })).state, 'partial');
    await make('gone');
    const kept = await sandbox.git(main, 'for-each-ref', '--format=%(refname)', 'refs/coppice/lost');
    assert.equal(kept.split('\n').length, 1);
    await sandbox.git(main, 'merge-base', '--is-ancestor', loose, kept);
    assert.equal(await sandbox.git(main, 'show', `${kept}:staged2.txt`), 'staged');
  });

  it('never forgets a worktree of somebody else whose disk is away', async () => {
    const usb = sandbox.path('usb');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'on-usb', join(usb, 'work'));
    await rm(usb, { recursive: true });
    const { place } = await make('x');
    await rm(place.path, { recursive: true });
    await make('x');
    assert.match(await sandbox.git(main, 'worktree', 'list'), /usb\/work/);
    await assert.rejects(make('y', { branch: 'on-usb' }), { code: 'worktree-in-use' });
  });

  it('a note that a power failure left unreadable does not stand in the way', async () => {
    const { place } = await make('x');
    const notes = join(main, '.git', 'coppice', 'worktrees');
    const [name = ''] = await readdir(notes);
    await rm(place.path, { recursive: true });
    await sandbox.git(main, 'worktree', 'prune');
    await writeFile(join(notes, name), '');
    await make('x');
  });

  it('leaves a note that is ready, readable by every engine', async () => {
    const { place } = await make('x');
    const note = await readNote(repository.location.commonDir, place.path);
    assert.deepEqual([note?.state, note?.place], ['ready', place]);
  });

  it('hooks of the repository do not run', async () => {
    const hook = join(main, '.git', 'hooks', 'post-checkout');
    await writeFile(hook, `#!/bin/sh\ntouch ${sandbox.path('PWNED')}\n`);
    await chmod(hook, 0o755);
    await sandbox.git(main, 'worktree', 'add', '-q', sandbox.path('control'));
    assert.equal(await exists(sandbox.path('PWNED')), true, 'plain git runs the hook');
    await rm(sandbox.path('PWNED'));
    await make('x');
    assert.equal(await exists(sandbox.path('PWNED')), false);
  });

  it('a full disk is said as such and leaves nothing behind', async function () {
    const disk = sandbox.path('disk');
    await mkdir(disk);
    const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).then(
      () => true,
      () => false,
    );
    // Only root can mount a small disk; without one the write error of a read-only folder stands for it.
    if (!mounted) {
      await chmod(disk, 0o500);
      await assert.rejects(createWorktree(repository, { root: disk, slug: 'x' }), { code: 'read-only' });
      return;
    }
    try {
      await sandbox.write(main, { 'big.txt': 'x'.repeat(3 * 1024 * 1024) });
      await sandbox.git(main, 'add', '-A');
      await sandbox.git(main, 'commit', '-q', '-m', 'big');
      await assert.rejects(createWorktree(repository, { root: disk, slug: 'x' }), { code: 'disk-full' });
      assert.equal((await listWorktrees(repository)).length, 1);
      assert.equal(await sandbox.git(main, 'branch', '--list', 'feature/*'), '');
    } finally {
      await promisify(execFile)('umount', [disk]);
    }
  });
});
