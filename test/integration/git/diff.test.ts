import assert from 'node:assert/strict';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentInTree, contentOnDisk } from '../../../src/git/content.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { diffTrees, type FileDiff } from '../../../src/git/diff.ts';
import { pathBytes, pathText } from '../../../src/git/paths.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { treeOfCommit } from '../../../src/git/save.ts';
import { treeOf } from '../../../src/git/tree.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { Sandbox } from './support.ts';

describe('what changed in a worktree', () => {
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const long = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    const root = await sandbox.repository('project', {
      '.gitattributes': '*.crlf text eol=crlf\n',
      'gone.txt': 'gone\n',
      'moved.txt': long,
      'changed.txt': 'one\ntwo\n',
      'run.sh': 'echo\n',
      'dos.crlf': 'a\r\nb\r\n',
    });
    repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' }));
  });
  afterEach(() => sandbox.clean());

  async function changes(): Promise<FileDiff[]> {
    const { tree } = await treeOf(repository, place);
    return diffTrees(repository, await treeOfCommit(repository, place.baseCommit), tree);
  }
  const at = (path: string): Buffer => Buffer.concat([Buffer.from(`${place.path}/`), pathBytes(path)]);

  it('is told file by file, with counts, modes and moves', async () => {
    await rm(join(place.path, 'gone.txt'));
    await mkdir(join(place.path, 'folder'));
    await rename(join(place.path, 'moved.txt'), join(place.path, 'folder', 'moved.txt'));
    await writeFile(join(place.path, 'changed.txt'), 'one\n2\nthree\n');
    await chmod(join(place.path, 'run.sh'), 0o755);
    await writeFile(join(place.path, 'binary'), Buffer.from([1, 0, 2]));
    const odd = pathText(Buffer.from([0x6f, 0xff, 0x0a, 0x64]));
    await writeFile(at(odd), 'odd\n');
    await writeFile(join(place.path, 'tab\there'), 'x\n');
    const found = await changes();
    const by = new Map(found.map((each) => [each.path, each]));
    assert.equal(found.length, 7);
    assert.deepEqual([by.get('gone.txt')?.status, by.get('gone.txt')?.deletions], ['deleted', 1]);
    assert.equal(by.get('gone.txt')?.after, undefined);
    const moved = by.get('folder/moved.txt');
    assert.deepEqual([moved?.status, moved?.oldPath, moved?.insertions], ['renamed', 'moved.txt', 0]);
    assert.deepEqual([by.get('changed.txt')?.insertions, by.get('changed.txt')?.deletions], [2, 1]);
    assert.deepEqual([by.get('run.sh')?.before?.mode, by.get('run.sh')?.after?.mode], ['100644', '100755']);
    assert.deepEqual([by.get('binary')?.binary, by.get('binary')?.insertions], [true, undefined]);
    assert.deepEqual([by.get(odd)?.status, by.get(odd)?.insertions], ['added', 1]);
    assert.deepEqual([by.get('tab\there')?.status, by.get('tab\there')?.insertions], ['added', 1]);
  });

  it('gives the content of a path at either side', async () => {
    const odd = pathText(Buffer.from([0x6f, 0xff, 0x0a, 0x64]));
    await mkdir(join(place.path, 'sub'));
    await writeFile(at(`sub/${odd}`), 'odd\n');
    await symlink('changed.txt', join(place.path, 'link'));
    const { tree } = await treeOf(repository, place);
    const inTree = async (path: string, maxBytes = 1000) => contentInTree(repository, place, tree, path, maxBytes);
    assert.equal((await inTree(`sub/${odd}`))?.bytes?.toString(), 'odd\n');
    assert.deepEqual(await inTree('link'), { mode: '120000', size: 11, bytes: Buffer.from('changed.txt') });
    assert.equal((await inTree('dos.crlf'))?.bytes?.toString(), 'a\r\nb\r\n');
    assert.equal((await inTree('moved.txt', 10))?.bytes, undefined);
    for (const none of ['nothing', 'sub', 'nothing/at/all', 'changed.txt/x'])
      assert.equal(await inTree(none), undefined);
    const onDisk = async (path: string, maxBytes = 1000) => contentOnDisk(place.path, path, maxBytes);
    assert.equal((await onDisk(`sub/${odd}`))?.bytes?.toString(), 'odd\n');
    assert.equal((await onDisk('link'))?.bytes?.toString(), 'changed.txt');
    assert.equal((await onDisk('moved.txt', 10))?.bytes, undefined);
    for (const none of ['nothing', 'sub', 'changed.txt/x']) assert.equal(await onDisk(none), undefined);
  });

  it('never leads out of the worktree', async () => {
    await symlink('/etc', join(place.path, 'etc'));
    await assert.rejects(contentOnDisk(place.path, 'etc/passwd', 1000), { code: 'worktree-unsafe' });
    await assert.rejects(contentOnDisk(place.path, '../secret', 1000), { code: 'bad-usage' });
    await assert.rejects(contentInTree(repository, place, 'HEAD', '.git/config', 1000), { code: 'bad-usage' });
  });
});
