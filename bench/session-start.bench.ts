/**
 * What the engine adds: from the request to the agent's first output on a small repository, with the session before at rest, and right
 * behind it, so that both share the machine.
 */
import { join } from 'node:path';
import type { Connection } from '../src/protocol/client/connect.ts';
import { median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { bareAgent } from './support/hosts.ts';
import { BenchPlace, instantAgent } from './support/place.ts';
import { atRest, ready, settled, start, withoutPool, type Times } from './support/starts.ts';

/** Starts one after the other, in turns with what the processes alone take, so that all meet the same machine. */
async function oneByOne(connection: Connection, place: BenchPlace, rest: boolean): Promise<void> {
  const what = `small repository, ${rest ? 'the session before at rest' : 'right behind another'}: create →`;
  const times: Times[] = [];
  const floors: number[] = [];
  for (let i = 0; i < 30; i++) {
    const name = `${rest ? 'rest' : 'busy'}${i}`;
    const added = (): Promise<string> => place.git('worktree', 'add', '-q', '-b', name, join(place.root, name));
    if (rest) await settled(connection);
    floors.push((await timed(added)) + (await bareAgent(place, `agent-${name}`)));
    if (rest) await settled(connection);
    times.push(await start(connection, place, `measured ${name}`));
  }
  const output = times.map((each) => each.output);
  row(`${what} acknowledged, p50`, ms(median(times.map((each) => each.accepted))));
  row(`${what} first output, p50`, ms(median(output)), rest ? 'goal ≤ 60 ms' : '');
  row(`${what} first output, least / lower quartile`, `${ms(Math.min(...output))} / ${ms(percentile(output, 0.25))}`);
  row(`${what} first output, p95`, ms(percentile(output, 0.95)));
  ratio('the same', median(output), median(floors), 'git worktree add and the runner, one after the other');
}

async function small(): Promise<void> {
  const place = await BenchPlace.make(200, `${instantAgent}${withoutPool}`);
  try {
    const connection = await ready(place);
    for (let i = 0; i < 5; i++) await start(connection, place, `warm up ${i}`);
    for (const rest of [true, false]) await oneByOne(connection, place, rest);
    const all = await timed(() =>
      Promise.all(Array.from({ length: 20 }, (_, i) => start(connection, place, `at once ${i}`))),
    );
    row('small repository: 20 creates at once → all have printed', ms(all));
    const asked = (prompt: string): Promise<unknown> => {
      const requester = { env: place.env, secrets: {} };
      return connection.request('session/create', { path: place.repository, prompt, agent: 'instant', requester });
    };
    const twenty = (prompt: string): Promise<number> =>
      timed(() => Promise.all(Array.from({ length: 20 }, (_, i) => asked(`${prompt} ${i}`))));
    row('small repository: 20 creates acknowledged, 20 at work', ms(await twenty('acknowledged')), 'goal ≤ 1 s');
    await atRest(connection);
    row('small repository: 20 creates acknowledged, none at work', ms(await twenty('at rest')), 'goal ≤ 1 s');
  } finally {
    await place.remove();
  }
}

await small();
