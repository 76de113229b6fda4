import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { SupervisionView } from '../../../src/protocol/supervision-views.ts';
import { journalOf } from '../../support/engine/checks.ts';
import { comes, land } from '../../support/engine/landings.ts';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const demo = fileURLToPath(new URL('../../../src/agents/demo/program/main.ts', import.meta.url));

/** Kills the engine that asks it, while there is a file `deadly` at home. */
const deadly = '[ ! -e "$HOME/deadly" ] || kill -9 $PPID';
/** Says no while the worktree has a file `bad.md`; waits there while there is a file `hold` at home. */
const script = `${deadly}; echo "judging $(ls)"; while [ -e "$HOME/hold" ]; do sleep 0.05; done
[ ! -e bad.md ] || { echo "bad.md is there at $(date)"; exit 3; }`;
/** It goes on where the settings of the world end: about agents of one's own. */
const config = `    complaining:
      command: [/bin/sh, -c, 'echo "the disk is on fire" >&2; exit 3', '{prompt}']
  demo:
    strongerModel: stronger-demo
landing:
  gates:
    - [sh, -c, ${JSON.stringify(`${deadly}; exit 0`)}]
supervision:
  model: none
  gates:
    - [sh, -c, ${JSON.stringify(script)}]
`;

describe('a session whose turns are judged by gates', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  let hold: string;

  before(async () => {
    worlds = await Worlds.open();
    world = await worlds.world({ demo, config });
    hold = join(world.userHome, 'hold');
    person = new Person(world);
    await person.trust();
  });
  after(async () => {
    await world.dispose();
    await worlds.dispose();
  });

  const start = (prompt: string): Promise<string> => person.create(prompt);
  const supervision = (session: string): Promise<SupervisionView> => person.ask('supervision/show', { session });
  const refused = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (error) {
      if (isCoppiceError(error, 'wrong-state')) return error.message;
      throw error;
    }
    return 'it was taken';
  };

  it('is verified when they pass on its files, accepted by a person, and neither any more when the files change', async () => {
    const session = await start('write it #write:good.md');
    const { worktree } = await person.sees(session, 'verified');
    const { judgements, proof } = await supervision(session);
    assert.deepEqual(
      judgements.map(({ decision }) => decision?.action),
      ['finish'],
    );
    assert.match(judgements[0]?.decision?.sentence ?? '', /The gate passed on this tree/u);
    assert.deepEqual(
      proof.map(({ passed, code }) => [passed, code]),
      [[true, 0]],
    );
    assert.match(proof[0]?.tail ?? '', /judging [^]*good\.md/u);
    const { checkpoints } = await person.ask('checkpoint/list', { session });
    assert.deepEqual(
      checkpoints.filter(({ turn }) => turn === 1).map(({ kind, tree }) => [kind, tree]),
      [['gate', proof[0]?.tree]],
      'the end of the turn is what gates were asked about: one state, kept once',
    );

    await person.ask('supervision/accept', { session });
    await person.sees(session, 'accepted');

    await writeFile(join(worktree ?? '', 'bad.md'), 'by hand\n');
    await person.ask('supervision/verify', { session });
    const after = await until(
      async () => {
        const view = await supervision(session);
        return view.verifying ? undefined : view;
      },
      async () => JSON.stringify(await supervision(session)),
    );
    assert.match(after.standing, /says no/u);
    assert.equal((await person.show(session)).status, 'reported');
    assert.equal(after.approval?.current, false);
    assert.match(await refused(person.ask('supervision/accept', { session })), /has no proof for its files/u);
    await person.ask('supervision/accept', { session, unverified: true });
    assert.equal((await supervision(session)).approval?.unverified, true);
  });

  it('ends gates that a person had asked and stops, with what they have started, and can be asked again', async () => {
    const session = await start('write it #write:good.md');
    await person.sees(session, 'verified');
    await person.ask('supervision/stop-verifying', { session });
    await writeFile(hold, '');
    try {
      await person.ask('supervision/verify', { session });
      const asked = await until(
        async () => {
          const [running] = world.processes().filter((each) => each.session !== session);
          return running?.session;
        },
        () => 'the gate to begin',
      );
      await person.ask('supervision/stop-verifying', { session });
      assert.equal((await supervision(session)).verifying, false);
      await until(
        () => world.processes().every((each) => each.session !== asked) || undefined,
        () => 'the gate to end',
      );
    } finally {
      await rm(hold);
    }
    assert.equal((await supervision(session)).proof.length, 0);
    await person.ask('supervision/verify', { session });
    const said = await until(
      async () => (await supervision(session)).proof[0],
      () => 'the gate to answer',
    );
    assert.equal(said.passed, true);
  });

  it('is told by each try alone what went wrong: an agent that complains of the same is the same error', async () => {
    const session = await person.create('try it', { agent: 'complaining' });
    await person.sees(session, 'needs-you');
    const { errors, automatic } = await supervision(session);
    assert.deepEqual([errors[0]?.count, errors.length, automatic], [3, 1, 2]);
    assert.equal((await person.show(session)).text, 'the disk is on fire');
  });

  it('is sent back with what the gate printed, as often as allowed, and then asks; what a person says is the next prompt', async () => {
    const session = await start('spoil it #write:bad.md');
    const { needs } = await person.sees(session, 'needs-you');
    assert.equal(needs[0]?.kind, 'decision');
    assert.match(needs[0].detail, /ended with code 3\. It was tried as often as allowed[^]*bad\.md is there/u);
    const { judgements, errors, automatic } = await supervision(session);
    assert.deepEqual(
      judgements.map(({ decision }) => decision?.action),
      ['continue', 'escalate', 'ask'],
    );
    assert.deepEqual([errors[0]?.count, automatic], [3, 2], 'a date in the output makes no other error of it');
    const of = async (what: string) =>
      (await journalOf(world)).filter(({ type, data }) => type === what && data['session'] === session);
    assert.match(judgements[1]?.decision?.sentence ?? '', /with the stronger model stronger-demo/u);
    const models = (await of('agent.identified')).map(({ data }) => data['model']);
    assert.deepEqual(
      models,
      ['demo', 'stronger-demo'],
      'the last try is made by the stronger one, in the same conversation',
    );
    const prompts = await of('prompt.added');
    assert.deepEqual(
      prompts.map(({ actor }) => actor.split(':')[0]),
      ['user', 'supervisor', 'supervisor'],
    );
    assert.match(String(prompts[1]?.data['text']), /bad\.md is there[^]*\+- spoil it[^]*spoil it #write:bad\.md/u);
    const kept = (what: 'prompt' | 'gate' | 'review') => person.ask('supervision/text', { session, turn: 1, what });
    assert.deepEqual(await kept('prompt'), { text: prompts[1]?.data['text'], cut: false });
    assert.match((await kept('gate')).text, /bad\.md is there/u);
    await assert.rejects(kept('review'), (error) => isCoppiceError(error, 'not-found'));

    await assert.rejects(person.ask('session/answer', { session, answer: { choice: 'deny' } }), (error) =>
      isCoppiceError(error, 'bad-usage'),
    );
    await person.ask('session/answer', {
      session,
      answer: { choice: 'deny', reason: 'something else #write:other.md' },
    });
    await person.sees(session, 'needs-you');
    assert.equal((await of('agent.identified'))[2]?.data['model'], 'demo', 'a person begins with the usual one');
    const fresh = await supervision(session);
    assert.deepEqual([fresh.errors[0]?.count, fresh.automatic], [3, 2], 'a prompt of a person is a fresh start');
    assert.equal(fresh.judgements.length, 6);
    await person.ask('session/answer', { session, answer: { choice: 'hand-over' } });
    await person.sees(session, 'interrupted');
  });

  it('is rolled back first where it is autonomous, told so, and asks with its files as they are; each can be undone', async () => {
    await writeFile(hold, '');
    const session = await start('spoil it #write:bad.md');
    await person.sees(session, 'running');
    await person.ask('supervision/level', { session, level: 'autonomous' });
    await rm(hold);
    const { worktree } = await person.sees(session, 'needs-you');
    const { judgements } = await supervision(session);
    const decisions = judgements.map(({ decision }) => [decision?.action, decision?.rolledBackTo !== undefined]);
    assert.deepEqual(decisions, [
      ['continue', true],
      ['escalate', true],
      ['ask', false],
    ]);
    const { checkpoints } = await person.ask('checkpoint/list', { session });
    const gated = checkpoints.filter(({ kind }) => kind === 'gate').map(({ tree }) => tree);
    const judged = judgements.flatMap(({ evidence }) => evidence.map(({ tree }) => tree));
    assert.deepEqual(gated, judged, 'what gates were asked about is kept');
    const rolled = checkpoints.filter(({ restore }) => restore?.automatic === true);
    assert.deepEqual(
      rolled.map(({ restore }) => restore?.side),
      ['before', 'after', 'before', 'after'],
    );
    assert.deepEqual(
      [rolled[0]?.tree, rolled[1]?.tree],
      [judged[0], checkpoints[0]?.tree],
      'all of the turn, and no more',
    );
    const prompts = (await journalOf(world)).filter(
      ({ type, data }) => type === 'prompt.added' && data['session'] === session,
    );
    const text = String(prompts[1]?.data['text']);
    assert.match(
      text,
      /^Turn 1 was rolled back: the files are as they were before it\. [^]*ended with code 3\. What the turn changed is/u,
    );
    assert.match(text, /bad\.md is there[^]*\+- spoil it/u, 'with what the gate said, and what it is about');
    assert.equal(judgements[0]?.decision?.prompt, 2);
    const sent = await person.ask('supervision/text', { session, turn: 1, what: 'prompt', at: 0 });
    assert.equal(sent.text, text, 'it can be read as it was sent');

    const file = join(worktree ?? '', 'bad.md');
    const third = await readFile(file, 'utf8');
    assert.match(third, /Turn 2 was rolled back/u, 'what the third turn did is there to be looked at');
    await person.ask('session/answer', { session, answer: { choice: 'hand-over' } });
    await person.sees(session, 'interrupted');
    await person.ask('restore/undo', { session });
    const second = await person.ask('diff/file', { session, side: rolled[2]?.n ?? -1, path: 'bad.md' });
    assert.equal(await readFile(file, 'utf8'), second.state === 'there' && second.content);
    await person.ask('restore/undo', { session });
    assert.equal(await readFile(file, 'utf8'), third, 'an undo is undone');
  });

  it('asks a person, and sends nothing, where the template of the next prompt would go in circles', async () => {
    const folder = join(world.repository, '.coppice', 'prompts');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'continue.md'), '---\nname: continue\n---\n{{goal}} {{continue}}\n');
    const session = await start('spoil it #write:bad.md');
    const { needs } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.detail ?? '', /could not be written[^]*no variable `continue`[^]*Mend [^]*continue\.md/u);
    assert.equal((await supervision(session)).automatic, 0);
    await rm(folder, { recursive: true });
    await person.cancel(session);
  });

  it('asks no gate about a turn that failed', async () => {
    const session = await start('fail #fail');
    await person.sees(session, 'needs-you');
    const { judgements, proof } = await supervision(session);
    assert.deepEqual(
      judgements.map(({ issues }) => issues[0]?.kind),
      ['failed', 'failed', 'failed'],
    );
    assert.deepEqual(proof, []);
    await person.ask('session/answer', { session, answer: { choice: 'abort' } });
    await person.sees(session, 'cancelled');
  });

  it('is asked after each turn once a person wants that, in mid-run', async () => {
    await writeFile(hold, '');
    const session = await start('write it #write:good.md');
    await person.sees(session, 'running');
    await person.ask('supervision/level', { session, level: 'collaborative' });
    await rm(hold);
    const { needs } = await person.sees(session, 'needs-you');
    assert.match(needs[0]?.detail ?? '', /A person decides after each turn \(collaborative\)/u);
    await person.answer(session, 'allow');
    await person.sees(session, 'verified');
    const { judgements } = await supervision(session);
    assert.equal(judgements[0]?.word?.good, true);
  });

  it('asks a gate again that a killed engine was running, after it has ended what that had started', async () => {
    await writeFile(hold, '');
    const session = await start('write it #write:good.md');
    const opened = await until(
      async () => (await journalOf(world)).find(({ data }) => isGate(data['effect']) && data['session'] === session),
      () => 'a gate to be asked',
    );
    const first = join(world.home, 'sessions', session, 'gates', `${String(opened.data['intent'])}.log`);
    await until(
      async () => ((await readFile(first, 'utf8').catch(() => '')) === '' ? undefined : true),
      () => 'the gate to begin',
    );
    await world.kill();
    await until(
      async () => {
        await person.list();
        const unanswered = (await journalOf(world)).some(
          ({ type, data }) => type === 'gate.unanswered' && data['intent'] === opened.data['intent'],
        );
        return unanswered ? true : undefined;
      },
      () => 'the first gate to be given up',
    );
    assert.deepEqual(
      world.processes().filter((each) => each.session === opened.data['intent']),
      [],
    );
    await rm(hold);
    await person.sees(session, 'verified');
    const answers = (await journalOf(world)).filter(
      ({ type, data }) => type === 'gate.answered' && data['session'] === session,
    );
    assert.equal(answers.length, 1);
  });

  it('asks a gate that kills its engine three times and no more: then a person is asked, about a turn as about a landing', async () => {
    const mark = join(world.userHome, 'deadly');
    await writeFile(mark, '');
    const before = world.kills;
    const session = await start('write it #write:good.md');
    const { needs } = await person.onRecord(() => person.sees(session, 'needs-you'));
    assert.match(needs[0]?.detail ?? '', /^The gate `sh -c [^]*` was asked 3 times, and each time the engine ended/u);
    assert.equal(world.kills - before, 3);
    await rm(mark);
    await person.ask('session/answer', { session, answer: { choice: 'deny', reason: 'once more #write:good.md' } });
    await person.sees(session, 'verified');

    await writeFile(mark, '');
    const landing = await land(person, session);
    const { error } = await person.onRecord(() => comes(person, session, landing, 'refused'));
    assert.match(error?.message ?? '', /^The gate `sh -c [^]*` was asked 3 times/u);
    assert.equal(world.kills - before, 6);
    await rm(mark);
    await comes(person, session, await land(person, session), 'landed');
  });
});

