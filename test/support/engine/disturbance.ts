/** Sessions that are disturbed at a moment of their life. */
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { Status } from '../../../src/core/session/state.ts';
import { NothingAsked, settled, type Person } from './person.ts';
import { sleep, until } from './waiting.ts';

/** A moment after which something is killed. */
export type Moment = 'spawned' | 'given' | 'asked' | 'answered';

/** Answers what is asked until the session has settled; how it has. */
export async function drive(person: Person, session: string): Promise<Status> {
  return until(
    async () => {
      const { status, needs } = await person.show(session);
      if (settled.has(status)) return status;
      if (needs.length > 0) await answer(person, session);
      return undefined;
    },
    async () => `session ${session} to end: ${JSON.stringify(await person.show(session))}\n${await person.world.log()}`,
  );
}

async function answer(person: Person, session: string): Promise<void> {
  try {
    await person.answer(session, 'allow');
  } catch (error) {
    // Whoever asked has died meanwhile.
    if (!isCoppiceError(error, 'wrong-state') && !(error instanceof NothingAsked)) throw error;
  }
}

/** Waits until a moment has come, or will never come since the session is over. */
export async function isAt(hasCome: () => boolean, driven: Promise<Status>): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const ended = driven.then(end, end);
  while (!over.signal.aborted && !hasCome()) await Promise.race([sleep(2), ended]);
}
