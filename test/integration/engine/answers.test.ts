import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { Connection } from '../../../src/protocol/client/connect.ts';
import { checkEnd, journalOf, type Expected, linesOf } from '../../support/engine/checks.ts';
import { given } from '../../support/engine/lives.ts';
import { Person } from '../../support/engine/person.ts';
import { killed, tally } from '../../support/engine/tally.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const rounds = 6;
type Choice = 'allow' | 'deny';

describe('two front ends that answer the same question at the same moment', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      ${tally()}\n`));

  it('cannot both win: the other one is told so', async () => {
    await withWorld(await worlds.world({ covered: true }), async (person) => {
      const expected: Expected[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { session, breakpoint } = await asked(person, round);
        const others = [await person.world.another('one'), await person.world.another('two')];
        const answers = await both(others, session, breakpoint, round);
        for (const each of others) each.dispose();
        const [won, ...more] = answers.filter((each) => each.error === undefined);
        const [lost] = answers.filter((each) => each.error !== undefined);
        assert.ok(won !== undefined && more.length === 0 && lost !== undefined, JSON.stringify(answers));
        assert.ok(isCoppiceError(lost.error, 'wrong-state'), String(lost.error));
        expected.push(await concluded(person, session, won.choice));
      }
      await checkEnd(person, expected);
    });
  });

  it('are told, after the engine was killed with the answer on record, whose it is; it is delivered once', async () => {
    const world = await worlds.world({ kill: () => ({ when: 'after', type: 'breakpoint.resolved' }) });
    await withWorld(world, async (person) => {
      const ids: string[] = [];
      const wins: Choice[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { session, breakpoint } = await asked(person, round);
        ids.push(session);
        const others = [await world.another('one'), await world.another('two')];
        const first = await both(others, session, breakpoint, round);
        const lost = first.filter(({ error }) => isGone(error));
        // The later one may be refused already while the answer of the other one is on its way to the disk.
        const refused = first.filter(({ error }) => isCoppiceError(error, 'wrong-state'));
        assert.ok(lost.length > 0 && lost.length + refused.length === 2, JSON.stringify(first));
        for (const each of others) each.dispose();
        await person.list();
        // Whose answer is on record is told so, and the other one by whom and with what it was answered.
        const again = [await world.another('one'), await world.another('two')];
        const told = await both(again, session, breakpoint, round);
        const won = told.find(({ error }) => error === undefined);
        const other = told.find((each) => each !== won);
        assert.ok(won !== undefined && isCoppiceError(other?.error, 'wrong-state'), JSON.stringify(told));
        assert.match(other.error.message, new RegExp(`was answered already by .* with "${won.choice}"`));
        wins.push(won.choice);
        for (const each of again) each.dispose();
        await person.sees(session, 'reported', 'interrupted');
      }
      assert.equal(world.kills, rounds);
      killed('between answer and delivery', world.kills);
      const views = await person.list();
      await world.kill();
      const resolved = (await journalOf(world)).filter(({ type }) => type === 'breakpoint.resolved');
      assert.equal(resolved.length, rounds, 'each question has one answer');
      const expected: Expected[] = [];
      for (const [index, { data }] of resolved.entries()) {
        const { choice } = data['answer'] as { choice: Choice };
        assert.equal(wins[index], choice);
        expected.push(await concluded(person, ids[index] ?? '', choice));
      }
      assert.deepEqual(
        views.map(({ id }) => id),
        ids,
      );
      await checkEnd(person, expected);
    });
  });
});

function isGone(error: unknown): boolean {
  return isCoppiceError(error, 'unknown-outcome') || isCoppiceError(error, 'unreachable');
}

async function withWorld(world: World, work: (person: Person) => Promise<void>): Promise<void> {
  try {
    const person = new Person(world);
    await person.trust();
    await work(person);
  } finally {
    await world.dispose();
  }
}

async function asked(person: Person, round: number): Promise<{ session: string; breakpoint: string }> {
  const session = await person.create(`round ${round} #ask`);
  const { needs } = await person.sees(session, 'needs-you');
  return { session, breakpoint: needs[0]?.id ?? '' };
}

/** What each one's answer to a breakpoint is called, also when it is given again. */
const keys = new Map<string, string>();
function keyOf(breakpoint: string, choice: Choice): string {
  const name = `${breakpoint} ${choice}`;
  const key = keys.get(name) ?? randomUUID();
  keys.set(name, key);
  return key;
}

/** One allows and the other one denies, in one order or the other. */
async function both(
  connections: readonly Connection[],
  session: string,
  breakpoint: string,
  round: number,
): Promise<{ choice: Choice; error: unknown }[]> {
  const choices: readonly Choice[] = round % 2 === 0 ? ['allow', 'deny'] : ['deny', 'allow'];
  return Promise.all(
    connections.map(async (connection, index) => {
      const choice = choices[index] ?? 'deny';
      try {
        const key = keyOf(breakpoint, choice);
        await connection.request('session/answer', { session, breakpoint, answer: { choice }, key });
        return { choice, error: undefined };
      } catch (error) {
        return { choice, error };
      }
    }),
  );
}

/** The answer that counts was delivered, once, and nothing else was. */
async function concluded(person: Person, session: string, choice: Choice): Promise<Expected> {
  const status = choice === 'allow' ? 'reported' : 'interrupted';
  const { prompt } = await person.sees(session, status);
  assert.deepEqual(given(person.world, session), [`prompt ${session}:1`, `answer ask-${session}:1`]);
  return choice === 'allow'
    ? { id: session, status, work: linesOf(prompt), commits: 1 }
    : { id: session, status, work: '', commits: 0 };
}
