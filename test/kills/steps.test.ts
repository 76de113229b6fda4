import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Place } from '../../src/core/session/state.ts';
import { checkpointRef, takeCheckpoint } from '../../src/git/checkpoint.ts';
import { cleanupWorktrees } from '../../src/git/cleanup.ts';
import { createWorktree } from '../../src/git/create.ts';
import { moveBranch, settleMove, type Move } from '../../src/git/landing-move.ts';
import { dropSlot, isIntact, listSlots, makeSlot, refreshSlot } from '../../src/git/pool.ts';
import { removeWorktree } from '../../src/git/removal.ts';
import type { Repository } from '../../src/git/repository.ts';
import { movesBetweenStates, moveFiles } from '../../src/git/restore.ts';
import { returnWorktree } from '../../src/git/return.ts';
import { treeOf } from '../../src/git/tree.ts';
import { listWorktrees, probeWorktree } from '../../src/git/worktrees.ts';
import { atEveryStep, type Attempted } from '../integration/git/every-step.ts';
import { exists, Sandbox } from '../integration/git/support.ts';
import { killed, tally } from '../support/engine/tally.ts';

const now = 1_800_000_000_000;

/** Every crash is at another step, so the same ones come in each run: no chance is in it. */
describe('an engine that dies before any step of its work with git', function () {
  this.timeout(360_000);
  let sandbox: Sandbox;
  let main: string;

  before(async () => (sandbox = await Sandbox.make()));
  after(async () => sandbox.clean());
  after(() => process.stdout.write(`      ${tally()}\n`));
  beforeEach(async () => {
    await sandbox.renew();
    main = await sandbox.repository('project', {
      'README.md': 'hello\n',
      'src/a.txt': 'one\n',
      '.gitignore': '*.local\n',
    });
  });

  const git = (...args: string[]): Promise<string> => sandbox.git(main, ...args);
  const open = (): Promise<Repository> => sandbox.open(main);

  async function atEvery(what: string, work: Omit<Attempted, 'main'>): Promise<void> {
    killed(`before a step of ${what}`, await atEveryStep(sandbox, { main, ...work }));
  }

  /** A second commit on `main`. */
  async function goOn(): Promise<string> {
    await sandbox.write(main, { 'src/a.txt': 'two\n', 'src/b.txt': 'b\n' });
    await git('add', '-A');
    await git('commit', '-q', '-m', 'second');
    return git('rev-parse', 'main');
  }

  async function inPlace(slug = 'x'): Promise<Place> {
    return (await createWorktree(await open(), { root: sandbox.root, slug, include: false })).place;
  }

  /** Nothing is left that belongs to nobody: worktrees, folders, entries, notes of what was being made. */
  async function tidy(repository: Repository, worktrees: number, at: string): Promise<void> {
    const { kept, orphans } = await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
    assert.deepEqual([kept, orphans], [[], []], at);
    assert.equal((await listWorktrees(repository)).length, worktrees, at);
    assert.equal(await git('worktree', 'prune', '-n'), '', at);
  }

  describe('the claim of a warm worktree', () => {
    const claims = {
      'as it is, on a new branch': { moved: false, existed: false },
      'as it is, on a branch that exists': { moved: false, existed: true },
      'at another commit, on a new branch': { moved: true, existed: false },
      'at another commit, on a branch that exists': { moved: true, existed: true },
    };
    for (const [name, { moved, existed }] of Object.entries(claims)) {
      it(`${name}: the next attempt makes it whole, and a slot is never half a worktree`, async () => {
        const first = await git('rev-parse', 'main');
        const tip = moved ? await goOn() : first;
        if (existed) await git('branch', 'feature/x');
        const create = (repository: Repository) =>
          createWorktree(repository, { root: sandbox.root, slug: 'x', include: false, pool: true });
        await atEvery('a claim', {
          arrange: (repository) => makeSlot(repository, { root: sandbox.root, commit: first, sparse: [] }),
          attempt: create,
          check: async (at, limit) => {
            const repository = await open();
            const path = join(sandbox.root, `project-${repository.location.id.slice(0, 8)}`, 'x');
            if (limit % 2 === 0) await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
            const probe = await probeWorktree(repository, { path });
            const place = probe.state === 'ready' ? probe.place : (await create(repository)).place;
            assert.ok(place !== undefined, at);
            assert.equal(await sandbox.git(path, 'status', '--porcelain', '--branch', '--ignored'), '## feature/x', at);
            assert.equal(await git('rev-parse', 'feature/x'), tip, at);
            assert.equal(await readFile(join(path, 'src/a.txt'), 'utf8'), moved ? 'two\n' : 'one\n', at);
            const slots = await listSlots(repository);
            for (const slot of slots) if (!(await isIntact(slot))) await dropSlot(repository, slot);
            await tidy(repository, 2 + (await listSlots(repository)).length, at);
          },
          atLeast: 8,
        });
      });
    }

    it('which is being made or refreshed: it is usable or dropped, and nothing of it stays', async () => {
      const commit = await git('rev-parse', 'main');
      const make = (repository: Repository) => makeSlot(repository, { root: sandbox.root, commit, sparse: [] });
      const usable = async (at: string): Promise<void> => {
        const repository = await open();
        await cleanupWorktrees(repository, { root: sandbox.root, known: [], now });
        for (const slot of await listSlots(repository)) {
          if (await isIntact(slot)) assert.equal(await sandbox.git(slot.path, 'status', '--porcelain'), '', at);
          else await dropSlot(repository, slot);
        }
        await tidy(repository, 1 + (await listSlots(repository)).length, at);
      };
      await atEvery('the making of a slot', { attempt: make, check: usable, atLeast: 8 });
      const next = await goOn();
      await atEvery('the refreshing of a slot', {
        arrange: make,
        attempt: async (repository) => {
          for (const slot of await listSlots(repository)) await refreshSlot(repository, slot, next);
        },
        check: usable,
        atLeast: 4,
      });
    });
  });

  it('a checkpoint: taken again under its key there is one, with all files', async () => {
    const place = await inPlace();
    await sandbox.write(place.path, { 'new.txt': 'n\n', 'src/a.txt': 'two\n', 'x.local': 'ignored\n' });
    await sandbox.write(place.path, { 'mixed.txt': 'a\r\nb\n', '.gitattributes': '* text=auto\n' });
    const take = (repository: Repository) => takeCheckpoint(repository, place, { session: 's', n: 0, intent: 'i' });
    await atEvery('a checkpoint', {
      attempt: take,
      check: async (at) => {
        const { commit, tree, exact } = await take(await open());
        assert.equal(await git('rev-parse', checkpointRef('s', 0), `${commit}^{tree}`), `${commit}\n${tree}`, at);
        const names = await git('ls-tree', '-r', '--name-only', commit);
        assert.deepEqual(
          names.split('\n'),
          ['.gitattributes', '.gitignore', 'README.md', 'mixed.txt', 'new.txt', 'src/a.txt'],
          at,
        );
        assert.equal(await git('show', `${exact?.commit ?? ''}:mixed.txt`), 'a\r\nb', at);
        assert.equal(await sandbox.git(place.path, 'diff', '--cached', '--name-only'), '', at);
      },
      atLeast: 4,
    });
  });

  it('a rollback: done again the files are exactly those of the checkpoint, and others are not touched', async () => {
    const place = await inPlace();
    await sandbox.write(place.path, { 'dir/one.txt': '1\n', 'kept.txt': 'k\n' });
    const wanted = await treeOf(await open(), place);
    await rm(join(place.path, 'dir'), { recursive: true });
    await sandbox.write(place.path, {
      dir: 'a file\n',
      'src/a.txt': 'two\n',
      'more/deep/new.txt': 'n\n',
      'mine.local': 'm\n',
    });
    const moves = await movesBetweenStates(await open(), await treeOf(await open(), place), wanted);
    const roll = (repository: Repository): Promise<void> => moveFiles(repository, place, moves);
    await atEvery('a rollback', {
      attempt: roll,
      check: async (at) => {
        const repository = await open();
        await roll(repository);
        assert.equal((await treeOf(repository, place)).tree, wanted.tree, at);
        assert.equal(await readFile(join(place.path, 'mine.local'), 'utf8'), 'm\n', at);
        assert.deepEqual(
          (await readdir(join(place.path))).filter((name) => name.endsWith('.tmp')),
          [],
          at,
        );
        assert.equal(await exists(join(place.path, 'more')), false, at);
      },
      atLeast: 4,
    });
  });

  it('a landing: settled, the parent is where it was or where it goes to, clean; then it lands', async () => {
    await git('switch', '-q', '-c', 'work');
    await goOn();
    await git('rm', '-q', 'README.md');
    await sandbox.write(main, { 'new/deep/n.txt': 'n\n' });
    await git('add', '-A');
    await git('commit', '-q', '-m', 'third');
    const tip = await git('rev-parse', 'work');
    await git('switch', '-q', 'main');
    const move: Move = {
      ...{ branch: 'main', from: await git('rev-parse', 'main'), to: tip },
      checkout: { path: main, admin: join(main, '.git') },
    };
    const clean = async (commit: string, at: string): Promise<void> => {
      assert.equal(await git('rev-parse', 'main'), commit, at);
      assert.equal(await git('status', '--porcelain'), '', at);
      const left = (await readdir(join(main, '.git'))).filter((name) => /coppice-landing|index\.lock/.test(name));
      assert.deepEqual(left, [], at);
    };
    await atEvery('a landing', {
      attempt: (repository) => moveBranch(repository, move),
      check: async (at, limit) => {
        const repository = await open();
        const moved = (await settleMove(repository, move)) === 'moved';
        await clean(moved ? move.to : move.from, at);
        if (!moved) assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' }, at);
        await clean(move.to, at);
        if (limit % 3 === 0) {
          assert.deepEqual(await moveBranch(repository, { ...move, from: move.to, to: move.from }), { kind: 'moved' });
          await clean(move.from, at);
        }
      },
      atLeast: 8,
    });
  });

  it('a clean-up: what it had begun to remove the next one tells, and it comes back as it was', async () => {
    const place = await inPlace();
    await sandbox.write(place.path, { 'notes.local': 'local\n', 'src/a.txt': 'two\n' });
    await sandbox.git(place.path, 'commit', '-q', '-am', 'work');
    await git('merge', '-q', '--squash', place.branch);
    await git('commit', '-q', '-m', 'landed');
    const known = [{ place, session: 's', since: now, active: false, ended: 'done' as const, endedAt: now }];
    const clean = (repository: Repository) => cleanupWorktrees(repository, { root: sandbox.root, known, now: now + 1 });
    await atEvery('a clean-up', {
      attempt: clean,
      check: async (at) => {
        const repository = await open();
        // The folder of worktrees is another one by now.
        const root = sandbox.path('elsewhere');
        const { removed } = await cleanupWorktrees(repository, { root, known, now: now + 2 });
        const { saved, trash } = removed[0]?.removal ?? assert.fail(`nothing is told: ${at}`);
        assert.equal(await exists(place.path), false, at);
        await returnWorktree(repository, place, { root, trash, kept: saved.ref });
        assert.equal(await sandbox.git(place.path, 'status', '--porcelain', '--branch'), '## feature/x', at);
        assert.equal(await readFile(join(place.path, 'notes.local'), 'utf8'), 'local\n', at);
        await tidy(repository, 2, at);
      },
      atLeast: 6,
    });
  });

  it('a removed worktree that comes back: brought back again it is as it was', async () => {
    const place = await inPlace();
    await sandbox.write(place.path, { 'untracked.txt': 'u\n', 'src/a.txt': 'changed\n', 'notes.local': 'local\n' });
    const removed = await removeWorktree(await open(), place, {
      ...{ root: sandbox.root, session: 's', now, despite: ['changes' as const] },
    });
    const kept = removed.saved.ref;
    const bring = (repository: Repository, trash: string | undefined) =>
      returnWorktree(repository, place, { root: sandbox.root, kept, ...(trash === undefined ? {} : { trash }) });
    const asItWas = async (repository: Repository, at: string, ignored: boolean): Promise<void> => {
      const status = await sandbox.git(place.path, 'status', '--porcelain', '--branch');
      assert.equal(status, '## feature/x\n M src/a.txt\n?? untracked.txt', at);
      assert.equal(await readFile(join(place.path, 'src/a.txt'), 'utf8'), 'changed\n', at);
      assert.equal(await exists(join(place.path, 'notes.local')), ignored, at);
      await tidy(repository, 2, at);
    };
    for (const trash of [removed.trash, undefined]) {
      await atEvery(trash === undefined ? 'a return from git' : 'a return from the trash', {
        attempt: (repository) => bring(repository, trash),
        check: async (at) => {
          const repository = await open();
          await bring(repository, trash);
          await asItWas(repository, at, trash !== undefined);
        },
        atLeast: 3,
      });
      await rm(dirname(place.path), { recursive: true, force: true });
    }
  });
});
