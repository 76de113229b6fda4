/**
 * A session whose worktree waits in the pool: from the request to the agent's start in a repository of 50,000 files, as a
 * ratio to a bare `git worktree add` in the same run; and what taking a slot costs of that.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../src/protocol/client/connect.ts';
import { median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const rounds = 5;

/** Milliseconds from the request until the agent's start is on record. */
async function start(connection: Connection, place: BenchPlace, prompt: string): Promise<number> {
  const began = performance.now();
  const started = new Map<string, number>();
  const quiet = connection.on('records', ({ records }) => {
    for (const { type, data } of records) {
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
    for (;;) {
      const at = started.get(session?.id ?? '');
      if (at !== undefined) return at;
      await delay(1);
    }
  } finally {
    quiet();
  }
}

async function slotsOf(connection: Connection, place: BenchPlace): Promise<number> {
  const { worktrees } = await connection.request('worktree/list', { path: place.repository });
  return worktrees.filter(({ kind }) => kind === 'pool').length;
}

async function filled(connection: Connection, place: BenchPlace, wanted: number): Promise<void> {
  for (let look = 0; (await slotsOf(connection, place)) < wanted; look += 1) {
    if (look > 600) throw new Error('The pool is not filled.');
    await delay(500);
  }
  // What filling it has left to be written to the disk is not the session's.
  await delay(3000);
}

const place = await BenchPlace.make(50_000, `${instantAgent}worktrees:\n  pool: 2\n`);
try {
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const { lastSeq } = await connection.request('engine/status', {});
  await connection.request('events/subscribe', { from: lastSeq + 1 });
  await start(connection, place, 'the first one, cold');
  const warm: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await filled(connection, place, 2);
    warm.push(await start(connection, place, `warm ${round}`));
    // Beside the refilling it would measure the disk.
    await filled(connection, place, 2);
    const path = join(place.root, `floor${round}`);
    floor.push(await timed(() => place.git('worktree', 'add', '-q', '-b', `floor${round}`, path)));
  }
  row('50,000 files: warm start (accept → spawned)', ms(median(warm)), 'goal ≤ 100 ms');
  row('50,000 files: warm start, slowest of 5', ms(Math.max(...warm)));
  ratio('50,000 files: warm start (accept → spawned), goal ≤ 0.02', median(warm), median(floor), 'git worktree add');
} finally {
  await place.remove();
}
