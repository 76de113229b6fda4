/** What somebody does who brings work home. */
import assert from 'node:assert/strict';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { ParamsOf, Requests } from '../../../src/protocol/contract.ts';
import type { LandingView } from '../../../src/protocol/landing.ts';
import type { Person } from './person.ts';
import { until } from './waiting.ts';

type Land = Omit<ParamsOf<Requests, 'landing/land'>, 'session'>;

/** Every landing of a session, oldest first. */
export async function landingsOf(person: Person, session: string): Promise<LandingView[]> {
  return (await person.ask('landing/queue', { session, all: true })).landings.toReversed();
}

/** Asks once for a landing, also when the engine goes away meanwhile. Its id. */
export async function land(person: Person, session: string, how: Land = {}): Promise<string> {
  return once(person, session, () => person.act('landing/land', { session, ...how }, never));
}

/** Asks once to take the last landing back. */
export async function takeBack(person: Person, session: string): Promise<string> {
  return once(person, session, () => person.act('landing/revert', { session }, never));
}

async function never(): Promise<boolean> {
  return false;
}

/** What an engine that was killed had on record is not asked for again: it refuses a second one. */
async function once(
  person: Person,
  session: string,
  ask: () => Promise<{ landing: LandingView } | undefined>,
): Promise<string> {
  const before = (await landingsOf(person, session)).length;
  try {
    const asked = await ask();
    if (asked !== undefined) return asked.landing.id;
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state') || (await landingsOf(person, session)).length === before) throw error;
  }
  const made = (await landingsOf(person, session))[before];
  assert.ok(made !== undefined, `no landing of ${session} was made`);
  return made.id;
}

/** Waits for the end of a landing, or until it says why it waits. */
export async function comes(
  person: Person,
  session: string,
  landing: string,
  wanted: LandingView['state'] | 'held',
): Promise<LandingView> {
  let last: LandingView | undefined;
  return until(
    async () => {
      last = (await landingsOf(person, session)).find(({ id }) => id === landing);
      if (last === undefined) return undefined;
      if (wanted === 'held' ? last.held !== undefined : last.state === wanted) return last;
      if (['landed', 'refused', 'withdrawn'].includes(last.state)) assert.fail(`It is ${JSON.stringify(last)}`);
      return undefined;
    },
    async () => `a landing to be ${wanted}: ${JSON.stringify(last)}\n${await person.world.log()}`,
  );
}
