import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/core/session/state.ts';
import { Chance } from '../support/engine/chance.ts';
import { checkEnd, linesOf, type Expected } from '../support/engine/checks.ts';
import { drive, isAt, type Moment } from '../support/engine/disturbance.ts';
import { given } from '../support/engine/lives.ts';
import { Person } from '../support/engine/person.ts';
import { git } from '../support/engine/repository.ts';
import { printed } from '../support/engine/stream.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { killAll, type Victim } from '../support/engine/victims.ts';
import { inParallel, sleep } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

/** An agent that is disturbed: what it is asked, what it was given, and what it has made of prompts that it carried out. */
interface Subject {
  readonly agent: string;
  /** The program behind the demo agent, when it is not the stand-in. */
  readonly demo?: string;
  readonly moments: readonly Moment[];
  prompt(subject: string): string;
  /** Prompts, requests and answers so far, in order, as `prompt ID`, `ask ID`, `answer ID`. */
  notes(world: World, session: string): readonly string[];
  work(...subjects: readonly string[]): string;
}

const standIn: Subject = {
  agent: 'demo',
  moments: ['spawned', 'given', 'asked', 'answered'],
  prompt: (subject) => `${subject} #slow:0.1 #ask`,
  notes: (world, session) => given(world, session, 'prompt', 'ask', 'answer'),
  work: (...subjects) => linesOf(...subjects.map((subject) => standIn.prompt(subject))),
};

const command: Subject = {
  agent: 'once',
  moments: ['spawned', 'given', 'given'],
  prompt: (subject) => `${subject} #slow:0.1`,
  notes: (world, session) => given(world, session, 'prompt'),
  work: (...subjects) => linesOf(...subjects.map((subject) => command.prompt(subject))),
};

const demo: Subject = {
  agent: 'demo',
  demo: fileURLToPath(new URL('../../src/agents/demo/program/main.ts', import.meta.url)),
  moments: ['spawned', 'given', 'asked', 'answered'],
  prompt: (subject) => `${subject} #slow:0.1 #ask:work.txt`,
  notes: (world, session) => printed(world, session),
  work: (...subjects) =>
    ['# Notes of the demo agent', '', ...subjects.map((subject) => `- ${subject} (with permission)`)].join('\n'),
};

const alone: readonly (readonly Victim[])[] = [['agent'], ['wrapper'], ['feeder']];
const together: readonly (readonly Victim[])[] = [
  ['agent', 'engine'],
  ['wrapper', 'engine'],
  ['agent', 'wrapper', 'feeder', 'engine'],
];

/** Longest time between the moment and the kill, in milliseconds. */
const laterMs = 120;
const width = 3;

describe('wrapper and agent that are killed in mid-turn, alone or together with the engine', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  const chance = new Chance();
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      seed ${chance.seed}; ${tally()}\n`));

  async function disturbAll(subject: Subject, victims: readonly (readonly Victim[])[]): Promise<void> {
    const jobs = victims.map((who) => ({ who, numbers: chance.fork() }));
    await inParallel(jobs, width, async ({ who, numbers }) => {
      // What the engine makes of such an end by itself is tried elsewhere.
      const config = 'session:\n  restarts: 0\n';
      const world = await worlds.world({ config, ...(subject.demo === undefined ? {} : { demo: subject.demo }) });
      try {
        await disturb(world, subject, who, numbers);
      } finally {
        await world.dispose();
      }
    });
  }

  it('leave a dialogue that has ended or failed, without doing anything twice, and can be continued', () =>
    disturbAll(standIn, [...alone, ...together]));

  it('leave a command that has ended or failed, without doing anything twice, and can be continued', () =>
    disturbAll(command, [...alone, ...together]));

  it('leave the demo agent that has ended or failed, without doing anything twice, and can be continued', () =>
    disturbAll(demo, [['agent'], ...together]));
});

/** One session after the other is disturbed, each at another moment. */
async function disturb(world: World, subject: Subject, who: readonly Victim[], numbers: Chance): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const expected: Expected[] = [];
  for (const [index, moment] of subject.moments.entries()) {
    const [first, second] = [`first of ${index}`, `second of ${index}`];
    const session = await person.create(subject.prompt(first), { agent: subject.agent });
    const driven = drive(person, session);
    await isAt(() => hasCome(world, subject, session, moment), driven);
    await sleep(numbers.below(laterMs));
    if (killAll(world, session, who) > 0) killed(who.join(' and '));
    const status = await driven;
    assert.ok(status === 'reported' || status === 'failed', `${moment}: ${status}`);

    if (status === 'reported') assert.ok(subject.notes(world, session).length > 0, 'what was reported was done');
    await person.continue(session, subject.prompt(second));
    assert.equal(await drive(person, session), 'reported');
    const notes = subject.notes(world, session);
    assert.equal(new Set(notes).size, notes.length, `nothing was given twice: ${notes.join(', ')}`);
    expected.push(await afterwards(person, session, status, [subject.work(second), subject.work(first, second)]));
  }
  await checkEnd(person, expected);
}

function hasCome(world: World, subject: Subject, session: string, moment: Moment): boolean {
  if (moment === 'spawned') return world.processes().some((each) => each.session === session);
  const what = { given: 'prompt', asked: 'ask', answered: 'answer' }[moment];
  return subject.notes(world, session).some((note) => note.startsWith(`${what} `));
}

/** How the session has to stand after its second prompt. Whether a turn that failed had changed the file is not known. */
async function afterwards(
  person: Person,
  id: string,
  first: Status,
  [second, both]: readonly [string, string],
): Promise<Expected> {
  const { branch } = await person.show(id);
  const work = await git(person.world.repository, 'show', `${branch ?? ''}:work.txt`);
  assert.ok(work === both || (first === 'failed' && work === second), `after ${first}: ${work}`);
  return { id, status: 'reported', work, commits: first === 'reported' ? 2 : 1 };
}
