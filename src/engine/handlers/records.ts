import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';

type RecordHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'events/subscribe' | 'events/unsubscribe' | 'audit/verify'
>;

/** The journal for front ends: from any record on, in order, each once; and the proof that it is whole. */
export function recordHandlers(services: Services): RecordHandlers {
  const { state } = services.store;
  let subscriptions = 0;
  const stops = new Map<string, AbortController>();
  return {
    'events/subscribe': ({ from }, client) => {
      const subscription = ++subscriptions;
      const key = `${client.id}:${subscription}`;
      const abort = new AbortController();
      stops.set(key, abort);
      client.onClose(() => abort.abort());
      const { lastSeq } = state;
      void state
        .subscribe(
          from,
          async (records) => client.notify('records', { subscription, records: records.map((each) => ({ ...each })) }),
          abort.signal,
        )
        .catch((error: unknown) => services.log.warn('cannot send records', { error: String(error) }))
        .finally(() => stops.delete(key));
      return { subscription, lastSeq };
    },
    'events/unsubscribe': ({ subscription }, client) => {
      stops.get(`${client.id}:${subscription}`)?.abort();
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
