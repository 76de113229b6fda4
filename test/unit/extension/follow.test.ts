import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { followSession } from '../../../src/extension/engine/follow.ts';
import type { EngineLink } from '../../../src/extension/engine/link.ts';
import { keptLog } from './given.ts';

/** An engine that says when a follow has begun; all that it is asked is written down. */
function engine(): { link: EngineLink; asked: string[]; begins: (follow: number) => void; says: (n: number) => void } {
  const asked: string[] = [];
  const listeners = new Set<(given: unknown) => void>();
  let begins = (_: number): void => undefined;
  const begun = new Promise((resolve) => (begins = (follow) => resolve({ follow, session: 's' })));
  const connection = {
    request: (method: string, params: object) => {
      asked.push(`${method} ${JSON.stringify(params)}`);
      return begun;
    },
    on: (_: string, listener: (given: unknown) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const nothing = () => ({ dispose: () => undefined });
  return {
    link: { connection, onConnection: nothing, onRecords: nothing } as unknown as EngineLink,
    asked,
    begins,
    says: (offset) => {
      const given = { follow: 7, events: [{ offset, event: { kind: 'message', text: 'm' } }], ended: false };
      for (const listener of listeners) listener(given);
    },
  };
}

describe('following a session in a window', () => {
  it('leaves nothing behind in the engine, also when it is given up before the engine says that it has begun', async () => {
    const { link, asked, begins, says } = engine();
    const told: number[] = [];
    const follower = {
      events: (events: readonly { readonly offset: number }[]) => told.push(...events.map(({ offset }) => offset)),
      ended: () => undefined,
      failed: () => undefined,
    };
    const following = followSession(link, { session: 's', from: 0 }, follower, keptLog());
    says(1);
    following.dispose();
    begins(7);
    await setImmediate();
    assert.deepEqual(asked, ['session/follow {"session":"s","from":0}', 'session/unfollow {"follow":7}']);
    assert.deepEqual(told, [], 'who has left is told nothing');
  });
});
