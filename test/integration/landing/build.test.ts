import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build, LandingWay } from '../../../src/core/landing/state.ts';
import { buildLanding, buildRevert, forkPoint, type BuildOutcome } from '../../../src/git/landing-build.ts';
import { conflictSides, hunksOf, mergeCommits, textAt, textOfBlob } from '../../../src/git/merge.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from '../git/support.ts';

describe('building what lands', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'a.txt': '1\n2\n3\n4\n5\n6\n7\n8\n', 'b.txt': 'b\n' });
    repository = await sandbox.open(main);
  });

  afterEach(() => sandbox.clean());

  const git = (...args: string[]) => sandbox.git(main, ...args);

  async function commit(branch: string, message: string, files: Record<string, string>): Promise<string> {
    await git('switch', '-q', branch).catch(() => git('switch', '-q', '-c', branch));
    await sandbox.write(main, files);
    await git('add', '-A');
    await git('commit', '-q', '-m', message, '--author', 'An Agent <agent@example.org>');
    return git('rev-parse', 'HEAD');
  }

  const land = (way: LandingWay, from: string, tip: string, fork?: string): Promise<BuildOutcome> =>
    buildLanding(repository, { way, from, tip, message: 'Landed\n', ...(fork === undefined ? {} : { fork }) });

  function built(outcome: BuildOutcome): Build {
    if (outcome.kind !== 'built') assert.fail(`It is ${outcome.kind}.`);
    return outcome.build;
  }

  async function apart(): Promise<{ from: string; tip: string }> {
    await git('switch', '-q', '-c', 'work');
    await commit('work', 'first', { 'new.txt': 'n\n' });
    const tip = await commit('work', 'second', { 'a.txt': '1\n2\n3\n4\n5\n6\n7\nwork\n' });
    const from = await commit('main', 'meanwhile', { 'a.txt': 'main\n2\n3\n4\n5\n6\n7\n8\n' });
    return { from, tip };
  }

  for (const way of ['squash', 'merge', 'rebase'] as const) {
    it(`by ${way}: the same tree, and the history that belongs to it`, async () => {
      const { from, tip } = await apart();
      const { commit: id, tree, from: on } = built(await land(way, from, tip));
      assert.equal(on, from);
      assert.equal(await git('rev-parse', `${id}^{tree}`), tree);
      assert.equal(await git('show', `${id}:a.txt`), 'main\n2\n3\n4\n5\n6\n7\nwork');
      const subjects = await git('log', '--format=%s by %an', `${from}..${id}`);
      const expected = {
        squash: 'Landed by A Person',
        merge: 'Landed by A Person\nsecond by An Agent\nfirst by An Agent',
        rebase: 'second by An Agent\nfirst by An Agent',
      };
      assert.equal(subjects, expected[way]);
      assert.equal((await git('rev-list', '--parents', '-n1', id)).split(' ').length, way === 'merge' ? 3 : 2);
      assert.equal(await git('status', '--porcelain'), '');
      assert.equal(await git('rev-parse', 'main'), from);
    });

    it(`by ${way}: nothing when the target has it all`, async () => {
      const { from, tip } = await apart();
      const { commit: id } = built(await land(way, from, tip));
      assert.deepEqual((await land(way, id, tip)).kind, 'nothing');
    });

    it(`by ${way}: a conflict names the file and shows both sides`, async () => {
      await git('switch', '-q', '-c', 'work');
      const tip = await commit('work', 'theirs', { 'a.txt': 'work\n2\n3\n4\n5\n6\n7\n8\n' });
      const from = await commit('main', 'ours', { 'a.txt': 'main\n2\n3\n4\n5\n6\n7\n8\n' });
      const outcome = await land(way, from, tip);
      if (outcome.kind !== 'conflict') assert.fail(outcome.kind);
      assert.deepEqual(
        outcome.conflicts.map(({ path, kind }) => ({ path, kind })),
        [{ path: 'a.txt', kind: 'content' }],
      );
      const [{ hunks = '' } = {}] = outcome.conflicts;
      assert.match(hunks, /^<<<<<<< [^\n]*\nmain\n=======\nwork\n>>>>>>> /);
    });

    it(`by ${way}: taken back, then landed again with more work`, async () => {
      const { from, tip } = await apart();
      const first = built(await land(way, from, tip));
      const back = built(await buildRevert(repository, first, first.commit, 'Revert\n'));
      assert.equal(back.tree, await git('rev-parse', `${from}^{tree}`));
      const more = await commit('work', 'more', { 'more.txt': 'more\n' });
      const fork = await forkPoint(repository, from, tip);
      const again = built(await land(way, back.commit, more, fork));
      assert.equal(await git('show', `${again.commit}:new.txt`), 'n');
      assert.equal(await git('show', `${again.commit}:more.txt`), 'more');
      assert.equal(await git('show', `${again.commit}:a.txt`), 'main\n2\n3\n4\n5\n6\n7\nwork');
    });
  }

  it('by rebase: a branch that sits on the target already stays as it is', async () => {
    const from = await git('rev-parse', 'main');
    const tip = await commit('work', 'work', { 'new.txt': 'n\n' });
    assert.equal(built(await land('rebase', from, tip)).commit, tip);
  });

  it('by rebase: a branch with merges is refused with what to do', async () => {
    const { from, tip } = await apart();
    await git('switch', '-q', 'work');
    await git('merge', '-q', '-m', 'merged', from);
    const merged = await git('rev-parse', 'HEAD');
    await commit('main', 'later', { 'later.txt': 'l\n' });
    await assert.rejects(
      land('rebase', await git('rev-parse', 'main'), merged),
      /has the merge .* cannot be landed commit by commit/,
    );
    assert.notEqual(merged, tip);
  });

  it('what was landed is taken back from under later work, and refused where that builds on it', async () => {
    const { from, tip } = await apart();
    const first = built(await land('squash', from, tip));
    await git('reset', '-q', '--hard', first.commit);
    const later = await commit('main', 'later', { 'b.txt': 'later\n' });
    const back = built(await buildRevert(repository, first, later, 'Revert\n'));
    assert.equal(await git('show', `${back.commit}:b.txt`), 'later');
    assert.equal(await git('show', `${back.commit}:a.txt`), 'main\n2\n3\n4\n5\n6\n7\n8');
    const built2 = await commit('main', 'on top', { 'a.txt': 'main\n2\n3\n4\n5\n6\n7\nwork and more\n' });
    assert.equal((await buildRevert(repository, first, built2, 'Revert\n')).kind, 'conflict');
  });

  it('conflicts of every kind have their path', async () => {
    await git('switch', '-q', '-c', 'work');
    await sandbox.git(main, 'rm', '-q', 'b.txt');
    const tip = await commit('work', 'theirs', { x: 'a file\n', bin: 'a\0b\n', 'both.txt': 'one\n' });
    await git('switch', '-q', 'main');
    await rm(join(main, 'x'), { force: true });
    const from = await commit('main', 'ours', {
      'b.txt': 'changed\n',
      'x/in.txt': 'in\n',
      bin: 'c\0d\n',
      'both.txt': 'two\n',
    });
    const merged = await mergeCommits(repository, { ours: from, theirs: tip });
    if (merged.kind !== 'conflict') assert.fail(merged.kind);
    const found = new Map(merged.conflicts.map((each) => [each.path, each]));
    assert.equal(found.get('b.txt')?.kind, 'modify/delete');
    assert.equal(found.get('both.txt')?.kind, 'add/add');
    assert.equal(found.get('bin')?.hunks, undefined);
    assert.ok(
      [...found.keys()].some((path) => path.startsWith('x')),
      [...found.keys()].join(),
    );
    const sides = await conflictSides(repository, { ours: from, theirs: tip }, 'both.txt');
    assert.equal(await textOfBlob(repository, sides?.ours ?? ''), 'two\n');
    assert.equal(await textOfBlob(repository, sides?.theirs ?? ''), 'one\n');
    assert.match((await textAt(repository, sides?.tree ?? '', 'both.txt')) ?? '', /<<<<<<< /);
    assert.equal(await conflictSides(repository, { ours: from, theirs: tip }, 'a.txt'), undefined);
  });

  it('a commit that is not there is an error, and not a conflict', async () => {
    const from = await git('rev-parse', 'main');
    await assert.rejects(mergeCommits(repository, { ours: from, theirs: '1'.repeat(40) }), { code: 'git-failed' });
  });

  it('hunks are cut, and only they are shown', () => {
    assert.equal(hunksOf('a\n<<<<<<< x\n1\n=======\n2\n>>>>>>> y\nb\n'), '<<<<<<< x\n1\n=======\n2\n>>>>>>> y');
    assert.ok(hunksOf(`<<<<<<< x\n${'long\n'.repeat(10_000)}>>>>>>> y`).length < 17_000);
    assert.equal(hunksOf('no conflict\n'), '');
  });
});
