import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Chance } from '../support/engine/chance.ts';
import { checkEnd, journalOf, linesOf } from '../support/engine/checks.ts';
import { given } from '../support/engine/lives.ts';
import { Person, settled } from '../support/engine/person.ts';
import type { KillPoint } from '../support/engine/plan.ts';
import { somePoints } from '../support/engine/points.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel, until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

const running = 3;
const waiting = 10;
/** Those of the waiting that have priority, counted from 0. */
const urgent = [4, 7];

describe('the queue of an engine that is killed at random while it drains', function () {
  this.timeout(420_000);
  let worlds: Worlds;
  const chance = new Chance();
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      seed ${chance.seed}; ${tally()}\n`));

  it('keeps its order, lets three work at once, and refuses the fourteenth', async () => {
    const all = [chance.fork(), chance.fork(), chance.fork()].map((numbers) => ({ numbers }));
    const jobs = somePoints(all, 3, chance);
    await inParallel(jobs, jobs.length, async ({ numbers }) => {
      const kill = (): KillPoint => ({
        when: numbers.below(2) === 0 ? 'before' : 'after',
        commit: 3 + numbers.below(20),
      });
      const world = await worlds.world({ kill });
      try {
        await drain(world);
        killed('while the queue drained', world.kills);
        assert.ok(world.kills > 5, `${world.kills} kills`);
      } finally {
        await world.dispose();
      }
    });
  });
});

async function drain(world: World): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const ids: string[] = [];
  for (let index = 0; index < running + waiting; index += 1) {
    const priority = urgent.includes(index - running) ? 'high' : 'normal';
    ids.push(await person.create(`work ${index}${index < running ? ' #gate' : ''}`, { agent: 'once', priority }));
  }
  const { repository: path, requester } = world;
  const { verdict } = await person.ask('session/create', { path, requester, prompt: 'too much', agent: 'once' });
  assert.equal(verdict.status, 'rejected');
  assert.match(verdict.reason, /3 sessions are at work \(limit 3\) and 10 wait \(limit 10\)/);
  const line = lineOf(ids);
  assert.deepEqual(positions(await person.list()), line);

  await writeFile(`${world.ledgerPath}.gate`, '');
  const sessions = await until(
    async () => {
      const listed = await person.list();
      return listed.every(({ status }) => settled.has(status)) ? listed : undefined;
    },
    async () => `the queue to drain: ${JSON.stringify(positions(await person.list()))}\n${await world.log()}`,
    180_000,
  );
  assert.deepEqual(new Set(sessions.map(({ status }) => status)), new Set(['reported']));
  for (const id of ids) assert.equal(given(world, id).length, 1, 'each is done once');
  assert.ok(mostAtOnce(world) <= running, `${mostAtOnce(world)} at once`);
  await checkEnd(
    person,
    sessions.map(({ id, prompt }) => ({ id, status: 'reported', work: linesOf(prompt), commits: 1 })),
  );
  const admitted = (await journalOf(world)).flatMap(({ type, data }) =>
    type === 'session.admitted' ? [data['session']] : [],
  );
  assert.deepEqual(admitted, [...ids.slice(0, running), ...line]);
}

/** The waiting in the order in which they have to start: the urgent first, else as they came. */
function lineOf(ids: readonly string[]): string[] {
  const line = ids.slice(running);
  return [...line.filter((_, index) => urgent.includes(index)), ...line.filter((_, index) => !urgent.includes(index))];
}

function positions(sessions: readonly { readonly id: string; readonly position?: number | undefined }[]): string[] {
  return sessions
    .flatMap(({ id, position }) => (position === undefined ? [] : [{ id, position }]))
    .sort((a, b) => a.position - b.position)
    .map(({ id }) => id);
}

/** The most agents that worked at the same moment, by what they noted themselves. */
function mostAtOnce(world: World): number {
  let most = 0;
  let present = 0;
  for (const { what } of world.ledger()) {
    if (what === 'prompt') present += 1;
    if (what === 'end') present -= 1;
    most = Math.max(most, present);
  }
  return most;
}
