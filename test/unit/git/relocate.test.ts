import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
