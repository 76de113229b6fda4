import assert from 'node:assert/strict';
import type { Intent } from '../../../src/core/intent/state.ts';
import { homecoming, type HomecomingOptions } from '../../../src/engine/homecoming.ts';

/** A removal or a return that is on record and has not ended. */
function open(id: string, kind: 'removal' | 'return'): Intent {
  return { id, session: `session of ${id}`, openedAt: 0, effect: { kind, path: '/w' } };
}

describe('removals and returns on record when an engine begins', () => {
  it('are taken up where an earlier engine left them, and never where this one is at work on them', async () => {
    const intents = [open('left', 'removal'), open('left too', 'return')];
    const touched: string[] = [];
    const stopping = new AbortController();
    const log = { warn: () => undefined, info: () => undefined, component: () => log };
    const store = {
      all: (kind: string) => (kind === 'intent' ? [...intents] : []),
      get: (kind: string, id: string) => {
        if (kind === 'session') touched.push(id);
        return undefined;
      },
      state: { onRecords: () => () => undefined },
    };
    const parts = homecoming({
      services: { store, clock: () => 0 },
      context: { stopping: stopping.signal },
      home: { root: '/h' },
      ...{ log, settings: () => Promise.reject(new Error('not asked here')) },
    } as unknown as HomecomingOptions);
    // Front ends reach an engine before it has taken up what was left.
    intents.push(open('asked', 'removal'), open('asked too', 'return'));
    parts.start();
    await new Promise(setImmediate);
    stopping.abort();
    await parts.stop();
    assert.deepEqual(touched, ['session of left', 'session of left too']);
  });
});
