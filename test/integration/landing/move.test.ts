import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../../../src/git/repository.ts';
import { checkoutOf } from '../../../src/git/landing-checkout.ts';
import { moveBranch, settleMove, type Move } from '../../../src/git/landing-move.ts';
import { takeFilesBack } from '../../../src/git/landing-undo.ts';
import { exists, Sandbox } from '../git/support.ts';

describe('moving a branch with the checkout that is on it', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let move: Move;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', {
      'a.txt': 'a\n',
      'b.txt': 'b\n',
      'gone.txt': 'gone\n',
      'dir/in.txt': 'in\n',
      '.gitignore': '*.local\n',
    });
    await sandbox.git(main, 'switch', '-q', '-c', 'work');
    await sandbox.write(main, { 'a.txt': 'A\n', 'new/deep/n.txt': 'n\n' });
    await sandbox.git(main, 'rm', '-q', 'gone.txt', 'dir/in.txt');
    await writeFile(join(main, 'dir'), 'a file now\n');
    await symlink('a.txt', join(main, 'link'));
    await chmod(join(main, 'b.txt'), 0o755);
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'work');
    const to = await sandbox.git(main, 'rev-parse', 'HEAD');
    await sandbox.git(main, 'switch', '-q', 'main');
    const from = await sandbox.git(main, 'rev-parse', 'HEAD');
    repository = await sandbox.open(main);
    move = { branch: 'main', from, to, checkout: { path: main, admin: join(main, '.git') } };
  });

  afterEach(() => sandbox.clean());

  const git = (...args: string[]) => sandbox.git(main, ...args);
  const clean = async (at: string): Promise<void> => {
    assert.equal(await git('rev-parse', 'main'), at);
    assert.equal(await git('status', '--porcelain'), '');
    assert.equal(await exists(join(main, '.git', 'index.lock')), false);
    assert.equal(await exists(join(main, '.git', 'coppice-landing')), false);
    await git('fsck', '--strict');
  };

  it('brings files, modes, links and folders along, and back again', async () => {
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    await clean(move.to);
    assert.equal(await readFile(join(main, 'dir'), 'utf8'), 'a file now\n');
    assert.equal(await exists(join(main, 'gone.txt')), false);
    assert.deepEqual(await moveBranch(repository, { ...move, from: move.to, to: move.from }), { kind: 'moved' });
    await clean(move.from);
    assert.equal(await readFile(join(main, 'dir', 'in.txt'), 'utf8'), 'in\n');
    assert.equal(await exists(join(main, 'new')), false);
  });

  it('goes through where the index is split in two', async () => {
    await git('update-index', '--split-index');
    await writeFile(join(main, 'b.txt'), 'b2\n');
    await git('add', 'b.txt');
    await writeFile(join(main, 'b.txt'), 'b\n');
    await git('add', 'b.txt');
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    await clean(move.to);
  });

  it('leaves a file away that a person has left away, also when the move is taken back', async () => {
    await git('update-index', '--skip-worktree', 'a.txt');
    await rm(join(main, 'a.txt'));
    await takeFilesBack(repository, { path: main, admin: join(main, '.git') }, move);
    assert.equal(await exists(join(main, 'a.txt')), false);
    assert.equal(await git('status', '--porcelain'), '');
  });

  it('leaves what a person has under a name that is no text', async () => {
    const name = Buffer.from('caf\xe9', 'latin1');
    const path = Buffer.concat([Buffer.from(`${main}/`), name]);
    await git('switch', '-q', 'work');
    await writeFile(path, 'theirs\n');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'more');
    const to = await git('rev-parse', 'HEAD');
    await git('switch', '-q', 'main');
    await sandbox.write(main, { '.git/info/exclude': 'caf*\n' });
    await writeFile(path, 'mine\n');
    assert.equal((await moveBranch(repository, { ...move, to })).kind, 'held');
    await takeFilesBack(repository, { path: main, admin: join(main, '.git') }, { from: to, to: move.from });
    assert.equal(await readFile(path, 'utf8'), 'mine\n');
  });

  it('leaves what git does not know where it is', async () => {
    await sandbox.write(main, { 'mine.txt': 'mine\n', 'new/mine.local': 'mine\n' });
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    assert.equal(await git('status', '--porcelain'), '?? mine.txt');
    assert.equal(await readFile(join(main, 'new', 'mine.local'), 'utf8'), 'mine\n');
  });

  it('finds the checkout of a branch, and none of a branch that nobody is on', async () => {
    assert.deepEqual(await checkoutOf(repository, 'main'), { kind: 'one', checkout: move.checkout });
    assert.deepEqual(await checkoutOf(repository, 'work'), { kind: 'none' });
    const outcome = await moveBranch(repository, { branch: 'work', from: move.to, to: move.from, checkout: null });
    assert.deepEqual(outcome, { kind: 'moved' });
    assert.equal(await git('rev-parse', 'work'), move.from);
  });

  describe('waits, with the reason, and changes nothing', () => {
    async function held(why: RegExp): Promise<void> {
      const before = await git('status', '--porcelain', '--ignored');
      const outcome = await moveBranch(repository, move);
      assert.match(outcome.kind === 'held' ? outcome.why : outcome.kind, why);
      assert.equal(await git('status', '--porcelain', '--ignored'), before);
      assert.equal(await git('rev-parse', 'main'), move.from);
      assert.equal(await exists(join(main, '.git', 'coppice-landing')), false);
    }

    it('for a changed file, also one that the landing does not touch', async () => {
      await writeFile(join(main, '.gitignore'), 'changed\n');
      await held(/not committed: \.gitignore/);
    });

    it('for a change of the same size with its time put back', async () => {
      await git('update-index', '--refresh');
      await sandbox.git(main, 'config', 'core.trustctime', 'false');
      await writeFile(join(main, 'a.txt'), 'x\n');
      await held(/not committed: a\.txt/);
    });

    for (const mark of ['--assume-unchanged', '--skip-worktree']) {
      it(`for a change that a person hides from git (${mark}), also one that looks like a write cut short`, async () => {
        await git('update-index', mark, 'a.txt');
        await writeFile(join(main, 'a.txt'), '');
        await held(/hidden from git .*: a\.txt/);
        assert.equal(await readFile(join(main, 'a.txt'), 'utf8'), '');
      });

      it(`for a file that a person hides from git (${mark}) and that was only touched, and claims no change of it`, async () => {
        await git('update-index', mark, 'a.txt');
        await utimes(join(main, 'a.txt'), 1_000_000_000, 1_000_000_000);
        await held(/hidden from git .* changed or touched: a\.txt/);
      });
    }

    it('for a staged file', async () => {
      await writeFile(join(main, 'staged.txt'), 's\n');
      await git('add', 'staged.txt');
      await held(/staged: staged\.txt/);
    });

    it('for a file that git does not know where the landing writes', async () => {
      await sandbox.write(main, { 'new/deep/n.txt': 'mine\n' });
      await held(/new\/deep\/n\.txt of .* would be overwritten/);
    });

    it('for an ignored file where the landing writes, which git alone would overwrite', async () => {
      await sandbox.write(main, { '.git/info/exclude': 'new/\n' });
      await sandbox.write(main, { 'new/deep/n.txt': 'mine\n' });
      await held(/would be overwritten/);
    });

    it('for a file where the landing needs a folder', async () => {
      await writeFile(join(main, 'new'), 'mine\n');
      await held(/new of .* would be overwritten/);
    });

    it('for a merge under way', async () => {
      await writeFile(join(main, '.git', 'MERGE_HEAD'), `${move.to}\n`);
      await held(/A merge is under way/);
    });

    it('for a checkout that was switched meanwhile', async () => {
      await git('switch', '-q', '-c', 'other');
      await held(/is not on main any more/);
    });
  });

  it('waits for a git that holds the lock, and leaves its lock', async () => {
    await writeFile(join(main, '.git', 'index.lock'), 'somebody\n');
    const outcome = await moveBranch(repository, move);
    assert.match(outcome.kind === 'held' ? outcome.why : '', /A git command is running/);
    assert.equal(await readFile(join(main, '.git', 'index.lock'), 'utf8'), 'somebody\n');
    assert.equal(await exists(join(main, '.git', 'coppice-landing')), false);
  });

  it('can be done after a git that brought the files along was killed and left its lock on our index', async () => {
    const once = sandbox.path('once');
    await sandbox.gitInFront(`case " $* " in *' read-tree -m -u '*)
  if mkdir '${once}' 2>/dev/null; then touch "$GIT_INDEX_FILE.lock"; kill -9 $$; fi ;;
esac`);
    repository = await sandbox.open(main);
    await assert.rejects(moveBranch(repository, move), { code: 'git-failed' });
    assert.equal(await exists(once), true);
    assert.equal(await settleMove(repository, move), 'not-moved');
    await clean(move.from);
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    await clean(move.to);
    assert.deepEqual(await readdir(join(repository.privateDir, 'index')), []);
  });

  it('keeps the lock of the checkout for as long as gits are killed, also those that take the files back', async () => {
    const [written, ...others] = ['read-tree -m -u', 'diff-tree', 'diff-files', 'checkout-index'].map(
      (words, index) => `*' ${words} '*) mkdir '${sandbox.path(String(index))}' && "$real" "$@" && kill -9 $$;;`,
    );
    // Each is killed once, when it has done what it is called for: the files are written, and nobody has heard of it.
    await sandbox.gitInFront(`exec 3>&2 2>/dev/null
case " $* " in ${written ?? ''} esac
if [ -e '${sandbox.path('0')}' ]; then case " $* " in ${others.join(' ')} esac; fi
exec 2>&3`);
    repository = await sandbox.open(main);
    await assert.rejects(moveBranch(repository, move), { code: 'git-failed' });
    assert.equal(await exists(join(main, 'new', 'deep', 'n.txt')), true);
    for (let failed = 0; failed < others.length; failed += 1) {
      assert.equal(await exists(join(main, '.git', 'index.lock')), true);
      await assert.rejects(settleMove(repository, move), { code: 'git-failed' });
    }
    assert.equal(await settleMove(repository, move), 'not-moved');
    await clean(move.from);
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    await clean(move.to);
  });

  it('is overtaken by a branch that moved, before and after the files were brought along', async () => {
    await git('commit', '-q', '--allow-empty', '-m', 'meanwhile');
    assert.deepEqual(await moveBranch(repository, move), { kind: 'overtaken' });
    assert.equal(await git('status', '--porcelain'), '');
    await git('reset', '-q', '--hard', move.from);
    let moved = '';
    const late: Repository = {
      ...repository,
      run: async (args, options) => {
        if (args[0] === 'update-ref' && moved === '') {
          moved = await git('commit-tree', '-p', move.from, '-m', 'late', `${move.from}^{tree}`);
          await git('update-ref', 'refs/heads/main', moved);
        }
        return repository.run(args, options);
      },
    };
    assert.deepEqual(await moveBranch(late, move), { kind: 'overtaken' });
    await clean(moved);
  });

  describe('after a kill', () => {
    /** As a killed engine left it: its lock, and some of the files. */
    async function begun(files: 'none' | 'some' | 'all'): Promise<void> {
      const copy = join(main, '.git', 'coppice-landing');
      await writeFile(copy, await readFile(join(main, '.git', 'index')));
      await sandbox.git(main, 'status', '--porcelain');
      const { link } = await import('node:fs/promises');
      await link(copy, join(main, '.git', 'index.lock'));
      if (files === 'none') return;
      await writeFile(join(main, 'a.txt'), 'A\n');
      await unlink(join(main, 'gone.txt'));
      await mkdir(join(main, 'new', 'deep'), { recursive: true });
      await writeFile(join(main, 'new', 'deep', 'n.txt'), '');
      if (files === 'some') return;
      await rm(join(main, 'dir'), { recursive: true });
      await writeFile(join(main, 'dir'), 'a file now\n');
      await symlink('a.txt', join(main, 'link'));
      await chmod(join(main, 'b.txt'), 0o755);
      await writeFile(join(main, 'new', 'deep', 'n.txt'), 'n\n');
    }

    for (const files of ['none', 'some', 'all'] as const) {
      it(`with ${files} of the files written, the checkout goes back to the branch`, async () => {
        await begun(files);
        assert.equal(await settleMove(repository, move), 'not-moved');
        await clean(move.from);
        assert.equal(await settleMove(repository, move), 'not-moved');
        assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
        await clean(move.to);
      });
    }

    it('with the branch moved, the index follows', async () => {
      await begun('all');
      await git('update-ref', 'refs/heads/main', move.to);
      assert.equal(await settleMove(repository, move), 'moved');
      await clean(move.to);
    });

    it('what a person wrote meanwhile stays', async () => {
      await begun('all');
      await writeFile(join(main, 'a.txt'), 'edited by a person\n');
      await writeFile(join(main, 'new', 'deep', 'n.txt'), 'edited too\n');
      assert.equal(await settleMove(repository, move), 'not-moved');
      assert.equal(await readFile(join(main, 'a.txt'), 'utf8'), 'edited by a person\n');
      assert.equal(await git('status', '--porcelain'), ' M a.txt\n?? new/');
      assert.equal(await exists(join(main, '.git', 'index.lock')), false);
    });

    it('a lock of somebody else stays', async () => {
      await writeFile(join(main, '.git', 'coppice-landing'), await readFile(join(main, '.git', 'index')));
      await writeFile(join(main, '.git', 'index.lock'), 'somebody\n');
      assert.equal(await settleMove(repository, move), 'not-moved');
      assert.equal(await readFile(join(main, '.git', 'index.lock'), 'utf8'), 'somebody\n');
      assert.equal(await exists(join(main, '.git', 'coppice-landing')), false);
    });
  });
});
