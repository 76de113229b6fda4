/**
 * What the engine adds: from the request to the agent's first output on a small repository, and the cold start on a large one
 * as a ratio to a bare `git worktree add` in the same run.
 */
import { join } from 'node:path';
import { withResolvers } from '../src/protocol/client/deadline.ts';
import type { Connection } from '../src/protocol/client/connect.ts';
import { median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { bareAgent } from './support/hosts.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

/** Without worktrees that wait: those have a benchmark of their own. */
const cold = 'worktrees:\n  pool: 0\n';

interface Times {
  readonly accepted: number;
  readonly spawned: number;
  readonly output: number;
}

/** Creates a session and waits for its first turn, in milliseconds from the request. */
async function start(connection: Connection, place: BenchPlace, prompt: string): Promise<Times> {
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

async function ready(place: BenchPlace): Promise<Connection> {
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  return connection;
}

async function small(): Promise<void> {
  const place = await BenchPlace.make(200, `${instantAgent}${cold}`);
  try {
    const connection = await ready(place);
    for (let i = 0; i < 5; i++) await start(connection, place, `warm up ${i}`);
    const times: Times[] = [];
    const floors: number[] = [];
    const agents: number[] = [];
    for (let i = 0; i < 30; i++) {
      // In turns, so that both meet the same machine.
      const path = join(place.root, `floor${i}`);
      floors.push(await timed(() => place.git('worktree', 'add', '-q', '-b', `floor${i}`, path)));
      agents.push(await bareAgent(place, `bare${i}`));
      times.push(await start(connection, place, `measured ${i}`));
    }
    const output = times.map((each) => each.output);
    row('small repository: create → acknowledged, p50', ms(median(times.map((each) => each.accepted))));
    row('small repository: create → first output, p50', ms(median(output)), 'goal ≤ 60 ms');
    row('small repository: create → first output, p95', ms(percentile(output, 0.95)));
    ratio('small repository: create → first output', median(output), median(floors), 'git worktree add');
    const processes = floors.map((each, index) => each + (agents[index] ?? NaN));
    ratio('the same', median(output), median(processes), 'git worktree add and the runner, one after the other');
    const all = await timed(() =>
      Promise.all(Array.from({ length: 20 }, (_, i) => start(connection, place, `at once ${i}`))),
    );
    row('small repository: 20 creates at once → all have printed', ms(all));
    const acknowledged = await timed(() =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          connection.request('session/create', {
            path: place.repository,
            prompt: `acknowledged ${i}`,
            agent: 'instant',
            requester: { env: place.env, secrets: {} },
          }),
        ),
      ),
    );
    row('small repository: 20 creates acknowledged', ms(acknowledged), 'goal ≤ 1 s');
  } finally {
    await place.remove();
  }
}

async function large(): Promise<void> {
  const place = await BenchPlace.make(50_000, `${instantAgent}${cold}`);
  try {
    const connection = await ready(place);
    const ours: number[] = [];
    const floor: number[] = [];
    // Adding right after deleting is much slower on ext4, so nothing is deleted until the end.
    for (let i = 0; i < 3; i++) {
      const path = join(place.root, `floor${i}`);
      floor.push(await timed(() => place.git('worktree', 'add', '-q', '-b', `floor${i}`, path)));
      ours.push((await start(connection, place, `large ${i}`)).spawned);
    }
    ratio('50,000 files: cold start (accept → spawned)', median(ours), median(floor), 'git worktree add');
  } finally {
    await place.remove();
  }
}

await small();
await large();
