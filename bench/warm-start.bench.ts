/**
 * A session whose worktree waits in the pool: from the request to the agent's start in a repository of 50,000 files, as a
 * ratio to a bare `git worktree add` in the same run; what taking a slot costs of that, and what the runner takes by itself.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../src/protocol/client/connect.ts';
import { machineLoad, median, ms, ratio, row, timed } from './support/figures.ts';
import { bareAgent } from './support/hosts.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const rounds = 5;
/** A start that takes longer, or a pool that is not filled by then, is a failure and no figure. */
const startMs = 120_000;
const fillMs = 180_000;
/** No further round begins after this, so that a slow machine gives figures of fewer rounds and not none. */
const wholeMs = 150_000;

const began = performance.now();

/** What is going on, for whoever waits. */
function tell(text: string): void {
  process.stderr.write(`  ${((performance.now() - began) / 1000).toFixed(0)} s: ${text}\n`);
}

/** Milliseconds from the request until the agent's start is on record, and until the worktree was. */
async function start(
  connection: Connection,
  place: BenchPlace,
  prompt: string,
): Promise<{ readonly spawned: number; readonly ready: number }> {
  const began = performance.now();
  const started = new Map<string, number>();
  const ready = new Map<string, number>();
  const quiet = connection.on('records', ({ records }) => {
    for (const { type, data } of records) {
      if (type === 'worktree.ready') ready.set(String(data['session']), performance.now() - began);
      if (type === 'run.started') started.set(String(data['session']), performance.now() - began);
    }
  });
  try {
    const { session } = await connection.request('session/create', {
      path: place.repository,
      prompt,
      agent: 'instant',
      requester: { env: place.env, secrets: {} },
    });
    const id = session?.id ?? '';
    while (performance.now() - began < startMs) {
      const spawned = started.get(id);
      if (spawned !== undefined) return { spawned, ready: ready.get(id) ?? Number.NaN };
      await delay(1);
    }
    throw new Error(`The agent was not started within ${startMs / 1000} s.`);
  } finally {
    quiet();
  }
}

async function slotsOf(connection: Connection, place: BenchPlace): Promise<number> {
  const { worktrees } = await connection.request('worktree/list', { path: place.repository });
  return worktrees.filter(({ kind }) => kind === 'pool').length;
}

async function filled(connection: Connection, place: BenchPlace, wanted: number): Promise<void> {
  const since = performance.now();
  while ((await slotsOf(connection, place)) < wanted) {
    if (performance.now() - since > fillMs) throw new Error(`The pool was not filled within ${fillMs / 1000} s.`);
    await delay(500);
  }
  // What filling it has left to be written to the disk is not the session's.
  await delay(3000);
}

tell('making a repository of 50,000 files');
const place = await BenchPlace.make(50_000, `${instantAgent}worktrees:\n  pool: 1\n`);
try {
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  tell('the first start, cold');
  await start(connection, place, 'the first one, cold');
  const warm: number[] = [];
  const ready: number[] = [];
  const floor: number[] = [];
  const runners: number[] = [];
  for (let round = 0; round < rounds && (round === 0 || performance.now() - began < wholeMs); round += 1) {
    tell(`round ${round + 1} of ${rounds}: the pool is being filled`);
    await filled(connection, place, 1);
    runners.push(await bareAgent(place, `runner${round}`));
    const one = await start(connection, place, `warm ${round}`);
    warm.push(one.spawned);
    ready.push(one.ready);
    tell(`round ${round + 1} of ${rounds}: ${ms(one.spawned)}, its worktree after ${ms(one.ready)}`);
    // Beside the refilling it would measure the disk.
    await filled(connection, place, 1);
    const path = join(place.root, `floor${round}`);
    floor.push(await timed(() => place.git('worktree', 'add', '-q', '-b', `floor${round}`, path)));
  }
  row('machine load while this ran', machineLoad());
  row('50,000 files: warm start (accept → spawned)', ms(median(warm)), 'goal ≤ 100 ms');
  row('of that until the worktree is ready', ms(median(ready)));
  row(`50,000 files: warm start, slowest of ${warm.length}`, ms(Math.max(...warm)));
  row('what the runner takes alone until its agent prints', ms(median(runners)), 'no start is faster than that');
  ratio('50,000 files: warm start (accept → spawned), goal ≤ 0.02', median(warm), median(floor), 'git worktree add');
} finally {
  await place.remove();
}