const lives = {
  supervised: ['turn.validated', 'gate.answered', 'turn.decided', 'breakpoint.raised'],
  autonomous: [
    'turn.decided',
    'restore.planned',
    'restore.ended',
    'gate.answered',
    'restore.planned',
    'breakpoint.raised',
  ],
};

describe('a judged session whose engine is killed at every step of judging', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  for (const [level, types] of Object.entries(lives)) {
    it(`gets one verdict a turn and each prompt once, and ends as if nobody had been killed (${level})`, () =>
      killedAt(level, types));
  }

  async function killedAt(level: string, types: readonly string[]): Promise<void> {
    const world = await worlds.world({
      demo,
      config: `${config}  level: ${level}\n`,
      kill: (life) => {
        const type = types[life - 1];
        return type === undefined ? undefined : { when: 'after', type };
      },
    });
    try {
      const person = new Person(world);
      await person.trust();
      // A tool that asks is let through where it is autonomous: nobody is there to answer.
      const alone = level === 'autonomous';
      const session = await person.create(`spoil it #${alone ? 'ask' : 'write'}:bad.md`);
      await until(
        async () => ((await person.show(session)).needs.some(({ kind }) => kind === 'decision') ? true : undefined),
        () => 'a person to be asked',
      );
      // What is seen may come from the engine that dies of its last commit in this moment.
      const all = types.length;
      await until(
        () => (world.kills === all ? true : undefined),
        () => `${all} kills, not ${world.kills}`,
      );
      const journal = (await journalOf(world)).filter(({ data }) => data['session'] === session);
      const turnsOf = (type: string): unknown[] =>
        journal.filter((each) => each.type === type).map(({ data }) => data['turn']);
      assert.deepEqual(turnsOf('turn.decided'), [1, 2, 3]);
      assert.deepEqual(turnsOf('gate.answered'), [1, 2, 3]);
      assert.deepEqual(turnsOf('turn.started'), [1, 2, 3]);
      assert.deepEqual(
        journal
          .filter(({ type }) => type === 'prompt.added')
          .map(({ actor, data }) => [actor.split(':')[0], data['prompt']]),
        [
          ['user', 1],
          ['supervisor', 2],
          ['supervisor', 3],
        ],
      );
      const raised = journal.filter(({ type }) => type === 'breakpoint.raised');
      assert.equal(raised.filter(({ data }) => data['kind'] === 'decision').length, 1);
      const letThrough = journal.filter(({ type }) => type === 'breakpoint.resolved').map(({ data }) => data['by']);
      assert.deepEqual(letThrough, alone ? Array(3).fill('level autonomous, nothing dangerous was seen') : []);
      const rolled = journal.filter(({ type, data }) => type === 'restore.ended' && data['error'] === undefined);
      const told = journal.filter(
        ({ type, data }) => type === 'prompt.added' && /^Turn \d was rolled back/u.test(String(data['text'])),
      );
      const times = alone ? 2 : 0;
      assert.deepEqual([rolled.length, told.length], [times, times], 'each is done once and told once');
      await person.ask('session/answer', { session, answer: { choice: 'hand-over' } });
      await person.sees(session, 'interrupted');
      await world.stop();
    } finally {
      await world.dispose();
    }
  }
});

function isGate(effect: unknown): boolean {
  return typeof effect === 'object' && effect !== null && 'kind' in effect && effect.kind === 'gate';
}
