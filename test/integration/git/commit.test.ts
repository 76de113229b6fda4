import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Place } from '../../../src/core/session/state.ts';
import { changesSince } from '../../../src/git/changes.ts';
import { commitWorktree, type CommitOptions, findCommitByIntent } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { inspectWorktree } from '../../../src/git/inspect.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { treeOf } from '../../../src/git/tree.ts';
import { exists, Sandbox } from './support.ts';

const trailers = { task: 'coppice.x.1234567', session: 's-1', intent: 'i-1' };

describe('commitWorktree', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', {
      'README.md': 'hello\n',
      'src/a.txt': 'one\n',
      '.gitignore': '*.log\n',
    });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const commit = (more: Partial<CommitOptions> = {}) =>
    commitWorktree(repository, place, { message: 'Do the task', trailers, ...more });
  const git = (...args: string[]) => sandbox.git(place.path, ...args);

  async function refused(code: string, finding: string, more: Partial<CommitOptions> = {}): Promise<void> {
    const before = await sandbox.git(main, 'for-each-ref', 'refs/heads');
    await assert.rejects(commit(more), (error: unknown) => {
      assert.equal((error as { code: string }).code, code);
      assert.equal((error as { context: Record<string, string> }).context['finding'], finding);
      return true;
    });
    assert.equal(await sandbox.git(main, 'for-each-ref', 'refs/heads'), before);
  }

  it('says what it was told, also where the person commits in another encoding', async () => {
    await sandbox.git(main, 'config', '--global', 'i18n.commitEncoding', 'ISO-8859-1');
    await sandbox.write(place.path, { 'src/a.txt': 'two\n' });
    await commit({ message: 'Für später — 日本' });
    assert.doesNotMatch(await git('cat-file', 'commit', 'HEAD'), /^encoding/m);
    const shown = await git('-c', 'i18n.logOutputEncoding=UTF-8', 'log', '-1', '--format=%s');
    assert.equal(shown, 'Für später — 日本');
  });

  it('commits everything that is not ignored and leaves a clean worktree', async () => {
    await sandbox.write(place.path, { 'new file "ü".txt': 'new\n', 'src/a.txt': 'two\nthree\n', 'x.log': 'noise\n' });
    await rm(join(place.path, 'README.md'));
    await symlink('a.txt', join(place.path, 'src', 'link'));
    await writeFile(join(place.path, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    const made = await commit();
    assert.equal(made.nothing, false);
    assert.equal(made.parent, place.baseCommit);
    assert.equal(made.base, place.baseCommit);
    assert.deepEqual([made.files, made.insertions, made.deletions], [5, 5, 2]);
    assert.deepEqual(made.agentCommits, []);
    assert.equal(await git('status', '--porcelain'), '');
    assert.equal(await git('rev-parse', 'HEAD'), made.commit);
    assert.equal(await git('rev-parse', 'HEAD^{tree}'), made.tree);
    assert.equal(await git('ls-tree', '--format=%(objectmode)', 'HEAD', 'run.sh', 'src/link'), '100755\n120000');
    assert.equal(
      await git('ls-tree', '-r', '--name-only', '-z', 'HEAD'),
      '.gitignore\0new file "ü".txt\0run.sh\0src/a.txt\0src/link\0',
    );
    assert.equal(
      await git('log', '-1', '--format=%B%an <%ae>|%cn <%ce>'),
      'Do the task\n\nCoppice-Task: coppice.x.1234567\nCoppice-Session: s-1\nCoppice-Intent: i-1\nA Person <person@example.org>|A Person <person@example.org>',
    );
    assert.equal(await sandbox.git(main, 'status', '--porcelain'), '');
    await sandbox.git(main, 'fsck', '--strict');
  });

  it('says when there is nothing to commit', async () => {
    const result = await commit();
    assert.equal(result.nothing, true);
    assert.equal(result.tree, await git('rev-parse', 'HEAD^{tree}'));
    assert.equal(await git('rev-parse', 'HEAD'), place.baseCommit);
  });

  it('commits one intent once, and finds it after a crash', async () => {
    await sandbox.write(place.path, { 'n.txt': 'n\n' });
    const first = await commit();
    assert.equal(await findCommitByIntent(repository, place, 'i-1'), first.nothing ? '' : first.commit);
    assert.equal(await findCommitByIntent(repository, place, 'i-2'), undefined);
    await sandbox.write(place.path, { 'more.txt': 'm\n' });
    const again = await commit();
    assert.deepEqual([again.nothing, !again.nothing && again.commit], [false, !first.nothing && first.commit]);
    const second = await commit({ trailers: { ...trailers, intent: 'i-2' } });
    assert.equal(!second.nothing && second.parent, !first.nothing && first.commit);
  });

  it('after a crash between branch and index, a repetition brings the index along', async () => {
    await sandbox.write(place.path, { 'n.txt': 'n\n' });
    const index = await readFile(join(place.admin, 'index'));
    await commit();
    await writeFile(join(place.admin, 'index'), index);
    assert.notEqual(await git('status', '--porcelain'), '');
    await commit();
    assert.equal(await git('status', '--porcelain'), '');
  });

  it('counts the commits that the agent made itself', async () => {
    await sandbox.write(place.path, { 'agent.txt': 'a\n' });
    await git('add', '-A');
    await git('commit', '-q', '-m', 'by the agent');
    const own = await git('rev-parse', 'HEAD');
    const nothing = await commit();
    assert.deepEqual([nothing.nothing, nothing.agentCommits], [true, [own]]);
    await sandbox.write(place.path, { 'rest.txt': 'r\n' });
    const made = await commit();
    assert.deepEqual([made.nothing, made.agentCommits, made.parent], [false, [own], own]);
  });

  it('an agent that stages, unstages or hides changes in its index changes nothing', async () => {
    await sandbox.write(place.path, { 'src/a.txt': 'changed\n', 'staged.txt': 's\n' });
    await git('update-index', '--assume-unchanged', 'src/a.txt');
    await git('update-index', '--skip-worktree', 'README.md');
    await git('add', 'staged.txt');
    await sandbox.write(place.path, { 'README.md': 'hidden\n' });
    await commit();
    assert.equal(await git('show', 'HEAD:src/a.txt'), 'changed');
    assert.equal(await git('show', 'HEAD:README.md'), 'hidden');
    assert.equal(await git('show', 'HEAD:staged.txt'), 's');
  });

  it('sees a change of the same size with its old time restored', async () => {
    await treeOf(repository, place);
    const before = await readFile(join(place.path, 'src/a.txt'));
    await git('-c', 'core.fsmonitor=false', 'status');
    await sandbox.git(place.path, 'config', 'core.trustctime', 'false');
    await sandbox.git(place.path, 'config', 'core.checkStat', 'minimal');
    await writeFile(sandbox.path('stamp'), '');
    const touch = promisify(execFile);
    await touch('touch', ['-r', join(place.path, 'src/a.txt'), sandbox.path('stamp')]);
    await writeFile(join(place.path, 'src/a.txt'), 'ONE\n');
    await touch('touch', ['-r', sandbox.path('stamp'), join(place.path, 'src/a.txt')]);
    assert.equal(before.length, 4);
    await commit();
    assert.equal(await git('show', 'HEAD:src/a.txt'), 'ONE');
  });

  it('an author can be given, and without a configured identity Coppice signs', async () => {
    await writeFile(sandbox.path('home', 'gitconfig'), '');
    await sandbox.write(place.path, { 'n.txt': 'n\n' });
    await commit({ author: { name: 'Agent\n<x>', email: 'agent@example.org' } });
    assert.equal(
      await git('log', '-1', '--format=%an|%ae|%cn|%ce'),
      'Agent x|agent@example.org|Coppice|coppice@localhost',
    );
  });

  it('keeps paths out that are to stay', async () => {
    await sandbox.write(place.path, { 'src/a.txt': 'two\n', 'gen/big.txt': 'g\n', 'keep.txt': 'k\n' });
    const made = await commit({ exclude: ['gen', 'src/a.txt'] });
    assert.equal(!made.nothing && made.files, 1);
    assert.equal(await git('status', '--porcelain'), ' M src/a.txt\n?? gen/');
  });

  it('runs no hook and signs nothing', async () => {
    const proof = sandbox.path('PWNED');
    for (const hook of ['pre-commit', 'commit-msg', 'post-commit', 'reference-transaction', 'prepare-commit-msg']) {
      await writeFile(join(main, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${proof}\nexit 1\n`, { mode: 0o755 });
    }
    await sandbox.git(main, 'config', '--global', 'commit.gpgSign', 'true');
    await sandbox.git(main, 'config', '--global', 'gpg.program', 'false');
    await sandbox.write(place.path, { 'n.txt': 'n\n' });
    assert.equal((await commit()).nothing, false);
    assert.equal(await exists(proof), false);
  });

  it('prompts and trailers cannot be forged by text', async () => {
    await sandbox.write(place.path, { 'n.txt': 'n\n' });
    await commit({ message: '$(touch x) "q" \u0000\u001b[31m\n\nbody\n\nCoppice-Intent: i-9\nSigned-off-by: B <b@x>' });
    assert.equal(await findCommitByIntent(repository, place, 'i-9'), undefined);
    assert.notEqual(await findCommitByIntent(repository, place, 'i-1'), undefined);
    await assert.rejects(commit({ trailers: { ...trailers, intent: 'a\nCoppice-Task: b' } }), { code: 'bad-usage' });
  });

  describe('what it refuses, with the branch untouched', () => {
    beforeEach(async () => {
      await sandbox.write(place.path, { 'n.txt': 'n\n' });
    });

    it('a detached HEAD', async () => {
      await git('checkout', '-q', '--detach');
      await refused('wrong-state', 'detached');
    });

    it('another branch, and the default branch', async () => {
      await git('switch', '-q', '-c', 'other');
      await refused('wrong-state', 'other-branch');
      await sandbox.git(main, 'switch', '-q', '-c', 'elsewhere');
      await git('switch', '-q', 'main');
      await refused('wrong-state', 'default-branch');
    });

    it('a merge, a rebase, a cherry-pick, a revert, a bisect under way', async () => {
      await git('add', '-A');
      await git('commit', '-q', '-m', 'mine');
      await git('branch', 'theirs', 'HEAD~1');
      await git('switch', '-q', 'theirs');
      await sandbox.write(place.path, { 'n.txt': 'other\n' });
      await git('add', '-A');
      await git('commit', '-q', '-m', 'theirs');
      await git('switch', '-q', 'feature/x');
      for (const [finding, ...args] of [
        ['merge', 'merge', 'theirs'],
        ['cherry-pick', 'cherry-pick', 'theirs'],
        ['revert', 'revert', '--no-edit', 'theirs'],
      ] as [string, string, string][]) {
        await sandbox.tryGit(place.path, ...args);
        await refused('wrong-state', finding);
        await git(args[0], '--abort');
      }
      await sandbox.tryGit(place.path, 'rebase', 'theirs');
      await refused('wrong-state', 'detached');
      assert.deepEqual(
        (await inspectWorktree(repository, place)).findings.map(({ kind }) => kind),
        ['detached', 'rebase'],
      );
      await git('rebase', '--abort');
      await sandbox.tryGit(place.path, 'rebase', '--apply', 'theirs');
      assert.equal((await inspectWorktree(repository, place)).findings.at(-1)?.kind, 'rebase');
      await git('rebase', '--abort');
      await git('bisect', 'start');
      await refused('wrong-state', 'bisect');
    });

    it('a lock that a killed git left, until a person says that none runs', async () => {
      await writeFile(join(place.admin, 'index.lock'), '');
      await refused('wrong-state', 'index-locked');
      const made = await commit({ accept: ['index-locked'] });
      assert.equal(made.nothing, false);
      assert.equal(await git('status', '--porcelain'), '');
    });

    it('a deleted branch', async () => {
      await sandbox.git(main, 'update-ref', '-d', 'refs/heads/feature/x');
      await refused('wrong-state', 'branch-gone');
    });

    it('a renamed branch, with the way back to its name', async () => {
      await git('branch', '-m', 'feature/renamed');
      const { findings } = await inspectWorktree(repository, place);
      const [gone] = findings;
      assert.deepEqual([gone?.kind, gone?.text.endsWith('its worktree is on feature/renamed.')], ['branch-gone', true]);
      assert.match(gone?.next ?? '', /git branch -m feature\/renamed feature\/x/);
    });

    it('a folder of which the git file was deleted', async () => {
      await rm(join(place.path, '.git'));
      const { findings } = await inspectWorktree(repository, place);
      assert.deepEqual(
        findings.map(({ kind, text }) => [kind, text]),
        [['git-replaced', `${place.path} has no .git any more: it was deleted, or a part of it.`]],
      );
    });

    it('git files that lead elsewhere', async () => {
      await writeFile(join(place.admin, 'commondir'), '/somewhere\n');
      await refused('worktree-unsafe', 'git-replaced');
      await writeFile(join(place.admin, 'commondir'), '../..\n');
      await rename(join(place.path, '.git'), sandbox.path('old'));
      await sandbox.git(place.path, 'init', '-q');
      await refused('worktree-unsafe', 'git-replaced');
      assert.equal((await commit({ accept: ['git-replaced'] })).nothing, false);
      assert.equal(await sandbox.git(main, 'show', 'feature/x:n.txt'), 'n');
    });

    it('a worktree that became a link, or is gone', async () => {
      await rename(place.path, sandbox.path('moved'));
      await refused('worktree-unsafe', 'folder-gone');
      await symlink(main, place.path);
      await refused('worktree-unsafe', 'folder-replaced');
    });

    it('a HEAD that is no HEAD', async () => {
      await rm(join(place.admin, 'HEAD'));
      await symlink('/etc/passwd', join(place.admin, 'HEAD'));
      await refused('worktree-unsafe', 'head-unreadable');
    });

    it('a record that names something else', async () => {
      await assert.rejects(
        commitWorktree(repository, { ...place, admin: join(main, '.git') }, { message: 'm', trailers }),
        {
          code: 'worktree-unsafe',
        },
      );
      await assert.rejects(commitWorktree(repository, { ...place, branch: 'main' }, { message: 'm', trailers }), {
        code: 'default-branch',
      });
    });

    it('a branch that moves meanwhile', async () => {
      const moving: Repository = {
        ...repository,
        run: async (args, options) => {
          if (args[0] === 'commit-tree') await git('commit', '-q', '--allow-empty', '-m', 'meanwhile');
          return repository.run(args, options);
        },
      };
      await assert.rejects(commitWorktree(moving, place, { message: 'm', trailers }), (error: unknown) => {
        assert.equal((error as { context: Record<string, string> }).context['finding'], 'branch-moved');
        return true;
      });
      assert.equal(await git('log', '-1', '--format=%s'), 'meanwhile');
    });

    it('files that cannot be read', async () => {
      await writeFile(join(place.path, 'locked.txt'), 'x');
      await chmod(join(place.path, 'locked.txt'), 0);
      const asUser: Repository = {
        ...repository,
        // Root reads everything, so git reports what it would report to anybody else.
        onTree: async (path, index, args, options) => {
          const answer = await repository.onTree(path, index, args, options);
          if (args[0] !== 'add' || process.getuid?.() !== 0) return answer;
          await repository.onTree(path, index, ['rm', '-q', '--cached', 'locked.txt']);
          return { ...answer, code: 1 };
        },
      };
      await assert.rejects(commitWorktree(asUser, place, { message: 'm', trailers }), (error: unknown) => {
        assert.deepEqual((error as { context: Record<string, string> }).context['files'], 'locked.txt');
        return true;
      });
    });
  });

  describe('repositories inside the worktree', () => {
    it('are reported and left out, and the rest is committed', async () => {
      await mkdir(join(place.path, 'empty'));
      await git('init', '-q', 'empty');
      await sandbox.write(place.path, { 'empty/e.txt': 'e\n', 'n.txt': 'n\n', 'deep/er/full/f.txt': 'f\n' });
      const full = join(place.path, 'deep', 'er', 'full');
      await sandbox.git(full, 'init', '-q');
      await sandbox.git(full, 'add', '-A');
      await sandbox.git(full, 'commit', '-q', '-m', 'f');
      const made = await commit();
      assert.deepEqual(made.nested, ['deep/er/full', 'empty']);
      assert.equal(await git('ls-tree', '-r', '--name-only', 'HEAD'), '.gitignore\nREADME.md\nn.txt\nsrc/a.txt');
    });

    it('their files can be kept as plain files', async () => {
      await mkdir(join(place.path, 'outer'));
      await git('init', '-q', 'outer');
      await sandbox.write(place.path, { 'outer/o.txt': 'o\n', 'outer/inner/i.txt': 'i\n', 'n.txt': 'n\n' });
      await git('init', '-q', 'outer/inner');
      const { tree, nested } = await treeOf(repository, place, { nested: 'as-files' });
      assert.deepEqual(nested, ['outer']);
      assert.equal(
        await sandbox.git(main, 'ls-tree', '-r', '--name-only', tree),
        '.gitignore\nREADME.md\nn.txt\nouter/inner/i.txt\nouter/o.txt\nsrc/a.txt',
      );
    });

    it('that appear while the files are read stop the work, and nothing is committed', async () => {
      await sandbox.write(place.path, { 'n.txt': 'n\n' });
      const restless: Repository = {
        ...repository,
        onTree: async (path, index, args, options) => {
          const answer = await repository.onTree(path, index, args, options);
          return args[0] === 'add' ? { ...answer, code: 128 } : answer;
        },
      };
      await assert.rejects(treeOf(restless, place), { code: 'wrong-state' });
    });

    it('a folder of tracked files that becomes a repository stays what it is', async () => {
      await git('init', '-q', 'src');
      await sandbox.write(place.path, { 'src/a.txt': 'two\n' });
      await commit();
      assert.equal(await git('show', 'HEAD:src/a.txt'), 'two');
    });

    it('a submodule follows its HEAD, its dirt runs nothing, and deleting it deletes the link', async () => {
      const library = await sandbox.repository('library', { 'lib.txt': 'lib\n' });
      await sandbox.git(main, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
      await sandbox.git(main, 'commit', '-q', '-m', 'submodule');
      ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'sub' }));
      const inside = join(place.path, 'lib');
      await sandbox.git(inside, 'config', 'filter.evil.clean', `touch ${sandbox.path('PWNED')}; cat`);
      await sandbox.write(inside, { '.gitattributes': '* filter=evil\n', 'lib.txt': 'dirty\n' });
      assert.equal((await commit()).nothing, true);
      assert.equal(await exists(sandbox.path('PWNED')), false);
      await sandbox.git(inside, 'commit', '-q', '--allow-empty', '-m', 'ahead');
      const ahead = await sandbox.git(inside, 'rev-parse', 'HEAD');
      await commit({ trailers: { ...trailers, intent: 'i-3' } });
      assert.equal(await git('rev-parse', 'HEAD:lib'), ahead);
      await rm(inside, { recursive: true });
      await commit({ trailers: { ...trailers, intent: 'i-4' } });
      assert.equal(await git('ls-tree', '--name-only', 'HEAD', 'lib'), '');
    });
  });

  it('a sparse worktree loses nothing outside its directories, also after it moved to another commit', async () => {
    await sandbox.write(main, { 'docs/d.md': 'd\n', 'far/away.txt': '1\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'more');
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'sparse', sparse: ['docs'] }));
    await sandbox.write(main, { 'far/away.txt': '2\n', 'far/new.txt': 'n\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'far');
    await git('merge', '-q', '--ff-only', 'main');
    await sandbox.write(place.path, { 'docs/d.md': 'changed\n', 'outside/new.txt': 'n\n' });
    const made = await commit();
    assert.equal(!made.nothing && made.files, 2);
    assert.equal(await git('show', 'HEAD:far/away.txt', 'HEAD:far/new.txt'), '2\nn');
    assert.equal(await git('show', 'HEAD:outside/new.txt'), 'n');
    assert.equal(await git('status', '--porcelain'), '');
  });

  it('an empty worktree is committed as such', async () => {
    for (const name of ['README.md', 'src', '.gitignore']) await rm(join(place.path, name), { recursive: true });
    const made = await commit();
    assert.equal(made.tree, '4b825dc642cb6eb9a060e54bf8d69288fbee4904');
  });

  it('says when changed files name a filter that is off', async () => {
    await sandbox.write(place.path, { '.gitattributes': '*.key filter=git-crypt\n', 'a.key': 'secret\n' });
    const made = await commit();
    assert.match(made.warnings.join(), /1 changed file was committed without their filter \(git-crypt\)/);
  });

  it('line endings are converted as the repository says', async () => {
    await sandbox.write(place.path, { '.gitattributes': '*.txt text\n', 'crlf.txt': 'a\r\nb\r\n' });
    await commit();
    assert.equal(await git('cat-file', 'blob', 'HEAD:crlf.txt'), 'a\nb');
  });

  describe('treeOf and changesSince', () => {
    it('change nothing and count everything since a commit', async () => {
      await sandbox.write(place.path, { 'agent.txt': 'a\n' });
      await git('add', '-A');
      await git('commit', '-q', '-m', 'agent');
      await sandbox.write(place.path, { 'more.txt': 'm\nn\n', 'src/a.txt': 'two\n' });
      await writeFile(join(place.path, 'b.bin'), Buffer.from([0, 1, 2, 0, 255]));
      const index = await readFile(join(place.admin, 'index'));
      const refs = await sandbox.git(main, 'for-each-ref');
      const changes = await changesSince(repository, place, place.baseCommit, { limit: 2 });
      assert.deepEqual([changes.files, changes.insertions, changes.deletions], [4, 4, 1]);
      assert.deepEqual(changes.paths, [
        { path: 'agent.txt', kind: 'added', insertions: 1, deletions: 0 },
        { path: 'b.bin', kind: 'added', insertions: undefined, deletions: undefined },
      ]);
      assert.deepEqual(await readFile(join(place.admin, 'index')), index);
      assert.equal(await sandbox.git(main, 'for-each-ref'), refs);
    });

    it('agree with `git add -A` over a mixed set of changes', async () => {
      await sandbox.write(place.path, {
        'd/x.txt': 'x\n',
        'd/y.txt': 'y\n',
        'odd\nname': 'o\n',
        '-dash': 'd\n',
        ':colon': 'c\n',
      });
      await git('add', '-A');
      await git('commit', '-q', '-m', 'more');
      await rm(join(place.path, 'd'), { recursive: true });
      await writeFile(join(place.path, 'd'), 'a file now\n');
      await rm(join(place.path, 'README.md'));
      await sandbox.write(place.path, { 'README.md/deep.txt': 'a folder now\n' });
      await chmod(join(place.path, 'src/a.txt'), 0o755);
      const { tree } = await treeOf(repository, place);
      await git('add', '-A');
      assert.equal(await git('write-tree'), tree);
    });

    it('survive a lock that a killed git of ours left', async () => {
      await treeOf(repository, place);
      const [index = ''] = await readdir(join(repository.privateDir, 'index'));
      await writeFile(join(repository.privateDir, 'index', `${index}.lock`), '');
      await treeOf(repository, place);
    });

    it('survive the loss of our folder', async () => {
      await rm(repository.privateDir, { recursive: true });
      repository = await sandbox.open(main);
      assert.equal((await treeOf(repository, place)).tree, await git('rev-parse', 'HEAD^{tree}'));
    });
  });
});
