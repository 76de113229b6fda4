import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { journalOf } from '../../support/engine/checks.ts';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const demo = fileURLToPath(new URL('../../../src/agents/demo/program/main.ts', import.meta.url));

describe('a breakpoint that a person set', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => {
    worlds = await Worlds.open();
    world = await worlds.world({ demo });
    person = new Person(world);
    await person.trust();
  });
  after(async () => {
    await world.dispose();
    await worlds.dispose();
  });

  const set = async (condition: string, more: object = {}): Promise<string> =>
    (await person.ask('breakpoint/set', { path: world.repository, condition, ...more })).id;
  const hits = async (id: string): Promise<number | undefined> =>
    (await person.ask('breakpoint/list', { path: world.repository })).breakpoints.find((each) => each.id === id)?.hits;
  const remove = (breakpoint: string): Promise<unknown> => person.ask('breakpoint/remove', { breakpoint });

  it('holds an agent that asks, before its tool, and says why; the input can be changed', async () => {
    const id = await set('path docs/**');
    const session = await person.create('write #ask:docs/a.md');
    const { needs, worktree } = await person.sees(session, 'needs-you');
    assert.equal(needs[0]?.why, 'A breakpoint holds it: path docs/**.');
    assert.equal(await hits(id), 1);
    const input = { path: 'docs/b.md', line: 'by a person' };
    await person.ask('session/answer', { session, answer: { choice: 'allow', input } });
    await person.sees(session, 'reported');
    assert.match(await readFile(join(worktree ?? '', 'docs/b.md'), 'utf8'), /by a person/u);
    await remove(id);
  });

  it('is told with the title of the one session that it is for, and refused with the form that was meant', async () => {
    const session = await person.create('note the tides');
    await person.sees(session, 'reported');
    const id = await set('diff-size 400', { session });
    const { breakpoints } = await person.ask('breakpoint/list', { path: world.repository });
    assert.equal(breakpoints.find((each) => each.id === id)?.title, 'note the tides');
    await assert.rejects(set('diff-size abc'), /Write `diff-size <lines>`/u);
    await remove(id);
  });

  it('interrupts one that does not ask, right after its tool, and goes on when a person says so', async () => {
    const id = await set('path docs/**', { once: true });
    const session = await person.create('write #write:docs/a.md #slow:60 #write:other.md');
    const { needs } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.detail ?? '', /did not ask before Edit, so that it was done already:\ndocs\/a\.md/u);
    assert.equal(await hits(id), undefined, 'it was to hold once');
    await world.kill();
    const again = await person.sees(session, 'needs-you');
    assert.equal(again.needs.length, 1);
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    const prompts = (await journalOf(world)).filter(
      ({ type, data }) => type === 'prompt.added' && data['session'] === session,
    );
    assert.equal(prompts[1]?.data['text'], 'Go on with what you were doing.');
  });

  it('is not met by what an agent did before it was set, also when an engine reads that again', async () => {
    const session = await person.create('write #write:docs/a.md #slow:60');
    // It says words when it has written.
    const wrote = () =>
      until(
        async () =>
          (await person.show(session)).activity?.lastMessage?.startsWith('word ') === true ? true : undefined,
        async () => JSON.stringify(await person.show(session)),
      );
    await wrote();
    const id = await set('path docs/**');
    await world.kill();
    await wrote();
    assert.deepEqual([(await person.show(session)).needs, await hits(id)], [[], 0]);
    await person.ask('session/cancel', { session });
    await person.sees(session, 'cancelled');
    await remove(id);
  });

  it('holds after a turn that wrote to a path without saying so', async () => {
    const [elsewhere, id] = [await set('path docs/**'), await set('path work.*')];
    const session = await person.create('alpha', { agent: 'once' });
    const { needs } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.detail ?? '', /path work\.\*\.[^]*Changed files: work\.txt/u);
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    assert.deepEqual([await hits(id), await hits(elsewhere)], [1, 0]);
    await remove(id);
    await remove(elsewhere);
  });

  it('holds before the first turn, where the prompt can be changed, and after a turn from a hit on', async () => {
    const before = await set('before turn', { once: true });
    const after = await set('after turn and diff-size 1', { fromHit: 2 });
    const session = await person.create('first #write:a.md');
    const held = await person.sees(session, 'needs-you');
    assert.match(held.needs[0]?.detail ?? '', /about to be given:\nfirst #write:a\.md/u);
    assert.equal(held.turns, 0);
    await person.ask('session/answer', { session, answer: { choice: 'deny', reason: 'second #write:b.md' } });
    const { worktree } = await person.sees(session, 'reported');
    assert.match(await readFile(join(worktree ?? '', 'b.md'), 'utf8'), /second/u);
    await assert.rejects(readFile(join(worktree ?? '', 'a.md')));
    assert.deepEqual([await hits(before), await hits(after)], [undefined, 1]);

    await person.continue(session, 'third #write:c.md');
    const { needs } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.detail ?? '', /Changed files: b\.md, c\.md/u);
    await person.ask('session/answer', { session, answer: { choice: 'hand-over' } });
    await person.sees(session, 'interrupted');
    await person.ask('breakpoint/enable', { breakpoint: after, enabled: false });
    await person.continue(session, 'fourth #write:d.md');
    await person.sees(session, 'reported');
    assert.equal(await hits(after), 2);
    const edit = async (condition: string) => person.ask('breakpoint/edit', { breakpoint: after, condition });
    const { id, spec, hits: kept, condition } = await edit('diff-size 2');
    assert.deepEqual([id, spec.fromHit, spec.enabled, kept, condition], [after, 2, false, 2, 'diff-size 2']);
    await assert.rejects(edit('diff-size many'), { code: 'bad-usage', message: /Write `diff-size <lines>`/ });
    await remove(after);
    await assert.rejects(edit('diff-size 3'), { code: 'not-found' });
  });

  it('holds after a turn that left the project with fewer tests', async () => {
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-C', world.repository, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args]);
    await mkdir(join(world.repository, 'test'));
    await writeFile(join(world.repository, 'test', 'a.test.js'), "it('adds', () => {});\n");
    git('add', 'test');
    git('commit', '-qm', 'A test');
    await set('after turn and fewer-tests 1', { once: true });
    const session = await person.create('wait #ask:a.md');
    const { worktree } = await person.sees(session, 'needs-you');
    await rm(join(worktree ?? '', 'test', 'a.test.js'));
    await person.answer(session, 'allow');
    const { needs } = await until(
      async () => {
        const seen = await person.show(session);
        return seen.needs.some(({ kind }) => kind === 'decision') ? seen : undefined;
      },
      async () => JSON.stringify(await person.show(session)),
    );
    assert.equal(needs[0]?.why, 'A breakpoint holds it: after a turn and a test fewer.');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
  });

  it('is not passed by a permission that was given for good; without one, the like of it is not asked again', async () => {
    const ask = (prompt: string): Promise<string> => person.create(prompt);
    const first = await ask('write #ask:docs/a.md');
    await person.sees(first, 'needs-you');
    const remember = { scope: 'always', pattern: 'docs/*.md' } as const;
    await person.ask('session/answer', { session: first, answer: { choice: 'allow', remember } });
    await person.sees(first, 'reported');

    const second = await ask('write #ask:docs/z.md');
    await person.sees(second, 'reported');
    const resolved = (await journalOf(world)).find(
      ({ type, data }) => type === 'breakpoint.resolved' && data['session'] === second,
    );
    assert.match(String(resolved?.data['by']), /^permission .* given earlier$/u);
    for (const path of ['docs/deep/z.md', 'other.md']) {
      const other = await ask(`write #ask:${path}`);
      await person.sees(other, 'needs-you');
      await person.cancel(other);
    }
    const id = await set('before tool Edit');
    const third = await ask('write #ask:docs/y.md');
    await person.sees(third, 'needs-you');
    await assert.rejects(
      person.ask('session/answer', {
        session: third,
        answer: { choice: 'allow', remember: { scope: 'always', pattern: 'src/*' } },
      }),
      (error) => isCoppiceError(error, 'bad-usage'),
    );
    await person.cancel(third);
    await remove(id);
  });

  it('is not needed to hold a session: help that is asked for interrupts it, and the answer is its next prompt', async () => {
    const session = await person.create('write #write:a.md #slow:60');
    const deadline = { session, question: 'Which database?' };
    await until(
      async () => ((await person.show(session)).turns > 0 ? true : undefined),
      () => 'a turn',
    );
    await person.ask('supervision/help', deadline);
    await person.ask('supervision/help', deadline);
    const { needs } = await person.sees(session, 'needs-you');
    assert.deepEqual(
      needs.map(({ title }) => title),
      ['Help: Which database?'],
    );
    assert.match(needs[0]?.detail ?? '', /Question:\nWhich database\?[^]*Goal:\nwrite #write:a\.md/u);
    await person.ask('session/answer', { session, answer: { choice: 'deny', reason: 'The small one #write:b.md' } });
    await person.sees(session, 'reported');
    await assert.rejects(person.ask('supervision/help', deadline), (error) => isCoppiceError(error, 'wrong-state'));
  });

  it('is not needed either by an agent that leaves its question in a file: it is asked once, as text, and gets the answer', async () => {
    const session = await person.create('which one #write:.coppice/help.md');
    const { needs, worktree } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.title ?? '', /^Help: .*which one/u);
    assert.equal(needs[0]?.why, 'agent:demo asks for help.');
    await world.kill();
    assert.equal((await person.sees(session, 'needs-you')).needs.length, 1);
    await person.ask('session/answer', { session, answer: { choice: 'answer', reason: 'this one #write:c.md' } });
    await person.sees(session, 'reported');
    assert.match(await readFile(join(worktree ?? '', 'c.md'), 'utf8'), /this one/u);
    const raised = (await journalOf(world)).filter(
      ({ type, data }) => type === 'breakpoint.raised' && data['session'] === session,
    );
    assert.equal(raised.length, 1);
    await assert.rejects(readFile(join(worktree ?? '', '.coppice', 'help.md')), { code: 'ENOENT' });
  });

  it('is not needed either when that agent is run once for each prompt, so that its turn ends with its process', async () => {
    const session = await person.create('which one #help', { agent: 'once' });
    const { needs, worktree } = await person.sees(session, 'needs-you');
    assert.deepEqual([needs[0]?.title, needs[0]?.why], ['Help: Which one?', 'agent:once asks for help.']);
    await person.ask('session/answer', { session, answer: { choice: 'answer', reason: 'this one' } });
    await person.sees(session, 'reported');
    assert.equal(await readFile(join(worktree ?? '', 'work.txt'), 'utf8'), '- which one #help\n- this one\n');
  });

  it('is not needed where the policy of the repository asks or forbids, with the rule as the reason', async () => {
    const file = join(world.repository, '.coppice.yaml');
    await writeFile(file, 'approval:\n  ask: ["path docs/**"]\n  forbid: ["path infra/**"]\n  landing: accepted\n');
    const refused = await person.create('write #ask:infra/a.md');
    await person.sees(refused, 'reported');
    const answers = (await journalOf(world)).filter(
      ({ type, data }) => type === 'breakpoint.resolved' && data['session'] === refused,
    );
    assert.deepEqual(
      answers.map(({ data }) => [data['by'], data['answer']]),
      [
        [
          'approval policy',
          { choice: 'deny', reason: 'The approval policy of the repository forbids it: path infra/**.' },
        ],
      ],
    );
    const session = await person.create('write #ask:docs/a.md');
    const { needs } = await person.sees(session, 'needs-you');
    assert.equal(needs[0]?.why, 'The approval policy of the repository wants a person to decide: path docs/**.');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    const unasked = await person.create('write #write:infra/a.md #slow:60 #write:other.md');
    const held = await person.sees(unasked, 'needs-you');
    assert.match(held.needs[0]?.detail ?? '', /policy of the repository forbids it[^]*done already:\ninfra\/a\.md/u);
    await person.ask('session/answer', { session: unasked, answer: { choice: 'abort' } });

    const land = (): Promise<unknown> => person.ask('landing/land', { session, way: 'squash', commit: true });
    await assert.rejects(
      land(),
      (error) => isCoppiceError(error, 'wrong-state') && error.message.includes('is not accepted'),
    );
    await writeFile(file, 'approval:\n  asks: []\n');
    await assert.rejects(land(), (error) => isCoppiceError(error, 'config-invalid') && error.context['line'] === '2');
    await rm(file);
  });

  it('is not needed where a limit of the repository is reached: a person raises it, and the prompt is given once', async () => {
    const file = join(world.home, 'config.yaml');
    await writeFile(file, 'budget:\n  projectTokens: 1\n');
    const beside = await person.create('write #ask:beside.md');
    await person.sees(beside, 'needs-you');
    const session = await person.create('write #write:limited.md');
    await person.sees(session, 'needs-you');
    await world.kill();
    const { needs } = await person.sees(session, 'needs-you');
    assert.equal(
      needs[0]?.why,
      'A limit is reached: The budget of this repository allows 1 token; 2 tokens would be used.',
    );
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    await person.answer(beside, 'allow');
    await person.sees(beside, 'reported');
    const records = (await journalOf(world)).filter(({ data }) => data['session'] === session);
    const about = (type: string): unknown[] => records.filter((each) => each.type === type);
    assert.deepEqual(
      ['budget.extended', 'budget.reserved', 'turn.started', 'turn.ended'].map((type) => about(type).length),
      [1, 1, 1, 1],
    );
    await rm(file);
  });

  it('is asked before each session of a stage, and once when the last of them has ended, whoever that is', async () => {
    const [before, after] = [await set('before stage ship'), await set('after stage build')];
    const parent = await person.create('lead #write:lead.md');
    await person.sees(parent, 'reported');
    const stage = 'build';
    const slow = await person.create('one #ask:one.md', { parent, stage });
    await person.sees(slow, 'needs-you');
    const quick = await person.create('two #write:two.md', { parent, stage });
    await person.sees(quick, 'reported');
    assert.equal(await hits(after), 0, 'the stage is not over');
    await person.answer(slow, 'allow');
    const { needs } = await until(
      async () => [await person.show(slow)].find((each) => each.needs[0]?.kind === 'decision'),
      () => 'the end of the stage',
    );
    assert.deepEqual(
      [needs[0]?.title, needs[0]?.why],
      ['Breakpoint after stage build', 'A breakpoint holds it: after stage build.'],
    );
    assert.match(needs[0]?.detail ?? '', /The others of the stage:\nreported: two/u);
    await world.kill();
    await person.sees(slow, 'needs-you');
    await person.answer(slow, 'allow');
    assert.equal((await person.sees(slow, 'reported')).stage, 'build');
    const ship = await person.create('three #write:three.md', { parent, stage: 'ship' });
    const held = await person.sees(ship, 'needs-you');
    assert.equal(held.needs[0]?.why, 'A breakpoint holds it: before stage ship.');
    await person.answer(ship, 'allow');
    await person.sees(ship, 'reported');
    assert.deepEqual([await hits(before), await hits(after)], [1, 1]);
    await Promise.all([remove(before), remove(after)]);
    await assert.rejects(
      person.create('four', { stage: 'ship' }),
      (error) => isCoppiceError(error, 'bad-usage') && error.next.includes('--parent'),
    );
  });

  it('is refused with what can be written when its condition makes no sense', async () => {
    for (const condition of ['whenever', 'confidence high', 'danger none', 'diff-size -1']) {
      await assert.rejects(set(condition), (error) => isCoppiceError(error, 'bad-usage'), condition);
    }
  });
});
