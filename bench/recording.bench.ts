/**
 * How long after a write in a session's worktree (10,000 files) the change, with its hashes, is in the journal and told to a front
 * end: one write at a time, against writing a file and syncing it to the disk, which the journal has to do as well.
 */
import { open, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../src/protocol/client/connect.ts';
import { ms, percentile, ratio, row, timed } from './support/figures.ts';
import { BenchPlace } from './support/place.ts';
import { holdWorktrees, idleAgent, letGo } from './support/watching.ts';

const samples = 200;
const apartMs = 60;

/** Resolves when a record names the path. */
function recorded(connection: Connection, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${path} was not recorded within 30 s`)), 30_000);
    const quiet = connection.on('records', ({ records }) => {
      if (!records.some(({ type, data }) => type === 'files.changed' && JSON.stringify(data).includes(`"${path}"`)))
        return;
      clearTimeout(timer);
      quiet();
      resolve();
    });
  });
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.writeFile('x');
  await file.sync();
  await file.close();
}

const place = await BenchPlace.make(10_000, idleAgent);
try {
  const connection = await place.connect();
  const held = await holdWorktrees(connection, place, 1);
  const [worktree = ''] = held.values();
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  const times: number[] = [];
  const floors: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const path = `area0/folder${sample % 50}/file${sample % 30}.ts`;
    times.push(
      await timed(async () => {
        const done = recorded(connection, path);
        await writeFile(join(worktree, path), `export const changed = ${sample};\n`);
        await done;
      }),
    );
    floors.push(await timed(() => synced(join(place.root, 'floor'))));
    await new Promise((resolve) => setTimeout(resolve, apartMs));
  }
  const names = [
    [0.5, 'half of them'],
    [0.95, 'p95; goal ≤ 100 ms'],
  ] as const;
  for (const [part, name] of names) {
    ratio(`write → on record and told, ${name}`, percentile(times, part), percentile(floors, part), 'write and sync');
  }
  row('write → on record and told, slowest of 200', ms(Math.max(...times)));
  row(
    'load',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  );
  await letGo(connection, held.keys());
} finally {
  await place.remove();
}
