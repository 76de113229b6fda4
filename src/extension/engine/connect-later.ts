import { setTimeout as delay } from 'node:timers/promises';
import type { Live, LiveOptions } from '../../protocol/client/reconnecting.ts';

/** As long as VS Code may take to tell that this extension is active, and to begin with the next; nobody sees a view sooner. */
const calmMs = 50;

/**
 * `stayConnected`, a moment later: the client with the schemas of the protocol is the larger part of the program, so it is read
 * after the window's extensions were activated. What is asked meanwhile waits.
 */
export function connectLater(options: LiveOptions): Live {
  const live = delay(calmMs).then(async () => {
    const { stayConnected } = await import('../../protocol/client/reconnecting.ts');
    return stayConnected(options);
  });
  let known: Live | undefined;
  const loaded = live.then((each) => (known = each));
  return {
    lastSeq: () => known?.lastSeq() ?? 0,
    retry: () => {
      // Before the client was read there is no pause that could be cut short.
      known?.retry();
    },
    request: async (method, params, asked) => (await loaded).request(method, params, asked),
    dispose: async () => (await loaded).dispose(),
  };
}
