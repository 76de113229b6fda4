import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Machine } from '../cli/machine.ts';
import { refused, untouched } from './refused.ts';

const demo = ['--agent', 'demo'];

describe('where somebody starts', function () {
  this.timeout(300_000);
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
  });
  afterEach(async () => machine.dispose());

  async function started(...args: readonly string[]): Promise<{ worktree: string; branch: string }> {
    const ran = await machine.coppice(['run', ...demo, ...args]);
    assert.equal(ran.exit, 0, `${ran.stdout}${ran.stderr}`);
    const row = (await machine.sessions()).at(-1) ?? assert.fail();
    assert.equal(row.status, 'reported');
    return { worktree: row.worktree ?? '', branch: row.branch ?? '' };
  }

  it('not a git repository: refused, whatever is asked for', async () => {
    const cwd = join(machine.root, 'plain');
    await mkdir(cwd);
    const expected = {
      exit: 3,
      code: 'not-a-repository',
      message: /plain is not inside a git repository/,
      next: /git init/,
    };
    for (const args of [['trust'], ['run', ...demo, 'x'], ['worktrees', 'list'], ['worktrees', 'create', 'x']]) {
      await refused(machine, args, expected, { cwd });
    }
    assert.deepEqual(await machine.sessions(), []);
  });

  it('a bare repository: refused, and a linked worktree of it works', async () => {
    const bare = join(machine.root, 'bare.git');
    await machine.git('clone', '-q', '--bare', machine.repo, bare);
    const expected = {
      exit: 3,
      code: 'bare-repository',
      message: /is a bare repository/,
      next: /clone|linked worktree/,
    };
    await refused(machine, ['run', ...demo, 'x'], expected, { cwd: bare });
    const linked = join(machine.root, 'linked');
    await machine.git('-C', bare, 'worktree', 'add', '-q', '-b', 'own', linked);
    assert.equal((await machine.coppice(['trust'], { cwd: linked })).exit, 0);
    const ran = await machine.coppice(['run', ...demo, '#write:x.txt'], { cwd: linked });
    assert.equal(ran.exit, 0, `${ran.stdout}${ran.stderr}`);
    assert.equal(await machine.git('-C', linked, 'status', '--porcelain'), '');
  });

  it('a repository without a commit: refused until there is one', async () => {
    const cwd = join(machine.root, 'unborn');
    await machine.git('init', '-q', '-b', 'main', cwd);
    await machine.coppice(['trust'], { cwd });
    const expected = { exit: 3, code: 'unborn-repository', message: /has no commit yet/, next: /first commit/ };
    await refused(machine, ['run', ...demo, 'x'], expected, { cwd });
    assert.deepEqual(await machine.sessions(), []);
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
    await machine.git('-C', cwd, ...identity, 'commit', '-q', '--allow-empty', '-m', 'First');
    assert.equal((await machine.coppice(['run', ...demo, '#write:x.txt'], { cwd })).exit, 0);
  });

  it('a detached HEAD: the work begins at that commit, and HEAD stays there', async () => {
    await machine.coppice(['trust']);
    const commit = (await machine.git('rev-parse', 'HEAD')).trim();
    await machine.git('switch', '-q', '--detach');
    const { branch } = await started('#write:x.txt');
    assert.equal((await machine.git('merge-base', branch, 'HEAD')).trim(), commit);
    assert.equal((await machine.git('rev-parse', '--abbrev-ref', 'HEAD')).trim(), 'HEAD');
    const detached = join(machine.root, 'detached');
    await machine.git('worktree', 'add', '-q', '--detach', detached);
    const expected = { exit: 3, code: 'detached-head', message: /is on no branch/, next: /git switch -c/ };
    await refused(machine, ['run', ...demo, '--worktree', detached, 'x'], expected);
    assert.equal(await machine.git('-C', detached, 'status', '--porcelain'), '');
  });

  it('a linked worktree as the starting place: its HEAD is the base, and nothing is done in it', async () => {
    await machine.coppice(['trust']);
    const linked = join(machine.root, 'linked');
    await machine.git('worktree', 'add', '-q', '-b', 'side', linked);
    await writeFile(join(linked, 'side.txt'), 'side\n');
    await machine.git('-C', linked, 'add', '.');
    await machine.git('-C', linked, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'Side');
    const ran = await machine.coppice(['run', ...demo, '#write:x.txt'], { cwd: linked });
    assert.equal(ran.exit, 0, ran.stderr);
    const { branch, worktree } = (await machine.sessions())[0] ?? assert.fail();
    assert.notEqual(worktree, linked);
    assert.equal(await machine.git('show', `${branch ?? ''}:side.txt`), 'side\n');
    assert.equal(await machine.git('-C', linked, 'status', '--porcelain'), '');
    await untouched(machine);
  });

  it('the default branch: refused by every name for it', async () => {
    await machine.coppice(['trust']);
    for (const name of ['main', 'MAIN', 'refs/heads/main', machine.repo]) {
      await refused(machine, ['run', ...demo, '--worktree', name, 'x'], {
        exit: 3,
        code: 'default-branch',
        message: /No agent works on|is the main checkout/i,
        next: /another/i,
      });
    }
    assert.deepEqual(await machine.sessions(), []);
    await untouched(machine);
  });

  it('a path in the way of a worktree: refused, and what is there stays', async () => {
    await machine.coppice(['trust']);
    const { worktree } = await started('#write:x.txt first');
    const path = join(dirname(worktree), 'blocked');
    await mkdir(path);
    await writeFile(join(path, 'precious.txt'), 'precious\n');
    const ran = await machine.coppice(['run', ...demo, '--name', 'blocked', 'x']);
    assert.equal(ran.exit, 3, `${ran.stdout}${ran.stderr}`);
    const told = `${ran.stdout}${ran.stderr}`;
    assert.match(told, /blocked exists already and was left as it is/);
    assert.match(told, /Choose another name/);
    assert.equal(await readFile(join(path, 'precious.txt'), 'utf8'), 'precious\n');
    assert.equal((await machine.git('branch', '--list', 'feature/blocked')).trim(), '');
    const beside = await started('blocked');
    assert.match(beside.worktree, /blocked-2$/);
    await untouched(machine);
  });
});
