/** What the engine adds: from the request to the agent's first output on a small repository. */
import { join } from 'node:path';
import { median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { bareAgent } from './support/hosts.ts';
import { BenchPlace, instantAgent } from './support/place.ts';
import { atRest, ready, start, withoutPool, type Times } from './support/starts.ts';

async function small(): Promise<void> {
  const place = await BenchPlace.make(200, `${instantAgent}${withoutPool}`);
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
