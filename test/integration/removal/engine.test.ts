import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkEnd } from '../../support/engine/checks.ts';
import { comes, land } from '../../support/engine/landings.ts';
import { Person } from '../../support/engine/person.ts';
import { git } from '../../support/engine/repository.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

describe('removing sessions with an engine', function () {
  this.timeout(240_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;

  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  afterEach(async () => world.dispose());

  async function begin(config = '', covered = false): Promise<void> {
    world = await worlds.world({ covered, config });
    person = new Person(world);
    await person.trust();
  }

  async function worked(prompt: string, more: Parameters<Person['create']>[1] = {}): Promise<[string, string]> {
    const session = await person.create(prompt, more);
    const { worktree } = await person.sees(session, 'reported');
    return [session, worktree ?? assert.fail('no worktree')];
  }

  /** Without what Coppice itself writes there, which comes a moment later. */
  async function stateOf(tree: string): Promise<string[]> {
    const lines = (await git(tree, 'status', '--porcelain', '--ignored')).split('\n');
    return lines.filter((line) => !/ \.(?:tasks|coppice)\/$/.test(line));
  }

  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );

  it('says what would be lost, takes each consent apart, keeps everything and brings it back as it was', async () => {
    await begin('', true);
    const [session, tree] = await worked('alpha');
    // What Coppice itself writes there is nothing that would be lost.
    await until(
      () => existsSync(join(tree, '.tasks')) || undefined,
      () => 'a summary',
    );
    await writeFile(join(world.repository, '.git', 'info', 'exclude'), '*.local\n.coppice/\n.tasks/\n');
    await writeFile(join(tree, 'notes.local'), 'mine\n');
    await writeFile(join(tree, 'new.txt'), 'new\n');
    await writeFile(join(tree, 'README.md'), 'staged\n');
    await git(tree, 'add', 'README.md');
    const before = await stateOf(tree);
    const facts = await person.ask('session/facts', { session });
    assert.deepEqual(facts.needs, ['changes', 'unpushed']);
    assert.deepEqual([facts.changed, facts.untracked, facts.unlanded], [2, 1, 1]);
    assert.deepEqual(facts.ignored, ['notes.local']);
    assert.equal(facts.worktree, tree);
    await assert.rejects(person.ask('session/remove', { session }), { code: 'worktree-unsafe' });
    await assert.rejects(person.ask('session/remove', { session, force: ['changes'] }), /neither merged nor pushed/);
    assert.deepEqual(await stateOf(tree), before);

    const { kept } = await person.ask('session/remove', { session, force: ['changes', 'unpushed'] });
    assert.equal(await exists(tree), false);
    assert.equal(await git(world.repository, 'show', `${kept ?? ''}:new.txt`), 'new');
    assert.equal((await git(world.repository, 'worktree', 'list')).split('\n').length, 1);
    assert.deepEqual(await person.list(), []);
    assert.equal((await person.ask('session/remove', { session })).kept, kept);
    await assert.rejects(
      person.ask('session/continue', { session, prompt: 'more', requester: world.requester }),
      /was removed/,
    );

    await person.ask('session/restore', { session });
    assert.deepEqual(await stateOf(tree), before);
    assert.equal(await readFile(join(tree, 'notes.local'), 'utf8'), 'mine\n');
    await assert.rejects(person.ask('session/restore', { session }), /was not removed/);
    await rm(join(tree, 'new.txt'));
    await git(tree, 'checkout', '--quiet', 'HEAD', 'README.md');
    await person.continue(session, 'beta');
    await person.sees(session, 'reported');
    await checkEnd(person, [{ id: session, status: 'reported', work: '- alpha\n- beta', commits: 2 }]);
  });

  it('brings back from its ref what is in the trash no more, also without its branch', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    const { branch } = await person.show(session);
    await writeFile(join(tree, 'new.txt'), 'new\n');
    await writeFile(join(tree, 'README.md'), 'staged\n');
    await git(tree, 'add', 'README.md');
    const before = await git(tree, 'status', '--porcelain');
    await person.ask('session/remove', { session, force: ['changes', 'unpushed'] });
    await rm(join(world.home, 'worktrees', '.trash'), { recursive: true });
    await git(world.repository, 'branch', '--quiet', '-D', branch ?? '');
    await person.ask('session/restore', { session });
    assert.equal(await git(tree, 'status', '--porcelain'), before);
    assert.equal(await readFile(join(tree, 'new.txt'), 'utf8'), 'new\n');
    assert.equal(await readFile(join(tree, 'work.txt'), 'utf8'), '- alpha\n');
  });

  it('a removal that breaks off behind the move to the trash is one all the same, and ignored files come back', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    await writeFile(join(world.repository, '.git', 'info', 'exclude'), '*.local\n.coppice/\n.tasks/\n');
    await writeFile(join(tree, 'notes.local'), 'mine\n');
    // Git's entry of the worktree cannot follow it.
    const inTheWay = join(world.repository, '.git', 'coppice', 'trash');
    await rm(inTheWay, { recursive: true, force: true });
    await writeFile(inTheWay, '');
    await person.ask('session/remove', { session, force: ['unpushed'] });
    assert.deepEqual([existsSync(tree), await person.list()], [false, []]);
    await rm(inTheWay);
    await person.ask('session/restore', { session });
    assert.equal(await readFile(join(tree, 'notes.local'), 'utf8'), 'mine\n');
    assert.deepEqual(await stateOf(tree), ['!! notes.local']);
  });

  it('a path that is taken meanwhile, or a branch that is checked out elsewhere, is left and said', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    const { branch } = await person.show(session);
    await person.ask('session/remove', { session, force: ['unpushed'] });
    await mkdir(tree);
    await writeFile(join(tree, 'mine.txt'), 'mine\n');
    await assert.rejects(person.ask('session/restore', { session }), { code: 'path-in-the-way' });
    assert.equal(await readFile(join(tree, 'mine.txt'), 'utf8'), 'mine\n');
    // The engine may have just written into it.
    await rm(tree, { recursive: true, maxRetries: 20, retryDelay: 50 });
    await git(world.repository, 'switch', '--quiet', branch ?? '');
    await assert.rejects(person.ask('session/restore', { session }), { code: 'worktree-in-use' });
    await git(world.repository, 'switch', '--quiet', 'main');
    await person.ask('session/restore', { session });
    assert.equal(await readFile(join(tree, 'work.txt'), 'utf8'), '- alpha\n');
  });

  it('tear-down commands run first; one that fails stops the removal unless they are skipped', async () => {
    await begin('worktrees:\n  teardown:\n    - ["sh", "-c", "echo gone > $HOME/teardown; exit 3"]\n');
    const [session, tree] = await worked('alpha');
    await assert.rejects(person.ask('session/remove', { session, force: ['unpushed'] }), { code: 'script-failed' });
    assert.equal(await exists(tree), true);
    assert.equal(await readFile(join(world.userHome, 'teardown'), 'utf8'), 'gone\n');
    await person.ask('session/remove', { session, force: ['unpushed'], skipTeardown: true });
    assert.equal(await exists(tree), false);
  });

  it('a session at work, on its way home, or above work that did not land stays', async () => {
    await begin();
    const busy = await person.create('gamma #hang');
    await person.sees(busy, 'running');
    await assert.rejects(person.ask('session/remove', { session: busy }), /is running/);
    await person.cancel(busy);
    await person.sees(busy, 'cancelled');
    const [root] = await worked('alpha');
    const [below] = await worked('beta', { parent: root });
    const force = ['unpushed'] as const;
    await assert.rejects(person.ask('session/remove', { session: root, force: [...force] }), /work below it/);
    assert.equal((await person.ask('session/facts', { session: root })).children[0]?.landed, false);
    await writeFile(join(world.repository, 'README.md'), 'being edited\n');
    await comes(person, below, await land(person, below), 'landed');
    const waiting = await land(person, root);
    await comes(person, root, waiting, 'held');
    await assert.rejects(person.ask('session/remove', { session: root, force: [...force] }), /on its way home/);
    await git(world.repository, 'checkout', '--quiet', 'README.md');
    await comes(person, root, waiting, 'landed');
    await person.ask('session/remove', { session: root });
    await person.ask('session/remove', { session: below });
    await person.ask('session/remove', { session: busy });
    assert.deepEqual(await person.list(), []);
    assert.equal((await git(world.repository, 'worktree', 'list')).split('\n').length, 1);
  });

  it('a worktree that somebody else made stays where it is', async () => {
    await begin();
    const tree = join(world.root, 'own');
    await git(world.repository, 'worktree', 'add', '--quiet', '-b', 'feature/own', tree);
    const [session] = await worked('alpha', { worktree: tree });
    assert.equal((await person.ask('session/facts', { session })).worktree, null);
    assert.equal((await person.ask('session/remove', { session })).kept, null);
    assert.equal(await exists(join(tree, 'work.txt')), true);
    await person.ask('session/restore', { session });
    assert.equal((await person.list()).length, 1);
  });

  it('a worktree that somebody else took away is made again as it was last kept, committed or not', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    // The engine may have just written into it.
    await rm(tree, { recursive: true, maxRetries: 20, retryDelay: 50 });
    await person.ask('session/restore', { session });
    assert.equal(await readFile(join(tree, 'work.txt'), 'utf8'), '- alpha\n');
    assert.equal(await git(tree, 'status', '--porcelain'), '');
    await person.continue(session, 'beta');
    await person.sees(session, 'reported');

    const [loose, other] = await worked('gamma', { mode: 'dispatch' });
    const { branch } = await person.show(loose);
    assert.equal(await git(other, 'status', '--porcelain'), ' M work.txt');
    await git(world.repository, 'worktree', 'remove', '--force', other);
    await git(world.repository, 'branch', '--quiet', '-D', branch ?? '');
    const { kept } = await person.ask('session/remove', { session: loose });
    assert.equal(await git(world.repository, 'show', `${kept ?? ''}:work.txt`), '- gamma');
    await person.ask('session/restore', { session: loose });
    assert.equal(await git(other, 'status', '--porcelain'), ' M work.txt');
  });

  it('a session whose repository is away leaves the list with consent alone, and its files stay', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    await rename(world.repository, `${world.repository}-moved`);
    try {
      await assert.rejects(person.ask('diff/summary', { session }), /is not there/);
      assert.deepEqual((await person.ask('session/facts', { session })).needs, ['changes']);
      await assert.rejects(person.ask('session/remove', { session }), { code: 'worktree-unsafe' });
      await person.ask('session/remove', { session, force: ['changes'] });
      assert.deepEqual(await person.list(), []);
      assert.equal(await readFile(join(tree, 'work.txt'), 'utf8'), '- alpha\n');
    } finally {
      await rename(`${world.repository}-moved`, world.repository);
    }
    await person.ask('session/restore', { session });
    await person.continue(session, 'beta');
    await person.sees(session, 'reported');
  });

  it('a repository that was moved is known again, and its sessions go on where it is, also those that wait', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    const waiting = await person.create('beta #ask');
    await person.sees(waiting, 'needs-you');
    const old = world.repository;
    const root = `${old}-moved`;
    const stranger = `${old}-other`;
    await rename(old, root);
    try {
      await git(world.home, 'init', '--quiet', stranger);
      const state = await person.ask('trust/state', { path: root });
      assert.deepEqual([state.trusted, state.movedFrom], [false, { root: old, sessions: 2 }]);
      assert.equal((await person.ask('trust/state', { path: stranger })).movedFrom, undefined);
      await assert.rejects(person.ask('repository/move', { from: old, path: stranger }), /it is another repository/);
      await assert.rejects(person.ask('repository/move', { from: stranger, path: root }), /no repository that was at/);

      const moved = await person.ask('repository/move', { from: old, path: root });
      assert.deepEqual([moved.root, moved.trusted, moved.host, moved.sessions], [root, true, true, 2]);
      assert.deepEqual(moved.unsure, []);
      assert.equal((await person.ask('trust/state', { path: root })).movedFrom, undefined);
      assert.equal((await person.show(session)).repository, root);
      assert.match(await git(tree, 'rev-parse', '--git-common-dir'), new RegExp(`${root}/\\.git$`));
      await assert.rejects(person.ask('repository/move', { from: old, path: root }), /no repository that was at/);
      await assert.rejects(person.ask('repository/move', { from: root, path: root }), /is where Coppice knows it/);

      await person.answer(waiting, 'allow');
      await person.sees(waiting, 'reported');
      await person.continue(session, 'gamma');
      await person.sees(session, 'reported');
      await comes(person, session, await land(person, session), 'landed');
      assert.equal(await readFile(join(root, 'work.txt'), 'utf8'), '- alpha\n- gamma\n');
    } finally {
      await rename(root, old);
      await rm(stranger, { recursive: true, force: true });
    }
    await person.ask('repository/move', { from: root, path: old });

    await rename(old, root);
    await git(world.home, 'clone', '--quiet', root, old);
    assert.equal((await person.ask('repository/move', { from: old, path: root })).sessions, 2);
    assert.equal((await person.ask('trust/state', { path: old })).trusted, false, 'the clone is another repository');
    assert.match(await git(tree, 'rev-parse', '--git-common-dir'), new RegExp(`${root}/\\.git$`));
    await rm(old, { recursive: true });
    await rename(root, old);
    await person.ask('repository/move', { from: root, path: old });
    await git(world.home, 'clone', '--quiet', '--mirror', old, join(stranger, '.git'));
    await assert.rejects(person.ask('repository/move', { from: old, path: stranger }), /is where Coppice knows it/);
    await rm(stranger, { recursive: true });

    await person.continue(waiting, 'delta');
    await person.sees(waiting, 'reported');
    const { branch } = await person.show(waiting);
    await person.ask('session/remove', { session: waiting, force: ['changes', 'unpushed'] });
    const restored = await person.ask('session/restore', { session: branch ?? '' });
    assert.equal(restored.session.id, waiting, 'what a person removed is known by the name that it had');
  });

  it('cleaning up tears down only what goes, and one that fails stops no other', async () => {
    await begin('worktrees:\n  teardown:\n    - "echo $COPPICE_WORKTREE >> $HOME/torn; ! test -e fail"\n');
    const [goes, goesTree] = await worked('alpha');
    const [fails, failsTree] = await worked('beta');
    const [, staysTree] = await worked('gamma');
    const [, goneTree] = await worked('delta');
    await rm(goneTree, { recursive: true });
    await writeFile(join(world.repository, '.git', 'info', 'exclude'), 'fail\n.coppice/\n.tasks/\n');
    await writeFile(join(failsTree, 'fail'), '');
    await comes(person, goes, await land(person, goes), 'landed');
    await git(world.repository, 'merge', '--quiet', '-s', 'ours', (await person.show(fails)).branch ?? '');
    const { removed, kept } = await person.ask('worktree/cleanup', { path: world.repository });
    assert.deepEqual([removed.map(({ path }) => path), existsSync(goesTree)], [[goesTree], false]);
    assert.match(kept.find(({ path }) => path === failsTree)?.reason ?? '', /a tear-down command failed/);
    assert.equal(kept.find(({ path }) => path === staysTree)?.reason, 'its commits are not pushed');
    assert.equal(await readFile(join(world.userHome, 'torn'), 'utf8'), `${goesTree}\n${failsTree}\n`);
    await person.ask('session/restore', { session: goes });
    assert.equal(await readFile(join(goesTree, 'work.txt'), 'utf8'), '- alpha\n');
  });

  it('what a clean-up removed comes back with the files that git ignores, also where it broke off behind the move', async () => {
    await begin();
    const inTheWay = join(world.repository, '.git', 'coppice', 'trash');
    for (const broken of [false, true]) {
      const [session, tree] = await worked(broken ? 'beta' : 'alpha');
      await comes(person, session, await land(person, session), 'landed');
      await writeFile(join(world.repository, '.git', 'info', 'exclude'), '*.local\n.coppice/\n.tasks/\n');
      await writeFile(join(tree, 'notes.local'), 'mine\n');
      if (broken) {
        await rm(inTheWay, { recursive: true, force: true });
        await writeFile(inTheWay, '');
      }
      const { removed } = await person.ask('worktree/cleanup', { path: world.repository });
      assert.deepEqual([removed.map(({ path }) => path), existsSync(tree)], [[tree], false]);
      if (broken) await rm(inTheWay);
      await person.ask('session/restore', { session });
      assert.equal(await readFile(join(tree, 'notes.local'), 'utf8'), 'mine\n');
      assert.deepEqual(await stateOf(tree), ['!! notes.local']);
      // Not cleaned up with the next one.
      await writeFile(join(tree, 'new.txt'), 'new\n');
    }
  });

  it('while the trash cannot be read that is said with what to do, and going on needs consent', async () => {
    await begin();
    const [session, tree] = await worked('alpha');
    const trash = join(world.home, 'worktrees', '.trash', basename(dirname(tree)));
    await mkdir(dirname(trash), { recursive: true });
    await writeFile(trash, 'no folder\n');
    await rm(tree, { recursive: true, maxRetries: 20, retryDelay: 50 });
    await assert.rejects(person.ask('session/restore', { session }), /cannot be read \(ENOTDIR\)/);
    await assert.rejects(person.ask('session/remove', { session }), { code: 'worktree-unsafe' });
    const { needs, findings } = await person.ask('session/facts', { session });
    assert.deepEqual([needs, findings.length], [['changes'], 1]);
    await person.ask('session/remove', { session, force: ['changes'] });
    assert.deepEqual(await person.list(), []);
    await assert.rejects(person.ask('session/restore', { session }), /cannot be read \(ENOTDIR\)/);
    await rm(trash);
    await person.ask('session/restore', { session });
    assert.equal(await readFile(join(tree, 'work.txt'), 'utf8'), '- alpha\n');
  });

  it('a session is given another title', async () => {
    await begin();
    const [session] = await worked('alpha');
    const { session: renamed } = await person.ask('session/rename', { session, title: '  Parser  ' });
    assert.equal(renamed.title, 'Parser');
    await assert.rejects(person.ask('session/rename', { session, title: 'a\u001B[2Jb' }), /one line of text/);
    assert.equal((await person.show(session)).title, 'Parser');
  });
});
