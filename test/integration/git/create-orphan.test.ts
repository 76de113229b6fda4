import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createWorktree } from '../../../src/git/create.ts';
import { worktreePath } from '../../../src/git/names.ts';
import { writeFirstNote } from '../../../src/git/notes.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { Sandbox } from './support.ts';

/** A git in front of the real one: just before the first call with these words, somebody else adds the very worktree. */
const late = `#!/bin/sh
real='REAL'
case " $* " in *' WORDS'*)
  if mkdir 'ONCE' 2>/dev/null; then
    (unset GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR
    "$real" -C 'MAIN' worktree add --quiet --no-checkout --no-track -b feature/x 'PATH_OF_IT') || exit 1
  fi
  ;;
esac
exec "$real" "$@"
`;

describe('a worktree that is also added by a git which outlived its engine', () => {
  let sandbox: Sandbox;
  let main: string;
  let path: string;
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    // With this our engine leaves the entry to git, and there is a git to be late for.
    await sandbox.git(main, 'config', 'core.sharedRepository', 'umask');
  });
  afterEach(async () => {
    await sandbox.clean();
  });

  async function withLateGit(words: string): Promise<Repository> {
    path = worktreePath(sandbox.root, await sandbox.open(main), 'x');
    const bin = sandbox.path('bin');
    await mkdir(bin);
    const { stdout } = await promisify(execFile)('which', ['git']);
    const values = { REAL: stdout.trim(), WORDS: words, ONCE: sandbox.path('once'), MAIN: main, PATH_OF_IT: path };
    const script = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), late);
    await writeFile(join(bin, 'git'), script, { mode: 0o755 });
    sandbox.env['PATH'] = `${bin}${delimiter}${sandbox.env['PATH'] ?? ''}`;
    return sandbox.open(main);
  }

  /** What an engine that was killed leaves: its note, and a git that has not done anything yet. */
  async function begunBefore(): Promise<void> {
    const commit = await sandbox.git(main, 'rev-parse', 'HEAD');
    await mkdir(join(path, '..'), { recursive: true });
    await writeFirstNote({
      v: 1,
      state: 'making',
      place: {
        path,
        slug: 'x',
        branch: 'feature/x',
        base: 'main',
        baseCommit: commit,
        admin: '',
        common: join(main, '.git'),
        origin: 'created',
      },
      branchExisted: false,
      by: sandbox.owner.mark,
      device: (await stat(join(path, '..'))).dev,
    });
    sandbox.laterEngine();
  }

  it('is made once, whole and as if nothing had been there', async () => {
    const repository = await withLateGit('worktree add ');
    await begunBefore();
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    assert.equal(place.path, path);
    assert.equal(place.origin, 'created');
    assert.equal(await sandbox.git(path, 'status', '--porcelain'), '');
    assert.equal((await sandbox.git(main, 'worktree', 'list')).split('\n').length, 2);
    assert.deepEqual(await readdir(join(path, '..')), ['x'], 'nothing is left beside it');
    assert.deepEqual(await readdir(join(main, '.git', 'worktrees')), ['x']);
  });

  it('is rid of what an engine that was killed while it took it back had renamed aside', async () => {
    const repository = await withLateGit('worktree add ');
    await begunBefore();
    const others = ['.unfinished-x-0123456789ab', '.unfinished-x-y-0123456789ab'];
    for (const name of others) {
      await mkdir(join(path, '..', name));
      await writeFile(join(path, '..', name, 'file'), 'half made');
    }
    await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    assert.deepEqual((await readdir(join(path, '..'))).sort(), ['.unfinished-x-y-0123456789ab', 'x']);
  });

  it('is left alone when no engine of ours had begun it', async () => {
    const repository = await sandbox.open(main);
    path = worktreePath(sandbox.root, repository, 'x');
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'feature/x', path);
    await assert.rejects(createWorktree(repository, { root: sandbox.root, slug: 'x' }), (error) =>
      isCoppiceError(error, 'path-in-the-way'),
    );
    assert.equal((await sandbox.git(main, 'worktree', 'list')).split('\n').length, 2);
  });
});
