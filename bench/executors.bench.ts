/**
 * From the request to the agent's first output on each executor, beside what the place costs by itself in the same run: the
 * runner alone, a window of tmux, `docker run`, `ssh true`. The worktree waits in the pool, as it mostly does.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../src/protocol/client/connect.ts';
import { Dockerd } from '../test/executors/dockerd.ts';
import { Sshd } from '../test/executors/sshd.ts';
import { machineLoad, median, ms, percentile, row, timed } from './support/figures.ts';
import { bareAgent, dockerRun, floorServer, knowHost, newWindow, sshTrue } from './support/hosts.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const rounds = 12;
/** A start that takes longer, or a pool that is not filled by then, is a failure and no figure. */
const patienceMs = 60_000;
const goalMs = 150;

/** Milliseconds from the request until each step is on record; `turn.started` is the agent's first output. */
type Steps = ReadonlyMap<string, number>;

async function start(connection: Connection, place: BenchPlace, executor: string, prompt: string): Promise<Steps> {
  const began = performance.now();
  const seen: { type: string; session: unknown; at: number }[] = [];
  const quiet = connection.on('records', ({ records }) => {
    for (const { type, data } of records) seen.push({ type, session: data['session'], at: performance.now() - began });
  });
  try {
    const { session } = await connection.request('session/create', {
      path: place.repository,
      prompt,
      agent: 'instant',
      executor,
      requester: { env: place.env, secrets: {} },
    });
    while (performance.now() - began < patienceMs) {
      const own = new Map(seen.flatMap(({ type, session: of, at }) => (of === session?.id ? [[type, at]] : [])));
      if (own.has('session.settled')) {
        if (own.has('turn.started')) return own;
        const { error } = await connection.request('session/show', { session: session?.id ?? '' });
        throw new Error(`The session on ${executor} failed: ${JSON.stringify(error)}`);
      }
      await delay(5);
    }
    throw new Error(`The session on ${executor} was not over within ${patienceMs / 1000} s.`);
  } finally {
    quiet();
  }
}

async function filled(connection: Connection, place: BenchPlace): Promise<void> {
  const since = performance.now();
  for (;;) {
    const { worktrees } = await connection.request('worktree/list', { path: place.repository });
    if (worktrees.some(({ kind }) => kind === 'pool')) break;
    if (performance.now() - since > patienceMs) throw new Error('The pool was not filled in time.');
    await delay(50);
  }
  // What filling it has left to be written to the disk is not the session's.
  await delay(300);
}

interface Subject {
  readonly executor: string;
  readonly floor: string;
  readonly bare: () => Promise<number>;
}

async function measure(connection: Connection, place: BenchPlace, { executor, floor, bare }: Subject): Promise<void> {
  const whole: number[] = [];
  const spawned: number[] = [];
  const ready: number[] = [];
  const floors: number[] = [];
  for (let round = -2; round < rounds; round++) {
    await filled(connection, place);
    // In turns, so that both meet the same machine. The first two only warm up.
    const alone = await bare();
    const steps = await start(connection, place, executor, `${executor} ${round + 2}`);
    if (round < 0) continue;
    floors.push(alone);
    ready.push(steps.get('worktree.ready') ?? Number.NaN);
    spawned.push(steps.get('run.started') ?? Number.NaN);
    whole.push(steps.get('turn.started') ?? Number.NaN);
  }
  const beyond = median(whole) - median(floors);
  row(
    `${executor}: create → first output, p50`,
    `${beyond < 0 ? '' : '+'}${ms(beyond)}`,
    `${ms(median(whole))} against ${floor} ${ms(median(floors))}; goal ≤ floor + ${goalMs} ms`,
  );
  row(`${executor}: worktree ready / agent started, p50`, `${ms(median(ready))} / ${ms(median(spawned))}`);
  row(
    `${executor}: create → first output, p95`,
    ms(percentile(whole, 0.95)),
    `${floor} ${ms(percentile(floors, 0.95))}`,
  );
}

const [daemon, sshd] = [await Dockerd.open(), await Sshd.open()];
const containers = { image: daemon.image, memoryMegabytes: 256, processes: 64, network: 'none' };
const settings = `executors:\n  docker: ${JSON.stringify(containers)}\n  tmux: { socket: bench }\nworktrees:\n  pool: 1\n`;
const place = await BenchPlace.make(200, `${instantAgent}${settings}`);
try {
  knowHost(place, sshd);
  Object.assign(place.env, { TMUX_TMPDIR: place.root, DOCKER_HOST: `unix://${daemon.socketPath}` });
  await floorServer(place, 'begin');
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  row('machine load', machineLoad());
  await start(connection, place, 'local', 'the first one, whose repository has no pool yet');
  let n = 0;
  const subjects: readonly Subject[] = [
    { executor: 'local', floor: 'the runner alone', bare: () => bareAgent(place, `bare${(n += 1)}`) },
    { executor: 'tmux', floor: 'tmux new-window', bare: () => timed(() => newWindow(place)) },
    { executor: 'docker', floor: 'docker run', bare: () => timed(() => dockerRun(daemon)) },
    { executor: 'ssh:there', floor: 'ssh true', bare: () => timed(() => sshTrue(place)) },
  ];
  const words = process.argv.slice(2);
  for (const subject of subjects) {
    if (words.length === 0 || words.includes(subject.executor)) await measure(connection, place, subject);
  }
  row('machine load', machineLoad());
} finally {
  await floorServer(place, 'end').catch(() => undefined);
  try {
    execFileSync('tmux', ['-L', 'bench', 'kill-server'], { env: place.env, stdio: 'ignore' });
  } catch {
    // no window was opened
  }
  await place.remove();
  await sshd.dispose();
  await daemon.dispose();
}
