import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkEnd, journalOf } from '../../support/engine/checks.ts';
import { comes, land, landingsOf, takeBack } from '../../support/engine/landings.ts';
import { Person } from '../../support/engine/person.ts';
import { git } from '../../support/engine/repository.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

describe('landing with an engine', function () {
  this.timeout(240_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;

  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  async function begin(config = '', covered = false): Promise<void> {
    world = await worlds.world({ covered, config });
    person = new Person(world);
    await person.trust();
  }

  afterEach(async () => world.dispose());

  const main = (...args: string[]) => git(world.repository, ...args);
  const statusOf = async (session: string): Promise<string> => (await person.show(session)).status;

  async function worked(prompt: string, more: Parameters<Person['create']>[1] = {}): Promise<string> {
    const session = await person.create(prompt, more);
    await person.sees(session, 'reported');
    return session;
  }

  const gateProcesses = (intent: string): readonly unknown[] =>
    world.processes().filter((each) => each.session === intent);

  async function worktreeOf(session: string): Promise<string> {
    return (await person.show(session)).worktree ?? assert.fail('no worktree');
  }

  it('previews, lands in the checked-out main branch, takes it back, and lands again', async () => {
    await begin();
    const session = await worked('alpha');
    const before = await main('rev-parse', 'main');
    const look = await person.ask('landing/preview', { session });
    assert.equal(look.target, 'main');
    assert.equal(look.defaultBranch, true);
    assert.deepEqual(
      look.paths.map(({ path }) => path),
      ['work.txt'],
    );
    assert.equal(look.checkout?.path, world.repository);
    assert.equal(look.checkout.waits, undefined);
    assert.equal(await main('rev-parse', 'main'), before);

    const landing = await comes(person, session, await land(person, session, { tip: look.tip }), 'landed');
    assert.equal(await main('rev-parse', 'main'), landing.commit);
    assert.equal(await main('rev-parse', 'main^{tree}'), look.tree);
    assert.equal(await main('status', '--porcelain'), '');
    assert.equal(await readFile(join(world.repository, 'work.txt'), 'utf8'), '- alpha\n');
    const { task } = await person.show(session);
    assert.equal(await main('log', '-1', '--format=%(trailers:key=Coppice-Task,valueonly)'), task);
    assert.equal(await statusOf(session), 'landed');
    assert.equal((await person.ask('landing/preview', { session })).nothing, true);

    const back = await comes(person, session, await takeBack(person, session), 'landed');
    assert.equal(await main('rev-parse', 'main^{tree}'), await main('rev-parse', `${before}^{tree}`));
    assert.equal(await main('rev-parse', 'main'), back.commit);
    assert.equal(await main('status', '--porcelain'), '');
    assert.equal(await statusOf(session), 'reported');

    await comes(person, session, await land(person, session, { way: 'merge' }), 'landed');
    await comes(person, session, await takeBack(person, session), 'landed');
    await person.continue(session, 'beta');
    await person.sees(session, 'reported');
    await comes(person, session, await land(person, session, { way: 'merge' }), 'landed');
    assert.equal(await main('show', 'main:work.txt'), '- alpha\n- beta');
    assert.equal((await person.ask('audit/verify', {})).ok, true);
  });

  it('waits for a person whose checkout has changes, and goes on by itself when they are gone', async () => {
    await begin();
    const session = await worked('alpha');
    await writeFile(join(world.repository, 'README.md'), 'being edited\n');
    const id = await land(person, session);
    const held = await comes(person, session, id, 'held');
    assert.match(held.held ?? '', /README\.md/);
    assert.equal(await statusOf(session), 'accepted');
    assert.equal(await readFile(join(world.repository, 'README.md'), 'utf8'), 'being edited\n');
    await main('checkout', '--quiet', 'README.md');
    await comes(person, session, id, 'landed');
    assert.equal(await main('status', '--porcelain'), '');
  });

  it('refuses on a conflict with what an agent needs to resolve it, and lands once it has', async () => {
    await begin();
    const [one, two] = [await worked('alpha'), await worked('gamma')];
    await comes(person, one, await land(person, one), 'landed');
    const look = await person.ask('landing/preview', { session: two });
    assert.deepEqual(
      look.conflicts.map(({ path }) => path),
      ['work.txt'],
    );
    assert.match(look.conflictPrompt ?? '', new RegExp(`git merge ${look.targetCommit}`));
    const texts = await person.ask('landing/conflict', { session: two, path: 'work.txt' });
    assert.deepEqual([texts.base, texts.target, texts.session], ['', '- alpha\n', '- gamma\n']);
    assert.match(texts.merged ?? '', /<<<<<<< /);
    const refused = await comes(person, two, await land(person, two), 'refused');
    assert.deepEqual(
      refused.conflicts?.map(({ path }) => path),
      ['work.txt'],
    );
    assert.equal(await statusOf(two), 'reported');
    const tree = await worktreeOf(two);
    await git(tree, 'merge', '--quiet', look.targetCommit).catch(() => undefined);
    await writeFile(join(tree, 'work.txt'), '- alpha\n- gamma\n');
    await git(tree, 'commit', '--quiet', '--all', '--message=resolved');
    await comes(person, two, await land(person, two), 'landed');
    assert.equal(await main('show', 'main:work.txt'), '- alpha\n- gamma');
  });

  it('shows the merged result to the gates; evidence is for that tree alone', async () => {
    const gate = `["sh", "-c", "pwd; git rev-parse HEAD^{tree}; ! grep -q bad work.txt"]`;
    await begin(`landing:\n  gates:\n    - ${gate}\n`);
    const [good, bad] = [await worked('alpha'), await worked('bad')];
    const passed = await comes(person, good, await land(person, good), 'landed');
    assert.deepEqual(
      passed.evidence.map((each) => [each.passed, each.code]),
      [[true, 0]],
    );
    const [evidence] = passed.evidence;
    const [where = '', tree] = (await readFile(evidence?.output ?? '', 'utf8')).split('\n');
    assert.equal(tree, await main('rev-parse', 'main^{tree}'));
    assert.equal(evidence?.tree, tree);
    assert.match(where, /worktrees/);
    await assert.rejects(readFile(join(where, 'work.txt')), { code: 'ENOENT' });
    const before = await main('rev-parse', 'main');
    await git(await worktreeOf(bad), 'rebase', '--quiet', '-X', 'theirs', 'main');
    const refused = await comes(person, bad, await land(person, bad), 'refused');
    assert.deepEqual(
      refused.evidence.map((each) => [each.passed, each.code]),
      [[false, 1]],
    );
    assert.match(refused.error?.message ?? '', /The gate .* ended with code 1/);
    assert.equal(await main('rev-parse', 'main'), before);
    assert.equal((await main('worktree', 'list')).split('\n').length, 3);
  });

  it('a gate that outlasts its time refuses; a landing can be taken out of the line meanwhile', async () => {
    await begin('landing:\n  gateTimeoutSeconds: 1\n  gates:\n    - ["sleep", "60"]\n');
    const session = await worked('alpha');
    const refused = await comes(person, session, await land(person, session), 'refused');
    assert.equal(refused.evidence[0]?.code, null);
    const file = join(world.home, 'config.yaml');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('gateTimeoutSeconds: 1\n', 'gateTimeoutSeconds: 600\n'),
    );
    const again = await land(person, session);
    const asked = await until(
      async () => (await journalOf(world)).find(({ data }) => isGate(data['effect']) && data['session'] === again),
      () => 'its gate to be asked',
    );
    const intent = String(asked.data['intent']);
    await until(
      () => (gateProcesses(intent).length > 0 ? true : undefined),
      () => 'the gate to run',
    );
    await person.ask('landing/withdraw', { landing: again });
    await comes(person, session, again, 'withdrawn');
    assert.equal(await statusOf(session), 'reported');
    // Killed now, the engine leaves a gate of a landing that is over: the next one ends it.
    await world.kill();
    await until(
      async () => {
        await person.list();
        const ended = (await journalOf(world)).some(
          ({ type, data }) => type !== 'intent.opened' && data['intent'] === intent,
        );
        return ended && gateProcesses(intent).length === 0 ? true : undefined;
      },
      () => 'the gate to be ended',
    );
    assert.equal((await person.ask('audit/verify', {})).ok, true);
  });

  it('several land in the order in which they were asked for', async () => {
    await begin('landing:\n  gates:\n    - ["sleep", "0.3"]\n');
    const sessions = [await worked('one'), await worked('two'), await worked('three')];
    for (const [index, session] of sessions.entries()) {
      const tree = await worktreeOf(session);
      await git(tree, 'reset', '--quiet', '--hard', 'main');
      await writeFile(join(tree, `own-${index}.txt`), `${index}\n`);
    }
    const ids: string[] = [];
    for (const session of sessions) ids.push(await land(person, session, { commit: true }));
    const queue = (await person.ask('landing/queue', {})).landings;
    assert.deepEqual(
      queue.map(({ position }) => position),
      queue.map((_, index) => index + 1),
    );
    for (const [index, session] of sessions.entries()) await comes(person, session, ids[index] ?? '', 'landed');
    const order = await main('log', '--reverse', '--format=%(trailers:key=Coppice-Session,valueonly,separator=%x20)');
    assert.deepEqual(
      order.split('\n').filter((line) => line !== ''),
      sessions,
    );
    assert.equal(await main('status', '--porcelain'), '');
  });

  it('work below another session comes home to that session, and only the root to main', async () => {
    await begin();
    const root = await worked('alpha');
    const below = await worked('gamma', { parent: root });
    const { branch } = await person.show(root);
    const look = await person.ask('landing/preview', { session: below });
    assert.equal(look.target, branch);
    assert.equal(look.defaultBranch, false);
    const before = await main('rev-parse', 'main');
    await comes(person, below, await land(person, below), 'landed');
    assert.equal(await main('rev-parse', 'main'), before);
    assert.equal(await readFile(join(await worktreeOf(root), 'work.txt'), 'utf8'), '- alpha\n- gamma\n');
    assert.equal(await git(await worktreeOf(root), 'status', '--porcelain'), '');
    await comes(person, root, await land(person, root), 'landed');
    assert.equal(await main('show', 'main:work.txt'), '- alpha\n- gamma');
  });

  it('what is not committed lands only when somebody says so', async () => {
    await begin();
    const session = await worked('alpha');
    await writeFile(join(await worktreeOf(session), 'more.txt'), 'more\n');
    assert.equal((await person.ask('landing/preview', { session })).uncommitted, 1);
    await assert.rejects(person.ask('landing/land', { session }), /1 changed file not committed/);
    await comes(person, session, await land(person, session, { commit: true }), 'landed');
    assert.equal(await main('show', 'main:more.txt'), 'more');
    assert.equal(await git(await worktreeOf(session), 'status', '--porcelain'), '');
  });

  it('what the checkout keeps out of git lands only when a person names it', async () => {
    await begin();
    await writeFile(join(world.repository, '.gitignore'), '.env\n');
    await writeFile(join(world.repository, '.worktreeinclude'), '.env\n');
    await main('add', '.gitignore', '.worktreeinclude');
    await main('commit', '--quiet', '--message=rules');
    await writeFile(join(world.repository, '.env'), 'TOKEN=hidden\n');
    const session = await worked('alpha');
    const tree = await worktreeOf(session);
    await writeFile(join(tree, '.gitignore'), '');
    // Not committed at first, so that what the landing itself commits is looked at, too.
    const look = await person.ask('landing/preview', { session });
    assert.deepEqual([look.uncommitted, look.privateFiles, look.unsigned], [2, ['.env'], false]);
    await main('config', 'commit.gpgSign', 'true');
    assert.equal((await person.ask('landing/preview', { session })).unsigned, true);
    await main('config', '--unset', 'commit.gpgSign');
    const commit = { session, commit: true };
    const refused = { code: 'private-file', message: /\.env, which your checkout ignores/ };
    await assert.rejects(person.ask('landing/land', commit), refused);
    await git(tree, 'add', '--all');
    await git(tree, 'commit', '--quiet', '--message=all of it');
    assert.deepEqual((await person.ask('landing/preview', { session })).privateFiles, ['.env']);
    await assert.rejects(person.ask('landing/land', { session, private: ['.env.local'] }), refused);
    await git(tree, 'rm', '--quiet', '--cached', '.env');
    await writeFile(join(tree, '.gitignore'), '.env\n');
    await git(tree, 'commit', '--quiet', '--all', '--message=taken out again');
    const ways = ['squash', 'merge'] as const;
    const named = ways.map(async (way) => (await person.ask('landing/preview', { session, way })).privateFiles);
    assert.deepEqual(await Promise.all(named), [[], ['.env']], 'a merge brings the history along');
    await assert.rejects(person.ask('landing/land', { session, way: 'merge' }), refused);
    await comes(person, session, await land(person, session, { way: 'merge', private: ['.env'] }), 'landed');
  });

  it('a commit that an agent put on main itself is told with its changes; one that landed is not', async () => {
    await begin();
    const session = await person.create('alpha #ask');
    await person.sees(session, 'needs-you');
    const tree = await worktreeOf(session);
    await git(tree, 'commit', '--quiet', '--allow-empty', '--message=past the guard');
    await git(tree, 'update-ref', 'refs/heads/main', 'HEAD');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    const told = async (): Promise<string> => ((await person.show(session)).changes?.remarks ?? []).join('\n');
    assert.match(
      await told(),
      /^The branch main was moved to [0-9a-f]{12}, a commit of this worktree that Coppice did/,
    );
    await comes(person, session, await land(person, session, { way: 'rebase' }), 'landed');
    await person.continue(session, 'more');
    await person.sees(session, 'reported');
    assert.equal(await told(), '');
  });

  it('refuses what cannot be meant', async () => {
    await begin('', true);
    const session = await person.create('alpha #hang');
    await person.sees(session, 'running');
    await assert.rejects(person.ask('landing/land', { session }), /is running/);
    await assert.rejects(person.ask('landing/revert', { session }), /has nothing that landed/);
    await person.cancel(session);
    const done = await worked('beta');
    await assert.rejects(person.ask('landing/land', { session: done, tip: '0'.repeat(40) }), /by now/);
    await assert.rejects(person.ask('landing/land', { session: done, into: 'nowhere' }), /There is no branch nowhere/);
    const { branch } = await person.show(done);
    await assert.rejects(person.ask('landing/land', { session: done, into: branch ?? '' }), /is on .* itself/);
    await person.ask('trust/revoke', { path: world.repository });
    await assert.rejects(person.ask('landing/preview', { session: done }), { code: 'untrusted' });
    await assert.rejects(person.ask('landing/land', { session: done }), { code: 'untrusted' });
    assert.deepEqual(await landingsOf(person, done), []);
    await until(
      async () => ((await person.list()).length === 2 ? true : undefined),
      () => 'both sessions',
    );
    await person.trust();
    await checkEnd(person, [
      { id: session, status: 'cancelled', work: '', commits: 0 },
      { id: done, status: 'reported', work: '- beta', commits: 1 },
    ]);
  });
});

function isGate(effect: unknown): boolean {
  return typeof effect === 'object' && effect !== null && 'kind' in effect && effect.kind === 'gate';
}
