/** How soon an engine answers after its start, with 1,000 sessions in the journal of which 48 are at work. */
import { coppiceDomain } from '../src/core/coppice-domain.ts';
import { StateManager } from '../src/state/state-manager.ts';
import { median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';
import { addSessions } from './support/sessions.ts';

const place = await BenchPlace.make(10, instantAgent);
try {
  const empty: number[] = [];
  for (let i = 0; i < 5; i++) {
    empty.push(await timed(() => place.connect()));
    await place.stopEngine();
  }
  const state = await StateManager.open({ home: place.home, domain: coppiceDomain, clock: Date.now });
  await addSessions(state, { sessions: 1000, live: 48 });
  await state.close();
  const full: number[] = [];
  const listed: number[] = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    const connection = await place.connect();
    full.push(performance.now() - started);
    await connection.request('session/list', {});
    listed.push(performance.now() - started);
    await place.stopEngine();
    // The live ones have settled as failed by now (their processes do not exist); only the first round reopens them live.
  }
  const first = full[0] ?? NaN;
  row('engine start → connected, nothing in the journal, p50', ms(median(empty)), 'process start included');
  ratio('engine start → connected, 1,000 sessions, 48 live', first, median(empty), 'with nothing in the journal');
  row('reopening 1,000 sessions, 48 live, beyond that', ms(first - median(empty)), 'goal ≤ 300 ms');
  row('engine start → list of 1,000 sessions, first', ms(listed[0] ?? NaN));
  row('engine start → list of 1,000 sessions, p50', ms(median(listed)));
} finally {
  await place.remove();
}
