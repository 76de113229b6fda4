import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Machine } from '../cli/machine.ts';
import { show, untouched } from './refused.ts';

describe('repositories and agents that plant what git would run', function () {
  this.timeout(300_000);
  let machine: Machine;
  let marker: string;
  let script: string;
  beforeEach(async () => {
    machine = await Machine.make();
    marker = join(machine.root, 'pwned');
    script = join(machine.root, 'evil.sh');
    await writeFile(script, `#!/bin/sh\ntouch '${marker}'\nexit 0\n`, { mode: 0o755 });
    await machine.coppice(['trust', '--host']);
  });
  afterEach(async () => machine.dispose());

  it('core.fsmonitor, hooks and filters of the repository: nothing of them runs', async () => {
    for (const name of [
      'post-checkout',
      'pre-commit',
      'commit-msg',
      'post-commit',
      'reference-transaction',
      'post-index-change',
    ]) {
      await writeFile(join(machine.repo, '.git', 'hooks', name), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
    }
    await writeFile(join(machine.repo, '.git', 'info', 'attributes'), '* filter=evil\n');
    for (const [key, value] of [
      ['core.fsmonitor', script],
      ['core.hooksPath', join(machine.repo, '.git', 'hooks')],
      ['filter.evil.clean', script],
      ['filter.evil.smudge', script],
      ['diff.external', script],
      ['core.sshCommand', script],
      ['gpg.program', script],
      ['commit.gpgSign', 'true'],
    ] as const) {
      await machine.git('config', key, value);
    }
    const ran = await machine.coppice(['run', '--agent', 'demo', '#write:x.txt']);
    assert.equal(ran.exit, 0, `${ran.stdout}${ran.stderr}`);
    for (const args of [['worktrees', 'list'], ['worktrees', 'cleanup'], ['session', 'list'], ['doctor']]) {
      await machine.coppice(args);
    }
    assert.equal(existsSync(marker), false, 'nothing ran');
  });

  it('a folder that only points to a trusted repository is not trusted with it', async () => {
    assert.equal((await machine.coppice(['trust'])).exit, 0);
    for (const [name, point] of [
      ['file', (path: string) => writeFile(path, `gitdir: ${machine.repo}/.git\n`)],
      ['link', (path: string) => symlink(join(machine.repo, '.git'), path)],
      [
        'common',
        async (path: string) => {
          await cp(join(machine.repo, '.git'), path, { recursive: true });
          await writeFile(join(path, 'commondir'), `${machine.repo}/.git\n`);
        },
      ],
    ] as const) {
      const cwd = join(machine.root, name);
      await mkdir(cwd);
      await point(join(cwd, '.git'));
      await writeFile(join(cwd, '.coppice.yaml'), `worktrees:\n  setup: ["touch '${marker}'"]\n`);
      const ran = await machine.coppice(['run', '--agent', 'demo', 'x'], { cwd });
      assert.equal(ran.exit, 3, `${ran.stdout}${ran.stderr}`);
      assert.match(ran.stderr, /is not trusted yet/);
      assert.doesNotMatch((await machine.coppice(['config'], { cwd })).stdout, /touch/);
    }
    assert.equal(existsSync(marker), false);
    assert.equal((await machine.coppice(['run', '--agent', 'demo', '#write:x.txt'])).exit, 0);
  });

  const plants: Readonly<Record<string, string>> = {
    'its own .git folder':
      'rm .git; git init -q .; git config core.fsmonitor "$EVIL"; git config core.hooksPath "$HOOKS"',
    'its own commondir':
      'admin=$(git rev-parse --git-dir); mkdir other; git init -q other; echo "$PWD/other/.git" > "$admin/commondir"; git -C other config core.fsmonitor "$EVIL"',
    'a .git file that leads elsewhere':
      'mkdir other; git init -q other; git -C other config core.fsmonitor "$EVIL"; echo "gitdir: $PWD/other/.git" > .git',
  };
  for (const [what, plant] of Object.entries(plants)) {
    it(`an agent that puts ${what} there: nothing of it runs, the work is kept and not called done`, async () => {
      const hooks = join(machine.root, 'hooks');
      await mkdir(hooks);
      for (const name of ['pre-commit', 'post-checkout', 'post-index-change']) {
        await writeFile(join(hooks, name), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
      }
      const lines = `EVIL='${script}' HOOKS='${hooks}'; echo work > w.txt; ${plant}; echo done`;
      const command = JSON.stringify(['/bin/sh', '-c', lines, 'evil', '{prompt}']);
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      await writeFile(join(machine.home, 'config.yaml'), `agents:\n  custom:\n    evil:\n      command: ${command}\n`);
      const ran = await machine.coppice(['run', '--agent', 'evil', 'x']);
      assert.equal(ran.exit, 1, `${ran.stdout}${ran.stderr}`);
      const session = (await machine.sessions())[0];
      const { status, error, worktree } = await show(machine, session?.id ?? '');
      assert.equal(status, 'failed');
      assert.match(error?.message ?? '', /git files of .* were changed|lead somewhere else/);
      assert.match(error?.next ?? '', /by hand/);
      assert.equal(await readFile(join(worktree ?? '', 'w.txt'), 'utf8'), 'work\n', 'its work is kept');
      await machine.coppice(['worktrees', 'list']);
      await machine.coppice(['worktrees', 'cleanup']);
      assert.equal(await readFile(join(worktree ?? '', 'w.txt'), 'utf8'), 'work\n', 'also after a clean-up');
      assert.equal(existsSync(marker), false, 'nothing ran');
      await untouched(machine);
    });
  }
});
