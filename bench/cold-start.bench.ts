/**
 * The cold start on a large repository against a bare `git worktree add`, in pairs, each a ratio of its own. Whichever comes first
 * in a pair leaves the other one a disk that is busy, so they take turns; and before each of them the session before is at rest and
 * what was written is on the disk: a session of 50,000 files looks at all of them when it ends. It is no part of another
 * benchmark, since making files soon after deleting many takes several times as long on ext4.
 */
import { join } from 'node:path';
import { machineLoad, median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';
import { atRest, ready, start, withoutPool } from './support/starts.ts';

const files = Number(process.env['BENCH_SIZE'] ?? 50_000);
const pairs = 4;
async function main(): Promise<void> {
  const place = await BenchPlace.make(files, `${instantAgent}${withoutPool}`);
  try {
    const connection = await ready(place);
    const [ours, floors, ratios]: [number[], number[], number[]] = [[], [], []];
    // Nothing is deleted until the end.
    for (let pair = 0; pair < pairs; pair += 1) {
      const bare = async (): Promise<void> => {
        const path = join(place.root, `floor${pair}`);
        floors.push(await timed(() => place.git('worktree', 'add', '-q', '-b', `floor${pair}`, path)));
      };
      const whole = async (): Promise<void> =>
        void ours.push((await start(connection, place, `large ${pair}`)).spawned);
      for (const each of pair % 2 === 0 ? [bare, whole] : [whole, bare]) {
        await atRest(connection);
        await each();
      }
      ratios.push((ours[pair] ?? NaN) / (floors[pair] ?? NaN));
      row(
        `pair ${pair + 1}: accept → spawned / git worktree add`,
        `${ms(ours[pair] ?? NaN)} / ${ms(floors[pair] ?? NaN)}`,
      );
    }
    ratio(`${files} files: cold start (accept → spawned)`, median(ours), median(floors), 'git worktree add');
    row('the same, the median of the pairs', `${median(ratios).toFixed(2)} ×`, 'goal ≤ 1.05');
    row('the same, lowest and highest', `${Math.min(...ratios).toFixed(2)} to ${percentile(ratios, 1).toFixed(2)} ×`);
    row('load', machineLoad());
  } finally {
    await place.remove();
  }
}

await main();
