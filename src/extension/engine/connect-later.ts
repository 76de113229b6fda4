import type { Live, LiveOptions } from '../../protocol/client/reconnecting.ts';

/** Resolves when what is going on at present, e.g. the activation of extensions, has had its turn. */
async function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * `stayConnected`, a moment later: the client with the schemas of the protocol is the larger part of the program, so it is read
 * after the window's extensions were activated. What is asked meanwhile waits.
 */
export function connectLater(options: LiveOptions): Live {
  const live = turn().then(async () => {
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
