import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { attributesOf } from '../../../src/git/attributes.ts';
import { type Capture, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { indexBytes } from '../../../src/git/index-file.ts';
import { setOwnRef } from '../../../src/git/own-refs.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { moveFiles, movesBetween } from '../../../src/git/restore.ts';
import { treeChanges } from '../../../src/git/tree-diff.ts';
import { touchedEdits } from '../../../src/git/touched-tree.ts';
import { Sandbox } from './support.ts';

describe('objects, trees, refs and indexes that no git process made', () => {
  let sandbox: Sandbox;
  let root: string;
  let repository: Repository;
  let place: Place;
  let n = 0;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
  });
  afterEach(() => sandbox.clean());

  async function open(files: Record<string, string> = { 'a.txt': 'one\n', 'deep/b.txt': 'two\n' }): Promise<void> {
    root = await sandbox.repository('project', files);
    await work();
  }
  async function work(): Promise<void> {
    repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' }));
    sandbox.log.length = 0;
  }
  function take(parent?: Capture, touched?: readonly string[]): Promise<Capture> {
    n += 1;
    const rest = { ...(parent === undefined ? {} : { parent }), ...(touched === undefined ? {} : { touched }) };
    return takeCheckpoint(repository, place, { session: 's', n, intent: `i${n}`, ...rest });
  }
  async function why(path: string): Promise<string> {
    const found = await touchedEdits(repository, place, place.baseCommit, [path]);
    return 'why' in found ? found.why : 'sure';
  }

  it('are what git makes, in repositories of both formats, and stand before fsck', async () => {
    root = sandbox.path('sha256');
    await sandbox.git(sandbox.dir, 'init', '-q', '-b', 'main', '--object-format=sha256', root);
    await sandbox.write(root, { 'a.txt': 'one\n', 'deep/er/b.txt': 'two\n', 'deep.txt': 'x\n' });
    await sandbox.git(root, 'add', '-A');
    await sandbox.git(root, 'commit', '-qm', 'first');
    await work();
    const first = await take();
    await appendFile(join(place.path, 'deep/er/b.txt'), 'more\n');
    await symlink('a.txt', join(place.path, 'deep/link'));
    await rm(join(place.path, 'a.txt'));
    const quick = await take(first, ['deep/er/b.txt', 'deep/link', 'a.txt']);
    const full = await take(first);
    assert.equal(quick.tree, full.tree);
    assert.equal(quick.tree.length, 64);
    await sandbox.git(root, 'fsck', '--strict', '--full');
    await moveFiles(repository, place, await movesBetween(repository, quick.tree, first.tree));
    assert.equal((await take()).tree, first.tree);
    assert.equal(await readFile(join(place.path, 'a.txt'), 'utf8'), 'one\n');
  });

  it('cost no git process where the folders are known and nothing converts', async () => {
    await open();
    const first = await take();
    await appendFile(join(place.path, 'deep/b.txt'), 'more\n');
    const second = await take(first, ['deep/b.txt']);
    sandbox.log.length = 0;
    await appendFile(join(place.path, 'deep/b.txt'), 'more\n');
    const third = await take(second, ['deep/b.txt']);
    assert.deepEqual(sandbox.log, []);
    assert.equal(third.tree, (await take()).tree);
    assert.equal(await sandbox.git(root, 'rev-parse', `refs/coppice/s/${n - 1}`), third.commit);
  });

  it('have the owner and mode that a shared repository asks for', async () => {
    await open();
    await sandbox.git(root, 'config', 'core.sharedRepository', '0660');
    const first = await take();
    await writeFile(join(place.path, 'a.txt'), 'for the group\n');
    const { tree, commit } = await take(first, ['a.txt']);
    for (const id of [tree, commit]) {
      const { mode } = await stat(join(root, '.git', 'objects', id.slice(0, 2), id.slice(2)));
      assert.equal((mode & 0o777).toString(8), '440');
    }
  });

  it('leave a ref alone that is there, packed or not, and one that is above or below it', async () => {
    await open();
    const head = await sandbox.git(root, 'rev-parse', 'HEAD');
    const other = await sandbox.git(root, 'commit-tree', '-m', 'other', `${head}^{tree}`);
    for (const ref of ['refs/coppice/x/1', 'refs/coppice/y']) await setOwnRef(repository, ref, head, '');
    const refused = async (): Promise<void> => {
      for (const ref of ['refs/coppice/x/1', 'refs/coppice/x', 'refs/coppice/y/1']) {
        await assert.rejects(setOwnRef(repository, ref, other, ''), { code: 'git-failed' });
      }
      assert.equal(await sandbox.git(root, 'rev-parse', 'refs/coppice/x/1'), head);
    };
    await refused();
    await sandbox.git(root, 'pack-refs', '--all', '--prune');
    await refused();
    await setOwnRef(repository, 'refs/coppice/x/2', other, '');
    assert.equal(await sandbox.git(root, 'rev-parse', 'refs/coppice/x/2'), other);
  });

  it('make an index that git reads as it reads its own', async () => {
    await open();
    const id = await sandbox.git(root, 'rev-parse', 'HEAD:a.txt');
    const paths = [
      'b',
      'a',
      'a.b',
      'a-b',
      'x/y/z',
      `long/${'n'.repeat(200)}/${'m'.repeat(250)}`,
      'sieben7',
      'acht8888',
    ];
    const file = sandbox.path('made.index');
    await writeFile(file, indexBytes(paths.map((path) => ({ path, mode: '100755', id }))));
    sandbox.env['GIT_INDEX_FILE'] = file;
    const listed = await sandbox.git(root, 'ls-files', '--stage');
    assert.deepEqual(
      listed.split('\n'),
      [...paths].sort().map((path) => `100755 ${id} 0\t${path}`),
    );
    delete sandbox.env['GIT_INDEX_FILE'];
  });

  it('tell the same differences as git', async () => {
    await open({ a: '1', 'b/c': '2', 'b/d/e': '3', 'b-c': '4', 'b.c': '5', f: '6' });
    const before = await sandbox.git(root, 'rev-parse', 'HEAD^{tree}');
    await sandbox.git(root, 'rm', '-qr', 'b', 'f');
    await sandbox.write(root, { b: 'a file', 'f/g': 'in a folder', 'b.c': 'other', ü: 'x' });
    await sandbox.git(root, 'add', '-A');
    await sandbox.git(root, 'commit', '-qm', 'second');
    const after = await sandbox.git(root, 'rev-parse', 'HEAD^{tree}');
    const raw = await sandbox.git(root, '-c', 'core.quotePath=false', 'diff-tree', '-r', '--no-renames', before, after);
    const absent = { mode: '000000', id: '0'.repeat(40) };
    const ours = (await treeChanges(repository, before, after)).map(
      ({ path, before: old = absent, after: next = absent }) => {
        const letter = old === absent ? 'A' : next === absent ? 'D' : 'M';
        return `:${old.mode} ${next.mode} ${old.id} ${next.id} ${letter}\t${path}`;
      },
    );
    assert.deepEqual(ours, raw.split('\n'));
  });

  it('follow rules as they are at the moment, wherever they stand', async () => {
    await open({ 'a.txt': 'one\n', 'deep/b.txt': 'two\n' });
    const text = async (path = 'deep/b.txt') => (await attributesOf(repository, place, [path])).get(path)?.get('text');
    assert.equal(await text(), undefined);
    assert.deepEqual(sandbox.log, []);
    await mkdir(join(root, '.git', 'info'), { recursive: true });
    await writeFile(join(root, '.git', 'info', 'attributes'), '*.txt text\n');
    assert.equal(await text(), 'set');
    sandbox.log.length = 0;
    assert.equal(await text(), 'set');
    assert.deepEqual(sandbox.log, []);
    await writeFile(join(place.path, 'deep', '.gitattributes'), '*.txt text=auto\n');
    await rm(join(root, '.git', 'info', 'attributes'));
    assert.equal(await text(), 'auto');
    assert.equal(await text('a.txt'), undefined);
    await mkdir(sandbox.path('home', '.config', 'git'), { recursive: true });
    await writeFile(sandbox.path('home', '.config', 'git', 'attributes'), '*.txt text\n');
    assert.equal(await text('a.txt'), 'set');
    await sandbox.git(root, 'config', '--global', 'core.attributesFile', '~/mine');
    assert.equal(await text('a.txt'), undefined);
    await writeFile(sandbox.path('home', 'mine'), '* -text\n');
    assert.equal(await text('a.txt'), undefined);
  });

  it('leave what they cannot know to a look at all files', async () => {
    await open({ 'a.txt': 'one\n', 'deep/.gitattributes': '*.x text\n', 'deep/b.txt': 'two\n' });
    const inner = await sandbox.repository('inner', { 'x.txt': 'x\n' });
    await sandbox.git(root, '-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', inner, 'sub/inner');
    await sandbox.git(root, 'commit', '-qm', 'with a submodule');
    repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'more', branch: 'feature/more' }));
    assert.equal(await why('a.txt'), 'sure');
    await rm(join(place.path, 'sub', 'inner'), { recursive: true });
    await mkdir(join(place.path, 'sub', 'inner'));
    assert.equal(await why('sub/inner'), 'sub/inner is in a submodule');
    assert.equal(await why('sub/inner/y.txt'), 'sub/inner/y.txt is in a submodule');
    assert.match(await why('sub'), / submodule$/);
    await rm(join(place.path, 'deep', '.gitattributes'));
    assert.equal(await why('deep/b.txt'), 'deep/.gitattributes is gone');
  });
});
