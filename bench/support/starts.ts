/** Starts sessions one by one and tells how long each took to get where. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withResolvers } from '../../src/protocol/client/deadline.ts';
import type { Connection } from '../../src/protocol/client/connect.ts';
import type { BenchPlace } from './place.ts';

const run = promisify(execFile);
const restMs = 2_000;
const pollMs = 10;
const afterMs = 300;

/** Settings without worktrees that wait: those have a benchmark of their own. */
export const withoutPool = 'worktrees:\n  pool: 0\n';

/** What became of one start, in milliseconds from the request. */
export interface Times {
  readonly accepted: number;
  readonly spawned: number;
  readonly output: number;
}

/** Creates a session and waits for its first turn, in milliseconds from the request. */
export async function start(connection: Connection, place: BenchPlace, prompt: string): Promise<Times> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const wanted = { session: '' };
  const spawned = withResolvers<number>();
  const output = withResolvers<number>();
  const early: { type: string; session: unknown; at: number }[] = [];
  const note = (type: string, session: unknown, at: number): void => {
    if (wanted.session === '') early.push({ type, session, at });
    if (session !== wanted.session) return;
    if (type === 'run.started') spawned.resolve(at);
    if (type === 'turn.started') output.resolve(at);
  };
  const quiet = connection.on('records', ({ records }) => {
    for (const { type, data } of records) note(type, data['session'], since());
  });
  try {
    const { session } = await connection.request('session/create', {
      path: place.repository,
      prompt,
      agent: 'instant',
      requester: { env: place.env, secrets: {} },
    });
    const accepted = since();
    wanted.session = session?.id ?? '';
    for (const { type, session: of, at } of early) note(type, of, at);
    return { accepted, spawned: await spawned.promise, output: await output.promise };
  } finally {
    quiet();
  }
}

/** Connects, trusts the repository and follows the records. */
export async function ready(place: BenchPlace): Promise<Connection> {
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  return connection;
}

/** Until no session is at work any more, and what follows from its end is over. */
export async function settled(connection: Connection): Promise<void> {
  while ((await connection.request('session/list', { which: 'active' })).sessions.length > 0)
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
}

/** Until no session is at work any more, the radar has read what it left, and everything is on the disk. */
export async function atRest(connection: Connection): Promise<void> {
  let last = -1;
  for (;;) {
    const { sessions } = await connection.request('session/list', { which: 'active' });
    const { lastSeq } = await connection.request('engine/status', {});
    if (sessions.length === 0 && lastSeq === last) break;
    last = lastSeq;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  await run('sync');
}
