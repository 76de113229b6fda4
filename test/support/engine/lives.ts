import assert from 'node:assert/strict';
import { checkEnd, type Expected, linesOf } from './checks.ts';
import type { Entry } from './ledger.ts';
import { Person } from './person.ts';
import { until } from './waiting.ts';
import type { World } from './world.ts';

/**
 * The life of an agent that is spoken with: prompt, permission, answer, end, commit, a second prompt; and another session
 * that is cancelled in mid-turn.
 */
export async function dialogue(world: World): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const first = await person.create('alpha #ask');
  await person.answersWhenAsked(first, 'allow');
  await person.sees(first, 'reported');
  await person.continue(first, 'beta');
  await person.sees(first, 'reported');
  const second = await person.create('gamma #hang');
  await began(world, second);
  await person.cancel(second);
  await person.sees(second, 'cancelled');

  assert.deepEqual(given(world, first), [`prompt ${first}:1`, `answer ask-${first}:1`, `prompt ${first}:2`]);
  assert.deepEqual(given(world, second), [`prompt ${second}:1`]);
  const expected: Expected[] = [
    { id: first, status: 'reported', work: linesOf('alpha #ask', 'beta'), commits: 2 },
    { id: second, status: 'cancelled', work: '', commits: 0 },
  ];
  await checkEnd(person, expected);
}

/** The life of a command that is run once per prompt: twice with success, and another session that is cancelled. */
export async function commands(world: World): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const agent = { agent: 'once' };
  const first = await person.create('alpha', agent);
  await person.sees(first, 'reported');
  await person.continue(first, 'beta');
  await person.sees(first, 'reported');
  const second = await person.create('gamma #hang', agent);
  await began(world, second);
  await person.cancel(second);
  await person.sees(second, 'cancelled');

  assert.deepEqual(given(world, first), ['prompt alpha', 'prompt beta']);
  assert.deepEqual(given(world, second), ['prompt gamma #hang']);
  await checkEnd(person, [
    { id: first, status: 'reported', work: linesOf('alpha', 'beta'), commits: 2 },
    { id: second, status: 'cancelled', work: '', commits: 0 },
  ]);
}

/** Waits until the agent has begun its first prompt. */
export async function began(world: World, session: string): Promise<void> {
  await until(
    async () => {
      // Whoever waits for an agent keeps an engine running.
      await world.connection();
      return world.ledger().find((entry) => entry.session === session && entry.what === 'prompt');
    },
    async () => `the agent of ${session} to begin\n${await world.log()}`,
  );
}

/** What the agents of a session noted of these kinds, in order, as `KIND TEXT`: what they were given, unless told. */
export function given(world: World, session: string, ...kinds: readonly Entry['what'][]): string[] {
  const wanted = new Set<Entry['what']>(kinds.length === 0 ? ['prompt', 'answer'] : kinds);
  return world
    .ledger()
    .filter((entry) => entry.session === session && wanted.has(entry.what))
    .map(({ what, text }) => `${what} ${text}`);
}
