import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoppiceError } from '../../../src/core/errors.ts';
import { atOnce, locateRepository as located } from '../../../src/git/locate.ts';
import type { RepositoryLocation } from '../../../src/git/locate.ts';
import { exists, Sandbox } from './support.ts';

/** In threads and at once: both find the same, or fail with the same words. */
async function locateRepository(start: string): Promise<RepositoryLocation> {
  const [inThreads, now] = await Promise.allSettled([located(start), located(start, atOnce)]);
  assert.deepEqual(told(now), told(inThreads));
  if (inThreads.status === 'rejected') throw inThreads.reason;
  return inThreads.value;
}

/** Without the cause: of two looks that fail in threads either may be the first one. */
function told(result: PromiseSettledResult<RepositoryLocation>): unknown {
  return result.status === 'fulfilled' ? result.value : (result.reason as CoppiceError).toRecord();
}

describe('locateRepository', () => {
  let sandbox: Sandbox;
  let main: string;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  it('finds the main checkout from any folder or file in it, and through a link', async () => {
    const expected = await locateRepository(main);
    assert.deepEqual(
      [expected.root, expected.gitDir, expected.commonDir, expected.kind],
      [main, join(main, '.git'), join(main, '.git'), 'main'],
    );
    assert.match(expected.id, /^[0-9a-f]{32}$/);
    await symlink(main, sandbox.path('link'));
    for (const start of [
      join(main, 'src'),
      join(main, 'src', 'a.txt'),
      sandbox.path('link', 'src'),
      join(main, '.git', 'hooks'),
    ]) {
      assert.deepEqual(await locateRepository(start), expected);
    }
  });

  it('a linked worktree is the same repository', async () => {
    await sandbox.git(main, 'worktree', 'add', '-q', sandbox.path('linked'));
    const found = await locateRepository(sandbox.path('linked', 'src'));
    assert.deepEqual(
      [found.kind, found.root, found.gitDir, found.commonDir, found.id],
      [
        'linked',
        sandbox.path('linked'),
        join(main, '.git', 'worktrees', 'linked'),
        join(main, '.git'),
        (await locateRepository(main)).id,
      ],
    );
  });

  it('a submodule is a repository of its own', async () => {
    const library = await sandbox.repository('library');
    await sandbox.git(main, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
    const found = await locateRepository(join(main, 'lib'));
    assert.deepEqual(
      [found.kind, found.root, found.commonDir],
      ['submodule', join(main, 'lib'), join(main, '.git', 'modules', 'lib')],
    );
  });

  it('a git directory kept elsewhere', async () => {
    await sandbox.git(
      sandbox.dir,
      'init',
      '-q',
      `--separate-git-dir=${sandbox.path('elsewhere')}`,
      sandbox.path('apart'),
    );
    const found = await locateRepository(sandbox.path('apart'));
    assert.deepEqual([found.kind, found.gitDir], ['main', sandbox.path('elsewhere')]);
  });

  it('says what is wrong where there is none', async () => {
    await assert.rejects(locateRepository(sandbox.path('nothing', 'here')), { code: 'not-a-repository' });
    await assert.rejects(locateRepository(sandbox.path('home')), { code: 'not-a-repository' });
    await mkdir(sandbox.path('bare.git'));
    await sandbox.git(sandbox.path('bare.git'), 'init', '-q', '--bare');
    await assert.rejects(locateRepository(sandbox.path('bare.git')), { code: 'bare-repository' });
    await assert.rejects(locateRepository(sandbox.path('bare.git', 'refs')), { code: 'bare-repository' });
  });

  it('a pointer to nowhere is no repository, also inside another one', async () => {
    for (const text of ['gitdir: /nowhere\n', 'gitdir: ', 'nonsense', 'gitdir: a\0b\n', 'x'.repeat(100_000)]) {
      await sandbox.write(main, { 'src/.git': text });
      await assert.rejects(locateRepository(join(main, 'src')), { code: 'not-a-repository' });
    }
    await rm(join(main, 'src', '.git'));
    await mkdir(join(main, 'src', '.git'));
    assert.equal((await locateRepository(join(main, 'src'))).root, main);
  });

  it('runs nothing', async () => {
    const proof = sandbox.path('PWNED');
    await sandbox.git(main, 'config', 'core.fsmonitor', `touch ${proof}`);
    const bin = sandbox.path('bin');
    await mkdir(bin);
    await writeFile(join(bin, 'git'), `#!/bin/sh\ntouch ${proof}\n`);
    await chmod(join(bin, 'git'), 0o755);
    const path = process.env['PATH'];
    process.env['PATH'] = `${bin}:${path ?? ''}`;
    try {
      await locateRepository(main);
    } finally {
      process.env['PATH'] = path;
    }
    assert.equal(await exists(proof), false);
  });
});
