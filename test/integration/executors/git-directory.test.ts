import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGitDirectory } from '../../../src/executors/docker/git-directory.ts';
import { Sandbox } from '../git/support.ts';

describe('the git directory of a container', () => {
  let sandbox: Sandbox;
  beforeEach(async () => (sandbox = await Sandbox.make()));
  afterEach(() => sandbox.clean());

  it('has a history that ends where that of a shallow clone does, and the patterns of its exclude file byte for byte', async () => {
    const origin = await sandbox.repository('origin');
    await sandbox.git(origin, 'commit', '-q', '--allow-empty', '-m', 'second');
    const clone = sandbox.path('clone');
    await sandbox.git(sandbox.dir, 'clone', '-q', '--depth=1', `file://${origin}`, clone);
    const head = await sandbox.git(clone, 'rev-parse', 'HEAD');
    const exclude = Buffer.from('caf\xe9\n', 'latin1');
    await writeFile(join(clone, '.git', 'info', 'exclude'), exclude);

    const objects = join(clone, '.git', 'objects');
    const path = await makeGitDirectory(sandbox.path('session'), { branch: 'feature/x', head, objects, borrowed: [] });
    assert.deepEqual(await readFile(join(path, 'info', 'exclude')), exclude);
    // In the container they are mounted.
    await writeFile(join(path, 'objects', 'info', 'alternates'), `${objects}\n`);
    assert.equal(await sandbox.git(path, '--git-dir', path, 'log', '--format=%s'), 'second');
  });
});
