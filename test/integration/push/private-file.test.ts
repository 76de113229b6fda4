import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorktree } from '../../../src/git/create.ts';
import { pushBranch } from '../../../src/git/push.ts';
import { Sandbox } from '../git/support.ts';

describe('a branch with a file that the main checkout keeps out of git', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;

  before(async () => (sandbox = await Sandbox.make()));
  after(() => sandbox.clean());

  it('is not pushed, also when the file was taken out later; without it, and with other files, it is', async () => {
    const main = await sandbox.repository('project', { '.gitignore': '.env\n*.tmp\n', '.worktreeinclude': '.env\n' });
    await writeFile(join(main, '.env'), 'TOKEN=hidden\n');
    const remote = { name: 'origin', url: sandbox.path('remote.git') };
    await sandbox.git(sandbox.dir, 'init', '--quiet', '--bare', remote.url);
    const repository = await sandbox.open(main);
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    const git = (...args: string[]): Promise<string> => sandbox.git(place.path, ...args);
    const push = async (): Promise<void> => {
      const commit = (await git('rev-parse', 'HEAD')).trim();
      await pushBranch(repository, remote, { branch: place.branch, commit, base: place.baseCommit }, { env: {} });
    };

    await writeFile(join(place.path, '.gitignore'), '');
    await writeFile(join(place.path, 'a.tmp'), 'harmless\n');
    await git('add', 'a.tmp', '.gitignore');
    await git('commit', '-q', '-m', 'no more rules');
    await push();
    const pushed = await git('rev-parse', 'HEAD');

    await git('add', '.env');
    await git('commit', '-q', '-m', 'all of it');
    await assert.rejects(push, { code: 'private-file', message: /it has \.env, which your checkout ignores/ });
    await rm(join(place.path, '.env'));
    await git('commit', '-q', '-a', '-m', 'gone from the files, not from the commits');
    await assert.rejects(push, { code: 'private-file' });
    assert.equal(await sandbox.git(remote.url, 'rev-parse', place.branch), pushed);

    await git('reset', '-q', '--hard', pushed);
    await git('switch', '-q', '-c', 'side');
    await git('commit', '-q', '--allow-empty', '-m', 'side');
    await git('switch', '-q', place.branch);
    await git('merge', '-q', '--no-ff', '--no-commit', 'side');
    await writeFile(join(place.path, '.env'), 'TOKEN=hidden\n');
    await git('add', '.env');
    await git('commit', '-q', '-m', 'in a merge, of which git shows nothing by itself');
    await assert.rejects(push, { code: 'private-file' });
    assert.equal(await sandbox.git(remote.url, 'rev-parse', place.branch), pushed);
  });

  it("goes alone: no tag, no submodule and no signature comes with it, whatever the person's own pushes do", async () => {
    const main = await sandbox.repository('alone');
    const remote = { name: 'origin', url: sandbox.path('alone.git') };
    await sandbox.git(sandbox.dir, 'init', '--quiet', '--bare', remote.url);
    const repository = await sandbox.open(main);
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'y' });
    await sandbox.git(place.path, 'commit', '-q', '--allow-empty', '-m', 'work');
    await sandbox.git(place.path, 'tag', '-a', '-m', 'not for others', 'internal');
    await sandbox.git(main, 'config', '--global', 'push.followTags', 'true');
    await sandbox.git(main, 'config', '--global', 'push.gpgSign', 'true');
    const commit = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    await pushBranch(repository, remote, { branch: place.branch, commit, base: place.baseCommit }, { env: {} });
    assert.equal(await sandbox.git(remote.url, 'for-each-ref', '--format=%(refname)'), `refs/heads/${place.branch}`);
  });
});
