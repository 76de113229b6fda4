/**
 * Churn: 8 worktrees of 20,000 files, 600 of them changed in each, under 192,000 writes in 60 s by two other processes. The
 * longest delay of the engine's event loop meanwhile, against that of the same engine with nothing to do before.
 */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { churn } from './support/churn.ts';
import { machineLoad, ms, ratio, row } from './support/figures.ts';
import { BenchPlace } from './support/place.ts';
import { holdWorktrees, idleAgent, letGo } from './support/watching.ts';

const worktrees = 8;
const seconds = 60;
const writesPerSecond = 3_200;
const here = new URL('./support/', import.meta.url).pathname;

interface Facts {
  readonly pid: number;
  readonly max: number;
  readonly p99: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly cpu: { readonly user: number; readonly system: number };
}

async function measured(
  path: string,
  work: () => Promise<void>,
): Promise<{ readonly after: Facts; readonly cpu: number }> {
  const read = async (): Promise<Facts> => JSON.parse(await readFile(path, 'utf8')) as Facts;
  const before = await read();
  process.kill(before.pid, 'SIGUSR2');
  await work();
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const after = await read();
  return { after, cpu: (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e6 };
}

/** The engine that front ends would start, with the probe in it. */
async function startProbed(place: BenchPlace, probe: string): Promise<void> {
  const engine = join(here, '..', '..', 'dist', 'engine.js');
  const env = { ...place.env, COPPICE_HOME: place.home, ENGINE_PROBE_FILE: probe };
  const child = spawn(process.execPath, ['--import', join(here, 'probe.mjs'), engine], { env, stdio: 'ignore' });
  child.unref();
  const address = join(place.home, 'engine.json');
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const up = (await exists(probe)) && (await exists(address));
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the engine did not start');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function main(): Promise<void> {
  const place = await BenchPlace.make(20_000, idleAgent);
  try {
    const probe = join(place.root, 'probe.json');
    await startProbed(place, probe);
    const connection = await place.connect();
    const held = await holdWorktrees(connection, place, worktrees);
    const folders = [...held.values()];
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const idle = await measured(probe, () => new Promise((resolve) => setTimeout(resolve, 20_000)));
    const made = { written: 0, seconds: 0 };
    const busy = await measured(probe, async () => {
      Object.assign(made, await churn(folders, { seconds, writesPerSecond, files: 600 }));
    });
    row('machine load while this ran', machineLoad());
    row('writes', String(made.written), `in ${made.seconds.toFixed(0)} s`);
    ratio('longest event-loop delay of the engine', busy.after.max, idle.after.max, 'with nothing to do', '≤ 100 ms');
    row('99 % of the delays below', ms(busy.after.p99), `with nothing to do ${ms(idle.after.p99)}`);
    row(
      'CPU time of the engine',
      `${busy.cpu.toFixed(1)} s`,
      `in ${made.seconds.toFixed(0)} s; with nothing to do ${idle.cpu.toFixed(1)} s in 20 s`,
    );
    const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    row('memory of the engine (resident)', mb(busy.after.rss), `before ${mb(idle.after.rss)}`);
    const gaps = await Promise.all(
      [...held.keys()].map((session) => connection.request('session/changes', { session })),
    );
    row('gaps told', String(gaps.reduce((sum, { watch }) => sum + (watch?.gaps ?? 0), 0)));
    await letGo(connection, held.keys());
  } finally {
    await place.remove();
  }
}

await main();
