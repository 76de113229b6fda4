import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { finishRemoval, type Removed, removeWorktree, type RemovalOptions } from '../../../src/git/removal.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { returnWorktree } from '../../../src/git/return.ts';
import { saveWork } from '../../../src/git/save.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';
import { listTrash, moveToTrash } from '../../../src/git/trash.ts';
import { treeOf } from '../../../src/git/tree.ts';
import { exists, Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const day = 24 * 60 * 60 * 1000;

describe('a removed worktree in the trash', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n', '.gitignore': '*.local\nnode_modules/\n' });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const remove = (more: Partial<RemovalOptions> = {}): Promise<Removed> =>
    removeWorktree(repository, place, { root: sandbox.root, session: 's-1', now, ...more });

  it('is deleted late, after its time, and never what is not kept', async () => {
    await sandbox.write(place.path, { 'keep.local': 'k\n', 'new.txt': 'n\n' });
    const { saved, trash } = await remove({ despite: ['changes'], keepMs: day });
    assert.deepEqual(
      (await listTrash(repository, sandbox.root)).map(({ id }) => id),
      [trash],
    );
    assert.deepEqual(await sweepTrash(repository, sandbox.root, { now: now + day - 1 }), {
      deleted: [],
      doubtful: [],
    });
    await sandbox.git(main, 'update-ref', '-d', saved.ref);
    const refused = await sweepTrash(repository, sandbox.root, { now: now + day });
    assert.deepEqual([refused.deleted, refused.doubtful.length], [[], 1]);
    await sandbox.git(main, 'update-ref', saved.ref, saved.commit);
    assert.deepEqual((await sweepTrash(repository, sandbox.root, { now: now + day })).deleted, [place.path]);
    assert.deepEqual(await listTrash(repository, sandbox.root), []);
    assert.deepEqual(await readdir(join(main, '.git', 'coppice', 'trash')), []);
    assert.deepEqual(await readdir(join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`)), []);
  });

  it('comes back as it was, also where another worktree was made while its removal had not ended', async () => {
    await sandbox.write(place.path, { 'keep.local': 'k\n' });
    // A removal whose engine was killed as soon as the folder was in the trash.
    const saved = await saveWork(repository, place, 's-1', await treeOf(repository, place));
    const trash = await moveToTrash(repository, sandbox.root, place.path, saved, { now, keepMs: day });
    // One of the same path that went before, of which only the manifest is left.
    const folder = join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`);
    const manifest = JSON.parse(await readFile(join(folder, `${trash}.json`), 'utf8')) as object;
    const earlier = JSON.stringify({ ...manifest, removedAt: now - day });
    await writeFile(join(folder, 'x-000000000000.json'), earlier);
    const other = await sandbox.open(main);
    await createWorktree(other, { root: sandbox.root, slug: 'y' });
    assert.equal((await finishRemoval(other, place, sandbox.root, { session: 's-1', since: now }))?.trash, trash);
    await returnWorktree(other, place, { root: sandbox.root, trash, kept: saved.ref });
    assert.equal(await readFile(join(place.path, 'keep.local'), 'utf8'), 'k\n');
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain', '--branch'), '## feature/x');
  });

  it('is deleted whatever the names in it are; what cannot be deleted stays, is told, and holds up nothing else', async () => {
    const shell = (script: string): unknown => execFileSync('sh', ['-c', script], { cwd: place.path });
    shell('mkdir node_modules && : > "node_modules/$(printf \'\\377\')" && chmod 555 node_modules');
    await remove();
    const { place: deep } = await createWorktree(repository, { root: sandbox.root, slug: 'a-deep-one' });
    // Two halves of a path that is longer than the system takes, one put below the other.
    const half = Array.from({ length: 11 }, () => 'a'.repeat(200)).join('/');
    for (const top of ['node_modules', 'other']) await mkdir(join(deep.path, top, half), { recursive: true });
    await rename(join(deep.path, 'other'), join(deep.path, 'node_modules', half, 'b'));
    await removeWorktree(repository, deep, { root: sandbox.root, session: 's-2', now });
    try {
      const { deleted, doubtful } = await sweepTrash(repository, sandbox.root, { now, pauseMs: 0 });
      assert.deepEqual([deleted, doubtful.map(({ path }) => path)], [[place.path], [deep.path]]);
      assert.match(doubtful[0]?.reason ?? '', /ENAMETOOLONG/);
    } finally {
      execFileSync('rm', ['-rf', sandbox.root]);
    }
  });

  it('what a late process wrote is kept before it is deleted', async () => {
    const { trash, saved } = await remove();
    const folder = join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`, trash);
    await writeFile(join(folder, 'late.txt'), 'late\n');
    await sweepTrash(repository, sandbox.root, { now });
    assert.equal(await exists(folder), false);
    assert.equal(await sandbox.git(main, 'show', `${saved.ref}:late.txt`), 'late');
    await sandbox.git(main, 'merge-base', '--is-ancestor', saved.commit, saved.ref);
  });

  it('stops in the middle when told, and goes on later', async () => {
    await sandbox.write(
      place.path,
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`node_modules/f${index}`, 'x'])),
    );
    await remove();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    await assert.rejects(sweepTrash(repository, sandbox.root, { now, signal: stop.signal, pauseMs: 60_000 }), {
      name: 'AbortError',
    });
    assert.equal((await listTrash(repository, sandbox.root)).length, 1);
    assert.deepEqual((await sweepTrash(repository, sandbox.root, { now, pauseMs: 0 })).deleted, [place.path]);
  });
});
