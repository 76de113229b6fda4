/**
 * Removing a session in a repository of 50,000 files: what would be lost, gathered for the question; and from the consent to the
 * answer, against `git worktree remove` of a worktree of the same size.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../src/protocol/client/connect.ts';
import { machineLoad, median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const rounds = 3;
const settleMs = 120_000;

/** A session whose agent is done, with so many changed files. */
async function made(connection: Connection, place: BenchPlace, name: string, changed: number): Promise<string> {
  const { session } = await connection.request('session/create', {
    ...{ path: place.repository, prompt: name, agent: 'instant', requester: { env: place.env, secrets: {} } },
  });
  const id = session?.id ?? '';
  const until = performance.now() + settleMs;
  while (performance.now() < until) {
    const { status, worktree } = await connection.request('session/show', { session: id });
    if (status !== 'reported' || worktree === null) {
      await delay(100);
      continue;
    }
    for (let n = 0; n < changed; n += 1) await writeFile(join(worktree, 'area0', `changed${n}.ts`), 'export {};\n');
    return id;
  }
  throw new Error(`The session did not settle within ${settleMs / 1000} s.`);
}

const place = await BenchPlace.make(50_000, `${instantAgent}worktrees:\n  pool: 0\n`);
try {
  const connection = await place.connect();
  await connection.request('trust/grant', { path: place.repository, host: true });
  const [facts, removed, clean, floor]: number[][] = [[], [], [], []];
  for (let round = 0; round < rounds; round += 1) {
    const session = await made(connection, place, `remove ${round}`, 3);
    facts?.push(await timed(() => connection.request('session/facts', { session })));
    const force = ['changes', 'unpushed'] as const;
    removed?.push(await timed(() => connection.request('session/remove', { session, force: [...force] })));
    const unchanged = await made(connection, place, `clean ${round}`, 0);
    await connection.request('session/facts', { session: unchanged });
    clean?.push(await timed(() => connection.request('session/remove', { session: unchanged, force: [] })));
    const path = join(place.root, `floor${round}`);
    await place.git('worktree', 'add', '-q', '-b', `floor${round}`, path);
    floor?.push(await timed(() => place.git('worktree', 'remove', '--force', path)));
  }
  row('machine load while this ran', machineLoad());
  row('50,000 files: what would be lost', ms(median(facts ?? [])));
  ratio(
    '50,000 files: consent → removed',
    median(removed ?? []),
    median(floor ?? []),
    'git worktree remove',
    '≤ 50 ms',
  );
  ratio(
    'the same without consent to changes (all files looked at)',
    median(clean ?? []),
    median(floor ?? []),
    'git worktree remove',
  );
} finally {
  await place.remove();
}
