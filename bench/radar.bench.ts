/**
 * Conflict radar: 20 worktrees of a repository of 10,000 files, 30 files changed in each. How long after a change the
 * overlap that it makes is journalled, when nothing else happens and while a file is written in each of them every second, against what would be done without a radar: `git status` there and a trial merge with
 * each other worktree, one process each. And how many git processes the engine starts meanwhile.
 */
import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Connection } from '../src/protocol/client/connect.ts';
import { median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { BenchPlace } from './support/place.ts';
import { holdWorktrees, idleAgent, letGo } from './support/watching.ts';

const run = promisify(execFile);
const worktrees = 20;
const samples = 20;

/** A `git` before the real one that counts its starts, of the engine's own alone. */
async function counting(place: BenchPlace): Promise<() => Promise<number>> {
  const { stdout } = await run('sh', ['-c', 'command -v git']);
  const bin = join(place.root, 'bin');
  const count = join(place.root, 'starts');
  await mkdir(bin);
  await writeFile(join(bin, 'git'), `#!/bin/sh\necho >>'${count}'\nexec '${stdout.trim()}' "$@"\n`, { mode: 0o755 });
  await writeFile(count, '');
  place.env['PATH'] = `${bin}:${place.env['PATH'] ?? ''}`;
  return async () => (await readFile(count, 'utf8')).length;
}

async function changed(connection: Connection, type: string, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  const told = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type} within 60 s`)), 60_000);
    const quiet = connection.on('records', ({ records }) => {
      if (!records.some((record) => record.type === type)) return;
      clearTimeout(timer);
      quiet();
      resolve(performance.now() - began);
    });
  });
  await work();
  return told;
}

async function quiet(connection: Connection): Promise<void> {
  let last = -1;
  for (;;) {
    const { lastSeq } = await connection.request('engine/status', {});
    if (lastSeq === last) return;
    last = lastSeq;
    await rest(3_000);
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function inTurn(count: number, measure: (sample: number) => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let sample = 0; sample < count; sample += 1) all.push(await measure(sample));
  return all;
}

/** An agent at work in a file of its own, until told. */
async function writes(file: string, until: AbortSignal): Promise<void> {
  for (let line = 0; !until.aborted; line += 1) {
    await appendFile(file, `// ${line}\n`);
    await rest(900 + 200 * Math.random());
  }
}

async function main(): Promise<void> {
  const place = await BenchPlace.make(10_000, idleAgent);
  try {
    const starts = await counting(place);
    const connection = await place.connect();
    const held = await holdWorktrees(connection, place, worktrees);
    const places = [...held.values()];
    for (const [index, path] of places.entries()) {
      const folder = join(path, 'area0', `folder${index}`);
      for (let file = 0; file < 30; file += 1) await appendFile(join(folder, `file${file}.ts`), `// of ${index}\n`);
    }
    const { lastSeq } = await connection.request('engine/status', {});
    await connection.request('events/subscribe', { from: lastSeq + 1 });
    await quiet(connection);
    const floors: number[] = [];
    const meets = async (sample: number, restMs: number): Promise<number> => {
      const path = places[sample % worktrees] ?? '';
      const file = join(path, 'area0', `folder${(sample + 1) % worktrees}`, 'file0.ts');
      const text = await readFile(file, 'utf8');
      const latency = await changed(connection, 'overlap.found', () => writeFile(file, `${text}// in the way\n`));
      await rest(restMs);
      await changed(connection, 'overlap.gone', () => writeFile(file, text));
      await rest(restMs);
      return latency;
    };
    const before = await starts();
    const began = performance.now();
    const latencies = await inTurn(samples, (sample) => meets(sample, 1_500));
    const seconds = (performance.now() - began) / 1000;
    const started = (await starts()) - before;
    const busy = { before: await starts(), began: performance.now() };
    const work = new AbortController();
    const working = Promise.all(
      places.map((path, index) => writes(join(path, 'area1', `own${index}.ts`), work.signal)),
    );
    const amidst = await inTurn(samples, (sample) => meets(sample, 300));
    work.abort();
    await working;
    const busySeconds = (performance.now() - busy.began) / 1000;
    const busyStarted = (await starts()) - busy.before;
    for (let sample = 0; sample < 3; sample += 1) {
      floors.push(
        await timed(async () => {
          await run('git', ['status', '--porcelain'], { cwd: places[sample] ?? '' });
          for (let other = 1; other < worktrees; other += 1)
            await run('git', ['merge-tree', '--write-tree', 'HEAD', 'main'], { cwd: places[sample] ?? '' });
        }),
      );
    }
    row(
      'machine load while this ran',
      loadavg()
        .map((each) => each.toFixed(1))
        .join(' '),
    );
    const floorName = '`git status` and 19 × `git merge-tree`';
    ratio('20 worktrees, change → overlap journalled, p50', median(latencies), median(floors), floorName, '≤ 1 s');
    row('20 worktrees, change → overlap journalled, p95', ms(percentile(latencies, 0.95)), 'goal ≤ 1 s');
    row('the slowest', ms(Math.max(...latencies)));
    row('git processes per second, one change each 1.5 s', (started / seconds).toFixed(2), 'goal ≤ 2');
    row('a file written each second in each worktree meanwhile: p50', ms(median(amidst)));
    row('the same, p95', ms(percentile(amidst, 0.95)), 'goal ≤ 1 s');
    row('the same, git processes per second', (busyStarted / busySeconds).toFixed(2), 'goal ≤ 2');
    await letGo(connection, held.keys());
  } finally {
    await place.remove();
  }
}

await main();
