import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { cleanupWorktrees, type KnownWorktree } from '../../../src/git/cleanup.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { acquireLease, releaseLease } from '../../../src/git/lease.ts';
import { worktreesFolder } from '../../../src/git/names.ts';
import { keepFailedMs } from '../../../src/git/policy.ts';
import { removeWorktree, type RemovalOptions } from '../../../src/git/removal.ts';
import { removalFacts } from '../../../src/git/removal-facts.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { returnWorktree } from '../../../src/git/return.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';
import { listTrash } from '../../../src/git/trash.ts';
import { listWorktrees } from '../../../src/git/worktrees.ts';
import { exists, Sandbox } from './support.ts';

const now = 1_800_000_000_000;
const day = 24 * 60 * 60 * 1000;

describe('removing worktrees', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n', '.gitignore': '*.local\nnode_modules/\n' });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const git = (...args: string[]) => sandbox.git(place.path, ...args);
  const remove = (more: Partial<RemovalOptions> = {}) =>
    removeWorktree(repository, place, { root: sandbox.root, session: 's-1', now, ...more });

  async function commitFile(name: string): Promise<string> {
    await sandbox.write(place.path, { [name]: `${name}\n` });
    await git('add', '-A');
    await git('commit', '-q', '-m', name);
    return git('rev-parse', 'HEAD');
  }

  async function refused(reason: string, more: Partial<RemovalOptions> = {}): Promise<void> {
    await assert.rejects(remove(more), (error: unknown) => {
      const { code, context } = error as { code: string; context: Record<string, string> };
      assert.deepEqual([code, context['reason']], ['worktree-unsafe', reason]);
      return true;
    });
    assert.equal(await exists(join(place.path, '.git')), true);
    assert.equal((await listWorktrees(repository)).length, 2);
  }

  it('a clean one goes; branch, main checkout and other worktrees stay', async () => {
    const other = await createWorktree(repository, { root: sandbox.root, slug: 'other' });
    const { saved, keepUntil } = await remove();
    assert.equal(keepUntil, now);
    assert.equal(await exists(place.path), false);
    assert.equal(await exists(place.admin), false);
    assert.deepEqual(
      (await listWorktrees(repository)).map((each) => each.path),
      [main, other.place.path],
    );
    assert.equal(await sandbox.git(main, 'rev-parse', 'feature/x'), place.baseCommit);
    assert.equal(await sandbox.git(main, 'rev-parse', 'refs/coppice/s-1/final'), saved.commit);
    assert.equal(await sandbox.git(other.place.path, 'status', '--porcelain'), '');
    assert.equal(await sandbox.git(main, 'worktree', 'prune', '-n'), '');
    assert.equal((await createWorktree(repository, { root: sandbox.root, slug: 'x' })).place.origin, 'reused');
    await sandbox.git(main, 'fsck', '--strict');
  });

  it('facts name everything that would be lost', async () => {
    await sandbox.write(main, { 'same.local': 'same\n' });
    const tip = await commitFile('work.txt');
    await sandbox.write(place.path, {
      'README.md': 'changed\n',
      'new.txt': 'n\n',
      'notes.local': 'mine\n',
      'same.local': 'same\n',
      'node_modules/a.js': 'a\n',
    });
    const facts = await removalFacts(repository, place);
    assert.deepEqual(
      [
        facts.changed,
        facts.untracked,
        facts.ignored,
        facts.unpushed,
        facts.unmerged,
        facts.hasWork,
        facts.dirty,
        facts.lease,
      ],
      [2, 1, ['notes.local'], 2, 1, true, true, undefined],
    );
    await sandbox.git(main, 'update-ref', 'refs/remotes/origin/feature/x', tip);
    assert.equal((await removalFacts(repository, place)).unpushed, 0);
  });

  it('knows work that came home by merge, squash or rebase', async () => {
    await commitFile('a.txt');
    await commitFile('b.txt');
    assert.equal((await removalFacts(repository, place)).unmerged, 2);
    await sandbox.git(main, 'merge', '-q', '--squash', 'feature/x');
    await sandbox.git(main, 'commit', '-q', '-m', 'squashed');
    await sandbox.write(main, { 'later.txt': 'l\n' });
    await sandbox.git(main, 'add', '-A');
    await sandbox.git(main, 'commit', '-q', '-m', 'later');
    assert.equal((await removalFacts(repository, place)).unmerged, 0);
    await remove();
  });

  describe('refuses, and touches nothing', () => {
    it('changes and untracked files', async () => {
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      await refused('changes');
    });

    it('commits that are neither merged nor pushed', async () => {
      await commitFile('work.txt');
      await refused('unpushed');
    });

    it('an unfinished merge', async () => {
      await writeFile(join(place.admin, 'MERGE_HEAD'), `${place.baseCommit}\n`);
      await refused('changes');
    });

    it('repositories inside, and submodules with work of their own', async () => {
      await mkdir(join(place.path, 'inner'));
      await git('init', '-q', 'inner');
      await refused('repositories', { despite: ['changes', 'unpushed'] });
      await rm(join(place.path, 'inner'), { recursive: true });
      const library = await sandbox.repository('library', { 'lib.txt': 'lib\n' });
      await sandbox.git(main, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
      await sandbox.git(main, 'commit', '-q', '-m', 'submodule');
      ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'sub' }));
      const facts = await removalFacts(repository, place);
      assert.deepEqual(facts.repositories, []);
      await sandbox.write(join(place.path, 'lib'), { 'lib.txt': 'dirty\n' });
      assert.deepEqual((await removalFacts(repository, place)).repositories, ['lib']);
      await sandbox.git(join(place.path, 'lib'), 'commit', '-q', '-a', '-m', 'own');
      assert.deepEqual((await removalFacts(repository, place)).repositories, ['lib']);
    });

    it('a worktree that another session holds', async () => {
      const lease = await acquireLease(place, 's-2', sandbox.owner);
      await assert.rejects(remove(), { code: 'worktree-in-use' });
      await releaseLease(lease);
      await acquireLease(place, 's-1', sandbox.owner);
      await remove();
    });

    it('the main checkout', async () => {
      await assert.rejects(
        removeWorktree(
          repository,
          { ...place, path: main },
          { root: sandbox.root, session: 's', now, despite: ['changes', 'unpushed'] },
        ),
        {
          code: 'worktree-unsafe',
        },
      );
      await assert.rejects(
        removeWorktree(repository, { ...place, admin: join(main, '.git') }, { root: sandbox.root, session: 's', now }),
        {
          code: 'worktree-unsafe',
        },
      );
    });
  });

  it('in spite of everything, everything stays reachable', async () => {
    await commitFile('pushed.txt');
    await git('checkout', '-q', '--detach');
    const loose = await commitFile('loose.txt');
    await git('reset', '-q', '--hard', 'feature/x');
    await git('switch', '-q', '--detach', 'HEAD');
    await sandbox.write(place.path, { 'staged.txt': 'staged\n' });
    await git('add', '-A');
    await sandbox.write(place.path, {
      'staged.txt': 'then changed\n',
      'untracked.txt': 'u\n',
      'inner/i.txt': 'i\n',
      'secret.local': 's\n',
    });
    await git('init', '-q', 'inner');
    const blob = await git('rev-parse', ':staged.txt');
    const { saved, keepUntil, trash } = await remove({ despite: ['changes', 'unpushed', 'repositories'] });
    const show = (path: string) => sandbox.git(main, 'show', `${saved.ref}:${path}`);
    assert.deepEqual(await Promise.all(['staged.txt', 'untracked.txt', 'inner/i.txt', 'pushed.txt'].map(show)), [
      'then changed',
      'u',
      'i',
      'pushed.txt',
    ]);
    const reachable = await sandbox.git(main, 'rev-list', '--objects', saved.ref);
    assert.match(reachable, new RegExp(loose));
    assert.match(reachable, new RegExp(blob));
    assert.equal(keepUntil, now + 7 * day);
    const folder = join(sandbox.root, '.trash', `project-${repository.location.id.slice(0, 8)}`, trash);
    assert.equal(await readFile(join(folder, 'secret.local'), 'utf8'), 's\n');
    await sandbox.git(main, 'reflog', 'expire', '--expire=now', '--all');
    await sandbox.git(main, 'gc', '-q', '--prune=now');
    assert.equal(await show('untracked.txt'), 'u');
    assert.equal(await sandbox.git(main, 'cat-file', '-t', loose), 'commit');
  });

  describe('by what was told a moment ago', () => {
    const looks = () => sandbox.log.filter(({ args }) => args[0] === 'add').length;

    it('does not look at all files again when changes were consented to, and keeps what came in between', async () => {
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      const found = await removalFacts(repository, place);
      const before = looks();
      await sandbox.write(place.path, { 'between.txt': 'b\n' });
      const { saved, keepUntil } = await remove({ despite: ['changes'], found });
      assert.deepEqual([looks() - before, keepUntil], [0, now]);
      assert.equal(await sandbox.git(main, 'show', `${saved.ref}:new.txt`), 'n');
      assert.deepEqual((await sweepTrash(repository, sandbox.root, { now })).deleted, [place.path]);
      assert.equal(await sandbox.git(main, 'show', `${saved.ref}:between.txt`), 'b');
    });

    it('asks again when a clean worktree has changed since, or has another commit', async () => {
      const clean = await removalFacts(repository, place);
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      await refused('changes', { found: clean });
      await commitFile('new.txt');
      await refused('unpushed', { found: clean, despite: ['changes'] });
    });

    it('asks git for one thing, the commit that keeps it all', async () => {
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      await git('add', '-A');
      const found = await removalFacts(repository, place);
      const before = sandbox.log.length;
      const { saved } = await remove({ despite: ['changes'], found });
      assert.deepEqual(
        sandbox.log.slice(before).map(({ args }) => args[0]),
        ['commit-tree'],
      );
      assert.equal(await sandbox.git(main, 'show', `${saved.ref}^2:new.txt`), 'n');
    });

    it('keeps what is staged in an index that is split in two', async () => {
      await git('update-index', '--split-index');
      await sandbox.write(place.path, { 'new.txt': 'staged\n' });
      await git('add', 'new.txt');
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      const { saved } = await remove({ despite: ['changes'] });
      assert.equal(await sandbox.git(main, 'show', `${saved.ref}^2:new.txt`), 'staged');
    });

    it('keeps what was staged, and commits that were made and given up, since', async () => {
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      const found = await removalFacts(repository, place);
      const tip = await git('rev-parse', 'HEAD');
      const givenUp = await commitFile('given-up.txt');
      await git('reset', '-q', '--hard', tip);
      await sandbox.write(place.path, { 'new.txt': 'staged\n' });
      await git('add', 'new.txt');
      await sandbox.write(place.path, { 'new.txt': 'n\n' });
      const { saved } = await remove({ despite: ['changes'], found });
      assert.equal(await sandbox.git(main, 'show', `${saved.ref}^2:new.txt`), 'staged');
      await sandbox.git(main, 'branch', '-q', '-D', 'feature/x');
      await sandbox.git(main, 'merge-base', '--is-ancestor', givenUp, saved.ref);
    });

    it('a repository that appeared since is found', async () => {
      const clean = await removalFacts(repository, place);
      await mkdir(join(place.path, 'inner'));
      await git('init', '-q', 'inner');
      await refused('repositories', { found: clean });
      await rm(join(place.path, 'inner'), { recursive: true });
      const { saved } = await remove({ found: clean });
      assert.equal(await sandbox.git(main, 'rev-parse', saved.ref), saved.commit);
    });
  });

  it('a second worktree of a session keeps what the first one kept', async () => {
    await sandbox.write(place.path, { 'first.txt': '1\n' });
    const first = await remove({ despite: ['changes'] });
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
    const second = await remove();
    await sandbox.git(main, 'merge-base', '--is-ancestor', first.saved.commit, second.saved.ref);
  });

  describe('cleanupWorktrees', () => {
    const known = (more: Partial<KnownWorktree> = {}): KnownWorktree => ({
      place,
      session: 's-1',
      since: now - 2 * day,
      active: false,
      ended: 'done',
      endedAt: now - day,
      ...more,
    });
    const clean = (each: KnownWorktree[], at = now) =>
      cleanupWorktrees(repository, { root: sandbox.root, known: each, now: at });

    it('merged goes; done and pushed goes; failed goes after a week; dirty never', async () => {
      await commitFile('work.txt');
      assert.deepEqual((await clean([known()])).kept, [{ path: place.path, reason: 'its commits are not pushed' }]);
      assert.deepEqual(
        (await clean([known({ ended: 'failed' })])).kept.map(({ reason }) => reason),
        ['it ended without a result, less than a week ago'],
      );
      await sandbox.write(place.path, { 'dirty.txt': 'd\n' });
      const dirty = await clean([known({ ended: 'failed', endedAt: now - 2 * keepFailedMs })]);
      assert.deepEqual(
        dirty.kept.map(({ reason }) => reason),
        ['it has changes that are not committed'],
      );
      await rm(join(place.path, 'dirty.txt'));
      assert.deepEqual((await clean([known({ active: true, ended: undefined })])).removed, []);
      const removed = (await clean([known({ ended: 'failed', endedAt: now - keepFailedMs })])).removed;
      assert.deepEqual(
        removed.map(({ path, reason }) => [path, reason]),
        [[place.path, 'ended without a result, more than a week ago']],
      );
      assert.equal(await exists(place.path), false);
    });

    it('a dry run decides and removes nothing', async () => {
      await commitFile('work.txt');
      await sandbox.git(main, 'merge', '-q', 'feature/x');
      const report = await cleanupWorktrees(repository, { root: sandbox.root, known: [known()], now, dryRun: true });
      assert.deepEqual(report.removed, [{ path: place.path, reason: 'merged' }]);
      assert.equal(await exists(place.path), true);
    });

    it('a worktree without any work is not "merged", and an adopted one is never removed', async () => {
      assert.deepEqual(
        (await clean([known({ ended: undefined })])).kept.map(({ reason }) => reason),
        ['no session has worked in it'],
      );
      assert.deepEqual(
        (await clean([known({ place: { ...place, origin: 'adopted' } })])).kept.map(({ reason }) => reason),
        ['Coppice did not make it'],
      );
    });

    it('an orphan folder is kept under a ref and goes to the trash; a foreign folder stays', async () => {
      await sandbox.write(place.path, { 'work.txt': 'w\n', 'inner/i.txt': 'i\n' });
      await git('init', '-q', 'inner');
      await rm(place.admin, { recursive: true });
      const foreign = join(worktreesFolder(sandbox.root, repository), 'foreign');
      await sandbox.write(foreign, { 'f.txt': 'f\n' });
      const report = await clean([]);
      assert.deepEqual(report.orphans, [place.path]);
      assert.deepEqual(report.kept, [{ path: foreign, reason: 'Coppice did not make it' }]);
      const [entry] = await listTrash(repository, sandbox.root);
      assert.equal(await sandbox.git(main, 'show', `${entry?.saved.ref ?? ''}:work.txt`), 'w');
      assert.equal(await sandbox.git(main, 'show', `${entry?.saved.ref ?? ''}:inner/i.txt`), 'i');
      await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    });

    it('nothing goes whose lease cannot be read, with or without git’s entry of it', async () => {
      await commitFile('work.txt');
      await sandbox.git(main, 'merge', '-q', 'feature/x');
      await releaseLease(await acquireLease(place, 's-1', repository.owner));
      const folder = join(main, '.git', 'coppice', 'leases', basename(place.admin));
      const [name = ''] = await readdir(folder);
      await writeFile(join(folder, name), '');
      const reason = `The lease of ${place.path} cannot be read.`;
      await assert.rejects(remove(), { code: 'worktree-in-use', message: reason });
      assert.deepEqual((await clean([known()])).kept, [{ path: place.path, reason }]);
      await rm(place.admin, { recursive: true });
      assert.deepEqual((await clean([])).kept, [{ path: place.path, reason }]);
      assert.equal(await exists(join(place.path, 'work.txt')), true);
      assert.deepEqual(await readdir(folder), [name]);
    });

    it('metadata of a folder that is gone goes, that of others and of locked ones stays', async () => {
      const locked = await createWorktree(repository, { root: sandbox.root, slug: 'locked' });
      await sandbox.git(main, 'worktree', 'lock', locked.place.path);
      await sandbox.git(main, 'worktree', 'add', '-q', '-b', 'theirs', sandbox.path('theirs'));
      for (const path of [place.path, locked.place.path, sandbox.path('theirs')]) await rm(path, { recursive: true });
      assert.deepEqual((await clean([])).repaired, [place.path]);
      assert.equal((await listWorktrees(repository)).length, 3);
    });

    it('an orphan with a file that cannot be read stays', async () => {
      await sandbox.write(place.path, { 'n.txt': 'n\n' });
      await rm(place.admin, { recursive: true });
      const blind: Repository = {
        ...repository,
        // Root reads everything, so git reports what it would report to anybody else.
        onTree: async (path, index, args, options) => {
          const answer = await repository.onTree(path, index, args, options);
          if (args[0] !== 'add') return answer;
          await repository.onTree(path, index, ['update-index', '--force-remove', 'n.txt']);
          return { ...answer, code: 1 };
        },
      };
      const report = await cleanupWorktrees(blind, { root: sandbox.root, known: [], now });
      assert.deepEqual(report.orphans, []);
      assert.match(report.kept[0]?.reason ?? '', /n\.txt cannot be read/);
      assert.equal(await exists(join(place.path, 'n.txt')), true);
    });

    it('what another living engine is making is left to it', async () => {
      const note = join(
        main,
        '.git',
        'coppice',
        'worktrees',
        (await readdir(join(main, '.git', 'coppice', 'worktrees')))[0] ?? '',
      );
      const text = await readFile(note, 'utf8');
      const theirs = text.replace('"ready"', '"making"').replace('engine-1', 'engine-2');
      await writeFile(note, theirs);
      assert.deepEqual((await clean([])).kept, [{ path: place.path, reason: 'it is being made' }]);
      await assert.rejects(createWorktree(repository, { root: sandbox.root, slug: 'x' }), { code: 'worktree-in-use' });
      assert.equal(await readFile(note, 'utf8'), theirs);
      await writeFile(note, text);
    });

    it('the root may be given through a link', async () => {
      await symlink(sandbox.root, sandbox.path('link'));
      const linked = await createWorktree(repository, { root: sandbox.path('link'), slug: 'y' });
      await rm(linked.place.path, { recursive: true });
      const report = await cleanupWorktrees(repository, { root: sandbox.path('link'), known: [known()], now });
      assert.deepEqual(report.repaired, [linked.place.path]);
      assert.equal((await listTrash(repository, sandbox.root)).length, 1);
    });

    it('on another disk than where it was made, nothing counts as gone', async () => {
      const note = join(
        main,
        '.git',
        'coppice',
        'worktrees',
        (await readdir(join(main, '.git', 'coppice', 'worktrees')))[0] ?? '',
      );
      const text = await readFile(note, 'utf8');
      await writeFile(note, text.replace(/"device": \d+/, '"device": 999999'));
      await rm(place.path, { recursive: true });
      assert.deepEqual((await clean([])).repaired, []);
      await assert.rejects(createWorktree(repository, { root: sandbox.root, slug: 'x' }), { code: 'worktree-in-use' });
      await writeFile(note, text);
      assert.deepEqual((await clean([])).repaired, [place.path]);
    });

    it('an orphan in which a session works, or that one needs, stays where it is', async () => {
      await rm(place.admin, { recursive: true });
      assert.deepEqual((await clean([known({ active: true })])).orphans, []);
      const lease = await acquireLease(place, 's-1', sandbox.owner);
      assert.deepEqual((await clean([])).orphans, []);
      await releaseLease(lease);
      assert.deepEqual((await clean([], Date.now())).orphans, [place.path]);
      const leases = join(main, '.git', 'coppice', 'leases');
      assert.deepEqual(await readdir(leases), ['x']);
      await clean([], Date.now() + 2 * day);
      assert.deepEqual(await readdir(leases), []);
    });

    it('with the root away, nothing counts as gone', async () => {
      await rename(sandbox.root, sandbox.path('unmounted'));
      assert.deepEqual((await clean([known()])).repaired, []);
      assert.equal(await exists(place.admin), true);
    });

    it('with the root away, what waits in its trash keeps git’s entry and comes back whole', async () => {
      await sandbox.write(place.path, { 'keep.local': 'k\n' });
      const { trash, saved } = await remove();
      await rename(sandbox.root, sandbox.path('unmounted'));
      await clean([]);
      await rename(sandbox.path('unmounted'), sandbox.root);
      await returnWorktree(repository, place, { root: sandbox.root, trash, kept: saved.ref });
      assert.equal(await readFile(join(place.path, 'keep.local'), 'utf8'), 'k\n');
    });

    it('a folder whose files cannot be kept stays', async () => {
      await sandbox.write(place.path, { 'n.txt': 'n\n' });
      await rm(place.admin, { recursive: true });
      const failing: Repository = {
        ...repository,
        onTree: (path, index, args, options) =>
          repository.onTree(path, index, args[0] === 'write-tree' ? ['write-tree', '--no-such-option'] : args, options),
      };
      const report = await cleanupWorktrees(failing, { root: sandbox.root, known: [], now });
      assert.deepEqual(report.orphans, []);
      assert.equal(await readFile(join(place.path, 'n.txt'), 'utf8'), 'n\n');
      await chmod(place.path, 0o755);
    });
  });
});
