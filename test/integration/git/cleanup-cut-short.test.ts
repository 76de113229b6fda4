import assert from 'node:assert/strict';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { cleanupWorktrees, type KnownWorktree } from '../../../src/git/cleanup.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { worktreesFolder } from '../../../src/git/names.ts';
import { removeWorktree } from '../../../src/git/removal.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { returnWorktree } from '../../../src/git/return.ts';
import { Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const day = 24 * 60 * 60 * 1000;

describe('a clean-up whose removals do not get through', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n', '.gitignore': '*.local\n' });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const known = (more: Partial<KnownWorktree> = {}): KnownWorktree => ({
    ...{ place, session: 's-1', since: now - day, active: false, ended: 'done', endedAt: now - day },
    ...more,
  });
  const clean = (each: KnownWorktree[]) => cleanupWorktrees(repository, { root: sandbox.root, known: each, now });
  const remove = () => removeWorktree(repository, place, { root: sandbox.root, session: 's-1', now });

  it('one that breaks off behind the move to the trash is removed all the same, and holds up no other', async () => {
    const { place: other } = await createWorktree(repository, { root: sandbox.root, slug: 'y' });
    const merged = [known(), known({ place: other, session: 's-2' })];
    for (const { path } of [place, other]) {
      await sandbox.write(path, { 'keep.local': 'k\n', [`${basename(path)}.txt`]: 'w\n' });
      await sandbox.git(path, 'add', '-A');
      await sandbox.git(path, 'commit', '-q', '-m', 'work');
      await sandbox.git(main, 'merge', '-q', `feature/${basename(path)}`);
    }
    // Git's entries cannot follow.
    const inTheWay = join(main, '.git', 'coppice', 'trash');
    await writeFile(inTheWay, '');
    const { removed, kept } = await clean(merged);
    assert.deepEqual([removed.map(({ path }) => path), kept], [[place.path, other.path], []]);
    await rm(inTheWay);
    for (const [index, each] of [place, other].entries()) {
      const { trash = '', saved } = removed[index]?.removal ?? { saved: { ref: '' } };
      await returnWorktree(repository, each, { root: sandbox.root, trash, kept: saved.ref });
      assert.equal(await readFile(join(each.path, 'keep.local'), 'utf8'), 'k\n');
      assert.equal(await sandbox.git(each.path, 'status', '--porcelain', '--branch'), `## ${each.branch}`);
    }
  });

  it('one whose removal nobody was told of is told by the next, unless it is under way', async () => {
    await sandbox.write(place.path, { 'keep.local': 'k\n' });
    const { trash, saved } = await remove();
    assert.deepEqual((await clean([known({ active: true })])).removed, []);
    const before = await clean([known({ since: now + 1 })]);
    assert.deepEqual([before.removed, before.kept], [[], []], 'the one before is another one');
    assert.deepEqual((await clean([known({ session: 's-2' })])).removed, [], 'that of another session as well');
    assert.deepEqual((await clean([known()])).removed, [
      {
        path: place.path,
        reason: 'its removal had been cut short',
        removal: { saved, trash, keepUntil: now + 7 * day },
      },
    ]);
  });

  it('one of which it cannot be told whether it is in the trash is kept, with the reason', async () => {
    await remove();
    const trash = join(sandbox.root, '.trash', basename(worktreesFolder(sandbox.root, repository)));
    await rename(trash, sandbox.path('aside'));
    await writeFile(trash, '');
    const { removed, kept } = await clean([known()]);
    assert.deepEqual([removed, kept.map(({ path }) => path)], [[], [place.path]]);
    assert.match(kept[0]?.reason ?? '', /cannot be read \(ENOTDIR\)/);
  });
});
