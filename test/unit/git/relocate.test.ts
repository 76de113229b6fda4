import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { relocate, sessionsIn } from '../../../src/git/relocate.ts';

describe('a repository that was moved', () => {
  let folder: string;

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'coppice-moved-'))));
  afterEach(async () => rm(folder, { recursive: true }));

  /** A worktree with an entry in the git directory `to`, and with this in its `.git`. */
  async function worktree(to: string, name: string, pointer: string): Promise<string> {
    const path = join(folder, 'worktrees', name);
    await mkdir(path, { recursive: true });
    await mkdir(join(to, 'worktrees', name), { recursive: true });
    await writeFile(join(to, 'worktrees', name, 'gitdir'), `${join(path, '.git')}\n`);
    await writeFile(join(path, '.git'), pointer);
    return path;
  }

  it('lets the pointers of git point to where it is, once or twice, and touches no other', async () => {
    const [from, to] = [join(folder, 'old', '.git'), join(folder, 'new', '.git')];
    const plain = await worktree(to, 'plain', `gitdir: ${from}/worktrees/plain\n`);
    const right = await worktree(to, 'right', `gitdir: ${to}/worktrees/right\n`);
    const forged = await worktree(to, 'forged', `gitdir: ${from}/worktrees/plain\n`);
    const linked = await worktree(to, 'linked', '');
    const mine = join(folder, 'mine');
    await writeFile(mine, `gitdir: ${from}/worktrees/linked\n`);
    await rm(join(linked, '.git'));
    await symlink(mine, join(linked, '.git'));
    for (let times = 0; times < 2; times++) assert.deepEqual(await relocate(from, to), [forged, linked]);
    assert.equal(await readFile(join(plain, '.git'), 'utf8'), `gitdir: ${to}/worktrees/plain\n`);
    assert.equal(await readFile(join(right, '.git'), 'utf8'), `gitdir: ${to}/worktrees/right\n`);
    assert.equal(await readFile(join(forged, '.git'), 'utf8'), `gitdir: ${from}/worktrees/plain\n`);
    assert.equal(await readFile(mine, 'utf8'), `gitdir: ${from}/worktrees/linked\n`);
    assert.equal((await lstat(join(linked, '.git'))).isSymbolicLink(), true);
  });

  it('leaves relative pointers right that are right, and puts those right that are not, relative still', async () => {
    const from = join(folder, 'old', '.git');
    /** As git writes it from 2.48 on where `worktree.useRelativePaths` is set: seen from where the repository was or is. */
    const makeRelative = async (path: string, to: string, seen: string): Promise<void> => {
      const entry = (common: string): string => join(common, 'worktrees', basename(path));
      await writeFile(join(path, '.git'), `gitdir: ${relative(path, entry(seen))}\n`);
      await writeFile(join(entry(to), 'gitdir'), `${relative(entry(seen), join(path, '.git'))}\n`);
    };
    for (const to of [join(folder, 'new', '.git'), join(folder, 'a', 'deeper', 'place', '.git')]) {
      const along = await worktree(to, 'along', '');
      const stays = await worktree(to, 'stays', '');
      const forged = await worktree(to, 'forged', '');
      await makeRelative(along, to, to);
      await makeRelative(stays, to, from);
      await makeRelative(forged, to, to);
      await writeFile(join(forged, '.git'), `gitdir: ../../worktrees/${relative(folder, to)}/worktrees/forged\n`);
      for (let times = 0; times < 2; times++) {
        assert.deepEqual(await relocate(from, to), [forged], to);
        for (const path of [along, stays]) {
          const admin = join(to, 'worktrees', basename(path));
          assert.equal(await readFile(join(path, '.git'), 'utf8'), `gitdir: ${relative(path, admin)}\n`);
          assert.equal(await readFile(join(admin, 'gitdir'), 'utf8'), `${relative(admin, join(path, '.git'))}\n`);
        }
      }
    }
  });

  it('is told by the refs of sessions, packed or not', async () => {
    await mkdir(join(folder, 'refs', 'coppice', 'a'), { recursive: true });
    await writeFile(
      join(folder, 'packed-refs'),
      '# pack-refs with: peeled\n0123 refs/heads/main\n4567 refs/coppice/b/1\n',
    );
    assert.deepEqual([...(await sessionsIn(folder))].sort(), ['a', 'b']);
    assert.deepEqual([...(await sessionsIn(join(folder, 'none')))], []);
  });
});
