import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorktree } from '../../../src/git/create.ts';
import { branchFacts } from '../../../src/git/facts.ts';
import { isBranchName } from '../../../src/git/names.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { resolveWorktree } from '../../../src/git/resolver.ts';
import { adoptWorktree, listWorktrees, probeWorktree } from '../../../src/git/worktrees.ts';
import { Sandbox } from './support.ts';

describe('existing worktrees', () => {
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

  it('are listed with what is special about them', async () => {
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'topic', sandbox.path('to pic\nä'));
    await sandbox.git(main, 'worktree', 'add', '-q', '--detach', sandbox.path('detached'));
    await sandbox.git(main, 'worktree', 'lock', '--reason', 'on a stick', sandbox.path('detached'));
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'gone', sandbox.path('gone'));
    await rename(sandbox.path('gone'), sandbox.path('moved'));
    const commit = await sandbox.git(main, 'rev-parse', 'HEAD');
    assert.deepEqual(
      (await listWorktrees(repository)).sort((a, b) => (a.path < b.path ? -1 : 1)),
      [
        {
          path: sandbox.path('detached'),
          main: false,
          bare: false,
          commit,
          branch: undefined,
          locked: 'on a stick',
          gone: false,
        },
        { path: sandbox.path('gone'), main: false, bare: false, commit, branch: 'gone', locked: undefined, gone: true },
        { path: main, main: true, bare: false, commit, branch: 'main', locked: undefined, gone: false },
        {
          path: sandbox.path('to pic\nä'),
          main: false,
          bare: false,
          commit,
          branch: 'topic',
          locked: undefined,
          gone: false,
        },
      ],
    );
  });

  it('can be adopted, unchanged, also through a link', async () => {
    const path = sandbox.path('mine');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'feature/mine', path);
    await sandbox.write(path, { 'wip.txt': 'w\n' });
    await symlink(path, sandbox.path('link'));
    const place = await adoptWorktree(repository, sandbox.path('link'));
    assert.deepEqual(place, {
      path,
      slug: 'mine',
      branch: 'feature/mine',
      base: 'feature/mine',
      baseCommit: await sandbox.git(main, 'rev-parse', 'main'),
      admin: join(main, '.git', 'worktrees', 'mine'),
      common: join(main, '.git'),
      origin: 'adopted',
    });
    assert.equal(await sandbox.git(path, 'status', '--porcelain'), '?? wip.txt');
    assert.deepEqual(await probeWorktree(repository, place), { state: 'ready' });
    assert.deepEqual(await probeWorktree(repository, { path }), { state: 'foreign' });
  });

  it('are not adopted when they are not fit for it', async () => {
    await assert.rejects(adoptWorktree(repository, main), { code: 'worktree-unsafe' });
    await assert.rejects(adoptWorktree(repository, sandbox.path('nothing')), { code: 'not-found' });
    await mkdir(sandbox.path('plain'));
    await assert.rejects(adoptWorktree(repository, sandbox.path('plain')), { code: 'not-found' });
    const other = await sandbox.repository('other');
    await sandbox.git(other, 'worktree', 'add', '-q', sandbox.path('theirs'));
    await assert.rejects(adoptWorktree(repository, sandbox.path('theirs')), { code: 'not-found' });
    await sandbox.git(main, 'worktree', 'add', '-q', '--detach', sandbox.path('detached'));
    await assert.rejects(adoptWorktree(repository, sandbox.path('detached')), { code: 'detached-head' });
    await sandbox.git(main, 'switch', '-q', '-c', 'aside');
    await sandbox.git(main, 'worktree', 'add', '-q', sandbox.path('default'), 'main');
    await assert.rejects(adoptWorktree(repository, sandbox.path('default')), { code: 'default-branch' });
  });

  it('a probe tells what is there', async () => {
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    assert.equal((await probeWorktree(repository, place)).state, 'ready');
    assert.equal((await probeWorktree(repository, { path: `${place.path}-not` })).state, 'absent');
    await mkdir(`${place.path}-foreign`);
    assert.equal((await probeWorktree(repository, { path: `${place.path}-foreign` })).state, 'foreign');
    await rename(place.path, sandbox.path('aside'));
    assert.equal((await probeWorktree(repository, place)).state, 'partial');
    await writeFile(place.path, 'a file');
    assert.equal((await probeWorktree(repository, place)).state, 'foreign');
  });

  it('a task finds its worktree by convention in a real repository', async () => {
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'auth-05A' });
    const resolve = async (task: string) =>
      resolveWorktree(task, await listWorktrees(repository), await branchFacts(repository));
    const found = await resolve('implement-auth-05A');
    assert.equal(found.kind === 'use' && found.worktree.path, place.path);
    assert.deepEqual(await resolve('implement-cart-06B'), {
      kind: 'create',
      slug: 'implement-cart-06B',
      branch: 'feature/implement-cart-06B',
    });
    await createWorktree(repository, { root: sandbox.root, slug: 'login-05A' });
    await assert.rejects(resolve('implement-auth-05A'), { code: 'worktree-ambiguous' });
  });

  it('branch names are judged as git judges them', async () => {
    const names = [
      'a',
      'a/b',
      'a.b',
      'a..b',
      '.a',
      'a/.b',
      'a.',
      'a.lock',
      'a.lock/b',
      '-a',
      'a b',
      'a~b',
      'a^b',
      'a:b',
      'a?b',
      'a*b',
      'a[b',
      'a\\b',
      'a\u007fb',
      'a\tb',
      '/a',
      'a/',
      'a//b',
      'a@{b',
      'a@b',
      'HEAD',
      'ä',
      '{',
      'a]',
      '日本',
      'a\u0085b',
    ];
    for (const name of names) {
      const git = await sandbox.git(main, 'check-ref-format', '--branch', name).then(
        () => true,
        () => false,
      );
      // Control characters beyond ASCII are refused here only.
      assert.equal(isBranchName(name), git && name !== 'a\u0085b', JSON.stringify(name));
    }
  });
});
