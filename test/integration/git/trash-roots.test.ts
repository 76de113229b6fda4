import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { finishRemoval, removeWorktree, type Removed } from '../../../src/git/removal.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { returnWorktree } from '../../../src/git/return.ts';
import { saveWork } from '../../../src/git/save.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';
import { listTrash, moveToTrash } from '../../../src/git/trash.ts';
import { treeOf } from '../../../src/git/tree.ts';
import { exists, Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const day = 24 * 60 * 60 * 1000;

describe('the trash when the folder of worktrees is another one by now', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;
  /** The folder of worktrees in force. */
  let root: string;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n', '.gitignore': '*.local\n' });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
    await sandbox.write(place.path, { 'keep.local': 'k\n' });
    root = sandbox.path('elsewhere');
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const remove = (below: string): Promise<Removed> =>
    removeWorktree(repository, place, { root: below, session: 's-1', now, keepMs: day });
  const clean = () => cleanupWorktrees(repository, { root, known: [], now });
  const sweep = (at: number) => sweepTrash(repository, root, { now: at, pauseMs: 0 });
  const bring = ({ trash, saved }: Removed, overdue = false) =>
    returnWorktree(repository, place, { root, trash, kept: saved.ref, overdue });
  const trashBelow = (below: string): string => join(below, '.trash', basename(dirname(place.path)));

  async function isWhole(at: Place): Promise<void> {
    assert.equal(await readFile(join(at.path, 'keep.local'), 'utf8'), 'k\n');
    assert.equal(
      await sandbox.git(at.path, 'status', '--porcelain', '--branch', '--ignored'),
      '## feature/x\n!! keep.local',
    );
    assert.equal(await sandbox.git(main, 'worktree', 'prune', '-n'), '');
  }

  it('what was removed before comes back whole after clean-ups and sweeps', async () => {
    const removed = await remove(sandbox.root);
    await clean();
    await createWorktree(repository, { root, slug: 'other' });
    assert.deepEqual(await sweep(now + day - 1), { deleted: [], doubtful: [] });
    await isWhole(await bring(removed));
  });

  it('what was removed before is deleted when its time is over, and all that belongs to it', async () => {
    await remove(sandbox.root);
    assert.deepEqual((await sweep(now + day)).deleted, [place.path]);
    assert.deepEqual(await readdir(trashBelow(sandbox.root)), []);
    assert.deepEqual(await readdir(join(main, '.git', 'coppice', 'trash')), []);
  });

  it('an orphan that went there is deleted when its time is over', async () => {
    await rm(place.admin, { recursive: true });
    const report = await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
    assert.deepEqual(report.orphans, [place.path]);
    assert.deepEqual((await sweep(now + 8 * day)).deleted, [place.path]);
    assert.deepEqual(await readdir(trashBelow(sandbox.root)), []);
  });

  it('a worktree that was made before is removed on the file system that it is on', async () => {
    const removed = await remove(root);
    assert.equal(await exists(join(trashBelow(sandbox.root), removed.trash, 'keep.local')), true);
    assert.equal(await exists(root), false);
    await isWhole(await bring(removed));
  });

  it('one that lies below the present folder, as earlier versions had put it there, comes back and is swept as well', async () => {
    const removed = await remove(sandbox.root);
    await mkdir(dirname(trashBelow(root)), { recursive: true });
    await rename(trashBelow(sandbox.root), trashBelow(root));
    await rm(join(main, '.git', 'coppice', 'trashes'), { recursive: true });
    await clean();
    await isWhole(await bring(removed));
    await remove(sandbox.root);
    assert.deepEqual((await sweep(now + day)).deleted, [place.path]);
  });

  it('comes back below a folder that somebody has taken away since', async () => {
    const removed = await remove(sandbox.root);
    await rm(dirname(place.path), { recursive: true });
    await rm(join(main, '.git', 'worktrees'), { recursive: true, force: true });
    await isWhole(await bring(removed));
  });

  it('git’s entry of another worktree that has its name by now is left to that one', async () => {
    const removed = await remove(sandbox.root);
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'theirs', sandbox.path('x'));
    const back = await bring(removed);
    await isWhole(back);
    assert.notEqual(back.admin, place.admin);
    assert.equal(await sandbox.git(sandbox.path('x'), 'status', '--porcelain', '--branch'), '## theirs');
  });

  it('git’s entry of another worktree that was made where it was is left to that one, also when its folder is gone', async () => {
    const removed = await remove(sandbox.root);
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'theirs', place.path);
    await rm(place.path, { recursive: true });
    await assert.rejects(bring(removed), { code: 'path-in-the-way', message: /another worktree/, next: /prune/ });
    await sandbox.git(main, 'worktree', 'prune');
    await isWhole(await bring(removed));
  });

  it('a removal that is finished late leaves git’s entry of another worktree that has its name by now', async () => {
    // An engine that was killed as soon as the folder was in the trash.
    const saved = await saveWork(repository, place, 's-1', await treeOf(repository, place));
    await moveToTrash(repository, sandbox.root, place.path, saved, { now, keepMs: day });
    await sandbox.git(main, 'worktree', 'prune');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'theirs', sandbox.path('x'));
    const removed = await finishRemoval(repository, place, root, { session: 's-1', since: now });
    assert.deepEqual(removed?.saved, saved);
    assert.equal(await sandbox.git(sandbox.path('x'), 'status', '--porcelain', '--branch'), '## theirs');
  });

  it('a copy of the repository takes nothing from it', async () => {
    const removed = await remove(sandbox.root);
    await cp(main, sandbox.path('copy'), { recursive: true });
    const copy = await sandbox.open(sandbox.path('copy'));
    for (const below of [root, sandbox.root]) {
      assert.deepEqual((await sweepTrash(copy, below, { now: now + 2 * day, pauseMs: 0 })).deleted, []);
      await cleanupWorktrees(copy, { root: below, known: [], now });
    }
    await isWhole(await bring(removed));
  });

  it('on a disk that is away it is unknown, not nothing: said with what to do, and nothing of it goes meanwhile', async () => {
    const removed = await remove(sandbox.root);
    await rename(sandbox.root, sandbox.path('unmounted'));
    await clean();
    assert.deepEqual(await sweep(now + day), { deleted: [], doubtful: [] });
    await assert.rejects(bring(removed), { code: 'worktree-unsafe', message: /is not there/, next: /Mount its disk/ });
    await assert.rejects(finishRemoval(repository, place, root, { session: 's-1', since: now }), {
      code: 'worktree-unsafe',
    });
    assert.equal(await exists(sandbox.root), false);
    await rename(sandbox.path('unmounted'), sandbox.root);
    await isWhole(await bring(removed));
  });

  it('one that cannot be listed is unknown, and only what is overdue is made again without it', async () => {
    const removed = await remove(sandbox.root);
    const [trash, aside] = [trashBelow(sandbox.root), sandbox.path('aside')];
    await rename(trash, aside);
    await writeFile(trash, 'no folder\n');
    await clean();
    const { doubtful } = await sweep(now + day);
    assert.deepEqual(
      doubtful.map(({ path, reason }) => [path, /cannot be read \(ENOTDIR\)/.test(reason)]),
      [[trash, true]],
    );
    await assert.rejects(bring(removed), { code: 'worktree-unsafe', message: /cannot be read \(ENOTDIR\)/ });
    await assert.rejects(finishRemoval(repository, place, root, { session: 's-1', since: now }), {
      code: 'worktree-unsafe',
    });
    await rm(trash);
    await rename(aside, trash);
    await isWhole(await bring(removed));
    const again = await remove(sandbox.root);
    await rename(trash, aside);
    await writeFile(trash, 'no folder\n');
    const made = await bring(again, true);
    assert.equal(await sandbox.git(made.path, 'status', '--porcelain', '--branch', '--ignored'), '## feature/x');
  });

  it('what git keeps of a worktree stays with git while it cannot be told whether the trash has it', async () => {
    // An engine that was killed as soon as the folder was in the trash.
    const saved = await saveWork(repository, place, 's-1', await treeOf(repository, place));
    const times = { now, keepMs: day };
    const id = await moveToTrash(repository, sandbox.root, place.path, saved, times);
    const [trash, aside] = [trashBelow(sandbox.root), sandbox.path('aside')];
    await rename(trash, aside);
    await writeFile(trash, 'no folder\n');
    root = sandbox.root;
    await clean();
    assert.equal(await exists(place.admin), true);
    await rm(trash);
    await rename(aside, trash);
    await clean();
    await isWhole(await bring({ saved, trash: id, keepUntil: now + day }));
  });

  it('a manifest that says nothing is told with the folder beside it, also to a sweep', async () => {
    const removed = await remove(sandbox.root);
    const file = join(trashBelow(sandbox.root), `${removed.trash}.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, '{');
    await assert.rejects(bring(removed), { code: 'corrupt', message: new RegExp(basename(file)) });
    await assert.rejects(finishRemoval(repository, place, root, { session: 's-1', since: now }), { code: 'corrupt' });
    assert.deepEqual(
      (await sweep(now + day)).doubtful.map(({ path }) => path),
      [file],
    );
    await writeFile(file, text);
    await isWhole(await bring(removed));
  });

  it('the manifest of one that is on its way there is not swept before it arrives', async () => {
    const removed = await remove(sandbox.root);
    const [entry] = await listTrash(repository, root);
    await rename(join(trashBelow(sandbox.root), removed.trash), place.path);
    assert.deepEqual(await sweep(now + day), { deleted: [], doubtful: [] });
    assert.deepEqual(await listTrash(repository, root), [entry]);
    await rename(place.path, join(trashBelow(sandbox.root), removed.trash));
    assert.deepEqual((await sweep(now + day)).deleted, [place.path]);
  });
});
