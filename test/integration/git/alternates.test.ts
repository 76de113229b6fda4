import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { borrowedObjects } from '../../../src/git/alternates.ts';
import { Sandbox } from './support.ts';

describe('the objects that a repository borrows', () => {
  let sandbox: Sandbox;
  beforeEach(async () => (sandbox = await Sandbox.make()));
  afterEach(() => sandbox.clean());

  const objectsOf = (path: string): string => join(path, '.git', 'objects');

  it('are none of a repository of its own', async () => {
    const origin = await sandbox.repository('origin');
    assert.deepEqual(await borrowedObjects(await sandbox.open(origin)), []);
  });

  it('are found by way of others, whatever they are called, named by whole or relative paths, through links, and each once', async () => {
    const odd = sandbox.path('an "odd": \\ näme; #');
    await rename(await sandbox.repository('origin'), odd);
    const middle = sandbox.path('middle');
    await sandbox.git(sandbox.dir, 'clone', '-q', '--shared', odd, middle);
    const clone = sandbox.path('clone');
    await sandbox.git(sandbox.dir, 'clone', '-q', '--shared', middle, clone);
    await symlink(middle, sandbox.path('again'));
    const list = `../../../middle/.git/objects\n${objectsOf(sandbox.path('again'))}\n/no/such/folder\n`;
    await writeFile(join(objectsOf(clone), 'info', 'alternates'), list);
    assert.deepEqual(await borrowedObjects(await sandbox.open(clone)), [objectsOf(middle), objectsOf(odd)]);
  });

  it('are not lent when the list names a folder that holds anything else', async () => {
    const origin = await sandbox.repository('origin');
    const clone = sandbox.path('clone');
    await sandbox.git(sandbox.dir, 'clone', '-q', origin, clone);
    const repository = await sandbox.open(clone);
    const home = sandbox.path('someone');
    await mkdir(home);
    const list = join(objectsOf(clone), 'info', 'alternates');
    await writeFile(list, `${home}\n`);
    const code = 'isolation-failed';
    await assert.rejects(borrowedObjects(repository), { code, message: /someone, which is no folder of git objects/u });
    await mkdir(join(home, 'pack'));
    await writeFile(join(home, 'id_ed25519'), 'private');
    const next = /^Give the repository objects of its own: `git repack -a -d`/u;
    await assert.rejects(borrowedObjects(repository), { code, message: /more in it \(id_ed25519\)/u, next });
  });
});
