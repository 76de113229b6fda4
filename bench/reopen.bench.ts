/** How soon an engine answers after its start, with 1,000 sessions in the journal of which 48 are at work. */
import { cp, rm } from 'node:fs/promises';
import { coppiceDomain } from '../src/core/coppice-domain.ts';
import { StateManager } from '../src/state/state-manager.ts';
import { median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';
import { addSessions } from './support/sessions.ts';

const rounds = 7;
const place = await BenchPlace.make(10, instantAgent);
const kept = `${place.home}-kept`;
try {
  const empty: number[] = [];
  for (let i = 0; i < rounds; i++) {
    empty.push(await timed(() => place.connect()));
    await place.stopEngine();
  }
  const state = await StateManager.open({ home: place.home, domain: coppiceDomain, clock: Date.now });
  await addSessions(state, { sessions: 1000, live: 48 });
  await state.close();
  await cp(place.home, kept, { recursive: true });
  const full: number[] = [];
  const listed: number[] = [];
  for (let i = 0; i < rounds; i++) {
    // The live ones settle as failed (their processes do not exist): each round begins with the same data directory.
    await rm(place.home, { recursive: true });
    await cp(kept, place.home, { recursive: true, preserveTimestamps: true });
    const started = performance.now();
    const connection = await place.connect();
    full.push(performance.now() - started);
    await connection.request('session/list', {});
    listed.push(performance.now() - started);
    await place.stopEngine();
  }
  row('engine start → connected, nothing in the journal, p50', ms(median(empty)), 'process start included');
  row('engine start → connected, 1,000 sessions, 48 live, p50', ms(median(full)), 'goal ≤ 300 ms');
  row('the same, the slowest', ms(Math.max(...full)));
  ratio('the same, p50', median(full), median(empty), 'with nothing in the journal');
  row('engine start → list of 1,000 sessions, 48 live, p50', ms(median(listed)));
} finally {
  await place.remove();
}
