/** The state: appending with fsync as a ratio to a bare write and fsync, queries at 1,000 sessions, and opening again. */
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coppiceDomain } from '../src/core/coppice-domain.ts';
import { event } from '../src/core/events.ts';
import { StateManager } from '../src/state/state-manager.ts';
import { median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { addSessions } from './support/sessions.ts';

const appends = 500;

const folder = await mkdtemp(join(tmpdir(), 'coppice-bench-'));
const home = join(folder, 'h');
const options = { home, domain: coppiceDomain, clock: Date.now };
try {
  let state = await StateManager.open(options);
  const file = await open(join(folder, 'bare'), 'a');
  const line = Buffer.alloc(400, 120);
  const ours: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < appends; i++) {
    floor.push(
      await timed(async () => {
        await file.write(line);
        await file.datasync();
      }),
    );
    const refused = event('session.refused', { code: 'queue-full', reason: `benchmark ${i}`, mode: 'autonomous' });
    ours.push(await timed(() => state.transact('engine', () => [refused])));
  }
  await file.close();
  ratio('journal append with fsync, p50', median(ours), median(floor), 'bare write + fsync');
  ratio('journal append with fsync, p95', percentile(ours, 0.95), percentile(floor, 0.95), 'bare write + fsync');

  await addSessions(state, { sessions: 1000, live: 48 });
  const query = () =>
    state.query('session', { where: { status: 'running' }, orderBy: [{ column: 'createdAt' }], limit: 50 });
  const first = await timed(query);
  const queries: number[] = [];
  for (let i = 0; i < 300; i++) queries.push(await timed(query));
  row('state query at 1,000 sessions, first (builds the index)', ms(first));
  row('state query at 1,000 sessions, p95', ms(percentile(queries, 0.95)), 'goal < 100 ms');
  await state.close();

  const snapshot: number[] = [];
  for (let i = 0; i < 5; i++) {
    snapshot.push(
      await timed(async () => {
        state = await StateManager.open(options);
      }),
    );
    await state.close();
  }
  row('opening 1,000 sessions from the snapshot, p50', ms(median(snapshot)));
  await rm(join(home, 'snapshot.jsonl'));
  const replay = await timed(async () => {
    state = await StateManager.open(options);
  });
  row('opening 1,000 sessions by replay of the journal', ms(replay));
  await state.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
