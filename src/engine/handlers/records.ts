import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { Subscriptions } from './subscriptions.ts';

type RecordHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'events/subscribe' | 'events/unsubscribe' | 'audit/verify'
>;

/** The journal for front ends: from any record on, in order, each once; and the proof that it is whole. */
export function recordHandlers(services: Services): RecordHandlers {
  const { state } = services.store;
  const subscriptions = new Subscriptions('records', services.log);
  return {
    'events/subscribe': ({ from }, client) => {
      const { lastSeq } = state;
      const subscription = subscriptions.begin(client, {
        tell: (number, signal) =>
          state.subscribe(
            from,
            (records) =>
              client.notify('records', { subscription: number, records: records.map((each) => ({ ...each })) }),
            signal,
          ),
        failed: (number, problem) => client.notify('records', { subscription: number, records: [], problem }),
      });
      return { subscription, lastSeq };
    },
    'events/unsubscribe': ({ subscription }, client) => {
      subscriptions.end(client, subscription);
      return {};
    },
    'audit/verify': async () => {
      const verified = await state.verify();
      if (verified.ok) return { ok: true, records: verified.records, segments: verified.segments };
      const { segment, line, seq, reason } = verified;
      return { ok: false, records: 0, segments: 0, problem: { segment, line, seq, reason } };
    },
  };
}
