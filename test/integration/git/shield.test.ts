import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headOf } from '../../../src/git/facts.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { exists, Sandbox } from './support.ts';

/**
 * Each attack plants a command that leaves a file behind. First plain git runs it, which proves that the attack works on
 * this git; then everything that Coppice does with a tree runs, and nothing may be left behind.
 */
describe('shield: what a repository plants never runs', () => {
  let sandbox: Sandbox;
  let main: string;
  let work: string;
  let admin: string;
  let proof: string;
  let repository: Repository;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    work = sandbox.path('work');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'feature/x', work);
    admin = join(main, '.git', 'worktrees', 'work');
    proof = sandbox.path('PWNED');
    repository = await sandbox.open(main);
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  async function expectProof(attack: () => Promise<void>): Promise<void> {
    await attack();
    assert.equal(await exists(proof), true, 'plain git should have run the planted command');
    await rm(proof);
  }

  async function useTree(): Promise<void> {
    const indexFile = sandbox.path('index');
    const on = (...args: string[]): Promise<unknown> => repository.onTree(work, indexFile, args);
    const head = await headOf(repository, admin);
    assert.equal(head.kind, 'branch');
    await on('read-tree', '-m', '-i', 'refs/heads/feature/x');
    await on('add', '-A', '--sparse', '--', '.', ':(exclude,literal)nested');
    await on('write-tree');
    await on('status', '--porcelain', '--ignore-submodules=all');
    await on('diff', '--ignore-submodules=all', '--no-ext-diff', '--no-textconv');
    await on('checkout-index', '-f', '-a');
    assert.equal(await exists(proof), false, 'something planted was run');
  }

  it('core.fsmonitor and hooks in the shared config', async () => {
    await sandbox.git(main, 'config', 'core.fsmonitor', `touch ${proof}; false`);
    await sandbox.write(main, {
      'hooks/post-checkout': `#!/bin/sh\ntouch ${proof}\n`,
      'hooks/post-index-change': `#!/bin/sh\ntouch ${proof}\n`,
    });
    await chmod(join(main, 'hooks/post-checkout'), 0o755);
    await chmod(join(main, 'hooks/post-index-change'), 0o755);
    await sandbox.git(main, 'config', 'core.hooksPath', join(main, 'hooks'));
    await expectProof(() => sandbox.tryGit(work, 'status'));
    await useTree();
  });

  it('a filter in the shared config', async () => {
    await sandbox.git(main, 'config', 'filter.evil.clean', `touch ${proof}; cat`);
    await sandbox.git(main, 'config', 'filter.evil.smudge', `touch ${proof}; cat`);
    await sandbox.write(work, { '.gitattributes': '* filter=evil\n', 'new.txt': 'new\n' });
    await expectProof(() =>
      sandbox.tryGit(work, 'add', '-A', '--dry-run').then(() => sandbox.tryGit(work, 'add', '-A')),
    );
    await sandbox.write(work, { 'new.txt': 'again\n' });
    await useTree();
  });

  it('a filter in config.worktree, which a container may write', async () => {
    await sandbox.git(main, 'config', 'extensions.worktreeConfig', 'true');
    await writeFile(
      join(admin, 'config.worktree'),
      `[filter "evil"]\n\tclean = "touch ${proof}; cat"\n[core]\n\tfsmonitor = "touch ${proof}; false"\n`,
    );
    await sandbox.write(work, { '.gitattributes': '* filter=evil\n', 'new.txt': 'new\n' });
    await expectProof(() => sandbox.tryGit(work, 'add', '-A'));
    await sandbox.write(work, { 'new.txt': 'again\n' });
    await useTree();
  });

  it('a replaced .git folder', async () => {
    await rename(join(work, '.git'), sandbox.path('old-git'));
    await sandbox.git(work, 'init', '-q');
    await sandbox.git(work, 'config', 'core.fsmonitor', `touch ${proof}; false`);
    await expectProof(() => sandbox.tryGit(work, 'status'));
    await useTree();
  });

  it('a replaced commondir', async () => {
    const evil = sandbox.path('evil');
    await mkdir(evil);
    await sandbox.git(evil, 'init', '-q', '--bare');
    await appendFile(
      join(evil, 'config'),
      `[core]\n\tfsmonitor = "touch ${proof}; false"\n[filter "evil"]\n\tclean = "touch ${proof}; cat"\n`,
    );
    await writeFile(join(admin, 'commondir'), `${evil}\n`);
    await sandbox.write(work, { '.gitattributes': '* filter=evil\n', 'new.txt': 'new\n' });
    await expectProof(() => sandbox.tryGit(work, 'status'));
    await useTree();
  });

  it('a nested repository with its own filter, known as a submodule', async () => {
    const nested = join(work, 'nested');
    await mkdir(nested);
    await sandbox.git(nested, 'init', '-q');
    await sandbox.write(nested, { 'f.txt': 'f\n', '.gitattributes': 'f.txt filter=evil\n' });
    await sandbox.git(nested, 'add', '-A');
    await sandbox.git(nested, 'commit', '-q', '-m', 'nested');
    await sandbox.git(work, 'add', 'nested');
    await sandbox.git(work, 'commit', '-q', '-m', 'gitlink');
    await sandbox.git(nested, 'config', 'filter.evil.clean', `touch ${proof}; cat`);
    await sandbox.write(nested, { 'f.txt': 'g\n' });
    await expectProof(() => sandbox.tryGit(work, 'status'));
    await useTree();
  });

  it('a textconv and an external diff of the shared config', async () => {
    await sandbox.git(main, 'config', 'diff.evil.textconv', `touch ${proof}; cat`);
    await sandbox.git(main, 'config', 'diff.external', `touch ${proof}; true`);
    await sandbox.write(work, { '.gitattributes': '*.txt diff=evil\n', 'src/a.txt': 'changed\n' });
    await expectProof(() => sandbox.tryGit(work, 'diff'));
    await useTree();
  });

  it('a lazy fetch through a planted promisor remote', async () => {
    const blob = (await sandbox.git(main, 'rev-parse', 'HEAD:README.md')).trim();
    await rm(join(main, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
    const script = sandbox.path('fetch.sh');
    await writeFile(script, `#!/bin/sh\ntouch ${proof}\nexit 1\n`);
    await chmod(script, 0o755);
    await sandbox.git(main, 'config', 'core.repositoryformatversion', '1');
    await sandbox.git(main, 'config', 'extensions.partialClone', 'evil');
    await sandbox.git(main, 'config', 'remote.evil.promisor', 'true');
    await sandbox.git(main, 'config', 'remote.evil.url', sandbox.path('elsewhere'));
    await sandbox.git(main, 'config', 'remote.evil.uploadpack', script);
    await expectProof(() => sandbox.tryGit(main, 'cat-file', 'blob', blob));
    await assert.rejects(repository.run(['cat-file', 'blob', blob]), { code: 'git-failed' });
    assert.equal(await exists(proof), false);
  });

  it('a git in the folder of an agent, found by a relative PATH entry', async () => {
    await writeFile(join(work, 'git'), `#!/bin/sh\ntouch ${proof}\n`);
    await chmod(join(work, 'git'), 0o755);
    const door = sandbox.door({ env: { ...sandbox.env, PATH: `.::${sandbox.env['PATH'] ?? ''}` } });
    await door.run(['--version'], { cwd: work, lane: 'x' });
    await door.ask(['--version'], { cwd: work, lane: 'x' });
    assert.equal(await exists(proof), false);
  });

  it('a confirmed filter runs, and the same key with another command does not', async () => {
    const ran = sandbox.path('ran');
    const value = `touch ${ran}; cat`;
    await sandbox.git(main, 'config', 'filter.mine.clean', value);
    await sandbox.write(work, { '.gitattributes': '* filter=mine\n', 'new.txt': 'new\n' });
    repository = await sandbox.open(main, [{ key: 'filter.mine.clean', value }]);
    assert.deepEqual(await repository.programs(), [{ key: 'filter.mine.clean', value }]);
    await useTree();
    assert.equal(await exists(ran), true);
    await rm(ran);
    // Changed while the repository is open: the running engine must not take the changed command either.
    await sandbox.git(main, 'config', 'filter.mine.clean', `touch ${proof}; cat`);
    await sandbox.write(work, { 'new.txt': 'again\n' });
    await useTree();
    assert.equal(await exists(ran), false);
    assert.deepEqual([...(await repository.filters()).unconfirmed], ['mine']);
  });

  it('a confirmed filter that names a file of the tree stays off', async () => {
    await sandbox.git(main, 'config', 'filter.mine.clean', './filter.sh');
    await writeFile(join(work, 'filter.sh'), `#!/bin/sh\ntouch ${proof}\ncat\n`);
    await chmod(join(work, 'filter.sh'), 0o755);
    await sandbox.write(work, { '.gitattributes': '*.txt filter=mine\n', 'new.txt': 'new\n' });
    repository = await sandbox.open(main, [{ key: 'filter.mine.clean', value: './filter.sh' }]);
    await useTree();
  });

  it('a module of the tree that a filter of the user’s own in Python would take for one of its own', async () => {
    // Earlier ones cannot be told to leave the folder in which they run alone.
    const recent = ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'];
    if (spawnSync('python3', recent).status !== 0) {
      process.stdout.write('      NOT TESTED: this machine has no Python of 3.11 or later\n');
      return;
    }
    const users = sandbox.env['GIT_CONFIG_GLOBAL'] ?? '';
    await sandbox.git(main, 'config', '--file', users, 'filter.mine.clean', 'python3 -m json.tool');
    await sandbox.write(work, {
      '.gitattributes': '*.json filter=mine\n',
      'new.json': '{}\n',
      'json/__init__.py': '',
      'json/tool.py': `import sys\nopen(${JSON.stringify(proof)}, 'w')\nsys.stdout.write(sys.stdin.read())\n`,
    });
    await expectProof(() => sandbox.tryGit(work, 'add', 'new.json'));
    // Unlike `rm --cached` it compares nothing first, for which git would start the filter where a file is as young as its index.
    await sandbox.git(work, 'update-index', '--force-remove', 'new.json');
    repository = await sandbox.open(main);
    await useTree();
  });

  it('keeps refs, packed refs and settings of the repository', async () => {
    await sandbox.git(main, 'config', 'core.autocrlf', 'input');
    await sandbox.git(main, 'branch', 'packed');
    await sandbox.git(main, 'pack-refs', '--all');
    const head = await repository.ask(['rev-parse', 'refs/heads/main']);
    assert.equal(await repository.ask(['config', 'core.autocrlf']), 'input');
    await repository.run(['update-ref', '-d', 'refs/heads/packed']);
    await repository.run(['update-ref', 'refs/heads/made', head, '']);
    assert.equal(
      await sandbox.git(main, 'for-each-ref', '--format=%(refname)', 'refs/heads'),
      'refs/heads/feature/x\nrefs/heads/made\nrefs/heads/main',
    );
    await sandbox.git(main, 'fsck');
  });

  it('a repository with refs that Coppice cannot read is refused', async () => {
    await sandbox.git(main, 'config', 'extensions.refStorage', 'reftable');
    await assert.rejects(sandbox.open(main), { code: 'version-mismatch', next: /refs migrate/ });
  });

  it('never replaces a real file in its own folder', async () => {
    const link = join(repository.privateDir, 'shield', 'packed-refs');
    await rm(link);
    await writeFile(link, 'refs\n');
    await sandbox.git(main, 'config', 'core.eol', 'lf');
    await assert.rejects(repository.run(['for-each-ref']), { code: 'corrupt' });
    assert.equal(await readFile(link, 'utf8'), 'refs\n');
    await rm(link);
    await symlink(join(main, '.git', 'packed-refs'), link);
    await repository.run(['for-each-ref']);
  });
});
