import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Repository } from '../../../src/git/repository.ts';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { inspectWorktree } from '../../../src/git/inspect.ts';
import { checkoutOf } from '../../../src/git/landing-checkout.ts';
import { adoptWorktree } from '../../../src/git/worktrees.ts';
import { exists, Sandbox } from './support.ts';

/** As git writes them down from 2.48 on where `worktree.useRelativePaths` is set; older ones read them, too. */
async function makeRelative(path: string, admin: string): Promise<void> {
  await writeFile(join(path, '.git'), `gitdir: ${relative(path, admin)}\n`);
  await writeFile(join(admin, 'gitdir'), `${relative(admin, join(path, '.git'))}\n`);
}

describe('worktrees that git knows by relative paths', () => {
  let sandbox: Sandbox;
  let main: string;
  let theirs: string;
  let admin: string;
  let repository: Repository;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    theirs = sandbox.path('theirs', 'x');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'mine', theirs);
    admin = join(main, '.git', 'worktrees', 'x');
    await makeRelative(theirs, admin);
    repository = await sandbox.open(main);
  });
  afterEach(() => sandbox.clean());

  it('are not taken for what a killed git left when one of the same name is given up', async () => {
    const abort = new AbortController();
    const making = createWorktree(repository, {
      root: sandbox.root,
      slug: 'x',
      signal: abort.signal,
      onProgress: ({ step }) => {
        if (step === 'include') abort.abort(new Error('enough'));
      },
    });
    await assert.rejects(making, /enough/);
    await cleanupWorktrees(repository, { root: sandbox.root, known: [], now: Date.now() });
    assert.equal(await exists(admin), true);
    assert.equal(await sandbox.git(theirs, 'rev-parse', '--abbrev-ref', 'HEAD'), 'mine');
  });

  it('are found where they are, and nothing is wrong with them', async () => {
    assert.deepEqual(await checkoutOf(repository, 'mine'), { kind: 'one', checkout: { path: theirs, admin } });
    const place = await adoptWorktree(repository, theirs);
    assert.deepEqual((await inspectWorktree(repository, place)).findings, []);
  });

  it('are refused where such a path leads through a link', async () => {
    const place = await adoptWorktree(repository, theirs);
    await symlink('/tmp', join(theirs, 'sub'));
    await writeFile(join(theirs, '.git'), `gitdir: sub/../${relative(theirs, admin)}\n`);
    assert.deepEqual(
      (await inspectWorktree(repository, place)).findings.map(({ kind }) => kind),
      ['git-replaced'],
    );
  });
});
