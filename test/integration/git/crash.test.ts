import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { cleanupWorktrees } from '../../../src/git/cleanup.ts';
import { commitWorktree } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { removeWorktree } from '../../../src/git/removal.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';
import { listWorktrees, probeWorktree } from '../../../src/git/worktrees.ts';
import { atEveryStep } from './every-step.ts';
import { exists, Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const trailers = { task: 't', session: 's-1', intent: 'i-1' };

/** Each test tries its work with a crash before every one of its steps in turn, until it gets through. */
describe('crash at every step', function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let main: string;

  before(async () => (sandbox = await Sandbox.make()));
  after(async () => sandbox.clean());

  beforeEach(async () => {
    await sandbox.renew();
    main = await sandbox.repository('project', {
      'README.md': 'hello\n',
      'src/a.txt': 'one\n',
      '.gitignore': '.env\n',
      '.worktreeinclude': '.env\n',
    });
    await sandbox.write(main, { '.env': 'A=1\n' });
  });

  async function tidy(repository: Repository, worktrees: number, at: string): Promise<void> {
    const { kept, orphans } = await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
    assert.deepEqual([kept, orphans], [[], []], at);
    assert.deepEqual(await readdir(join(main, '.git', 'coppice', 'trash')).catch(() => []), [], at);
    assert.equal((await listWorktrees(repository)).length, worktrees, at);
    assert.equal(await sandbox.git(main, 'worktree', 'prune', '-n'), '', at);
  }

  it('of createWorktree: the next attempt makes it whole, and a clean-up instead leaves nothing', async () => {
    const make = (repository: Repository) => createWorktree(repository, { root: sandbox.root, slug: 'x' });
    const retried = async (repository: Repository, path: string, at: string): Promise<void> => {
      const probe = await probeWorktree(repository, { path });
      assert.notEqual(probe.state, 'foreign', at);
      const place = probe.place ?? (await make(repository)).place;
      assert.equal(place.origin, 'created', at);
      assert.equal(await sandbox.git(place.path, 'status', '--porcelain', '--branch'), '## feature/x', at);
      assert.equal(await readFile(join(place.path, '.env'), 'utf8'), 'A=1\n', at);
      await tidy(repository, 2, at);
    };
    await atEveryStep(sandbox, {
      main,
      attempt: make,
      check: async (at, limit) => {
        const repository = await sandbox.open(main);
        const path = join(sandbox.root, `project-${repository.location.id.slice(0, 8)}`, 'x');
        if (limit % 2 === 0) {
          await retried(repository, path, at);
          return;
        }
        await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
        if ((await probeWorktree(repository, { path })).state === 'ready') return;
        assert.equal(await exists(path), false, at);
        assert.equal(await sandbox.git(main, 'branch', '--list', 'feature/*'), '', at);
        await retried(repository, path, at);
      },
      atLeast: 15,
    });
  });

  it('of commitWorktree: the next attempt leaves exactly one commit', async () => {
    const { place } = await createWorktree(await sandbox.open(main), { root: sandbox.root, slug: 'x' });
    await sandbox.write(place.path, { 'new.txt': 'n\n', 'src/a.txt': 'two\n' });
    const commit = (repository: Repository) => commitWorktree(repository, place, { message: 'work', trailers });
    await atEveryStep(sandbox, {
      main,
      attempt: commit,
      check: async (at) => {
        await commit(await sandbox.open(main));
        assert.equal(await sandbox.git(place.path, 'rev-list', '--count', 'main..feature/x'), '1', at);
        assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '', at);
        assert.equal(
          await sandbox.git(place.path, 'diff', '--name-only', 'main', 'feature/x'),
          'new.txt\nsrc/a.txt',
          at,
        );
      },
      atLeast: 10,
    });
  });

  it('of removal and sweep: at no point is anything lost, and a repetition finishes it', async () => {
    const made: Place = (
      await createWorktree(await sandbox.open(main), { root: sandbox.root, slug: 'x', include: false })
    ).place;
    await sandbox.write(made.path, { 'untracked.txt': 'u\n', 'src/a.txt': 'changed\n' });
    const remove = async (repository: Repository): Promise<void> => {
      const options = { root: sandbox.root, session: 's-1', now, despite: ['changes' as const] };
      if (await exists(made.path)) await removeWorktree(repository, made, options);
      await sweepTrash(repository, sandbox.root, { now: now + 1, pauseMs: 0 });
    };
    await atEveryStep(sandbox, {
      main,
      attempt: remove,
      check: async (at, limit) => {
        const repository = await sandbox.open(main);
        const kept = async (): Promise<void> => {
          const show = ['show', 'refs/coppice/s-1/final:untracked.txt', 'refs/coppice/s-1/final:src/a.txt'];
          assert.equal(await sandbox.git(main, ...show), 'u\nchanged', at);
        };
        if (!(await exists(join(made.path, 'untracked.txt')))) await kept();
        if (limit % 2 === 0) await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
        await remove(repository);
        assert.equal(await exists(made.path), false, at);
        await kept();
        await tidy(repository, 1, at);
      },
      atLeast: 20,
    });
  });
});
