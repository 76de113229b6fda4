import type { JournalRecord } from '../../core/domain.ts';
import { recorded } from '../../core/events.ts';
import { noChanges } from '../../core/watch/state.ts';
import type { Handlers, Notifications, Requests } from '../../protocol/contract.ts';
import type { WatchView } from '../../protocol/watch.ts';
import type * as z from 'zod';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { fileChangeView, watchView } from '../watch/views.ts';

type WatchHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'session/changes' | 'changes/subscribe' | 'changes/unsubscribe' | 'radar/list'
>;
type Notice = z.input<Notifications['session/changes']>;

/** What changes in the worktrees of sessions, and which of them overlap. */
export function watchHandlers(services: Services): WatchHandlers {
  const { store, log, watching } = services;
  let subscriptions = 0;
  const stops = new Map<string, AbortController>();
  const watchOf = async (session: string): Promise<WatchView | null> => {
    await watching.ready(session);
    const watch = store.get('watch', session);
    return watch === undefined ? null : watchView(watch);
  };
  return {
    'session/changes': async ({ session }) => ({ watch: await watchOf(store.find(session).id) }),
    'changes/subscribe': async ({ session: key }, client) => {
      const { id } = store.find(key);
      const subscription = ++subscriptions;
      const abort = new AbortController();
      stops.set(`${client.id}:${subscription}`, abort);
      client.onClose(() => abort.abort());
      const from = store.state.lastSeq + 1;
      const tell = async (records: readonly JournalRecord[]): Promise<void> => {
        for (const record of records) {
          const news = noticeOf(services, id, record);
          if (news !== undefined) await client.notify('session/changes', { subscription, session: id, ...news });
        }
      };
      void store.state
        .subscribe(from, tell, abort.signal)
        .catch((error: unknown) => log.warn('cannot send changes', { session: id, error: String(error) }))
        .finally(() => stops.delete(`${client.id}:${subscription}`));
      return { subscription, watch: await watchOf(id) };
    },
    'changes/unsubscribe': ({ subscription }, client) => {
      stops.get(`${client.id}:${subscription}`)?.abort();
      return {};
    },
    'radar/list': async ({ path }) => {
      const repository = path === undefined ? undefined : (await services.repositories.locate(path)).id;
      const all = store.all('overlap').filter((each) => repository === undefined || each.repository === repository);
      return { overlaps: all.map((each) => services.radar.view(each)) };
    },
  };
}

/** What a record says of the files of a session; undefined when it says nothing. */
function noticeOf(
  { store }: Services,
  session: string,
  record: JournalRecord,
): Omit<Notice, 'subscription' | 'session'> | undefined {
  const event = recorded(record);
  if (event === undefined || !('session' in event.data) || event.data.session !== session) return undefined;
  const mode = store.get('watch', session)?.mode ?? 'ended';
  const none = { counts: { ...noChanges }, changes: [] };
  if (event.type === 'watch.changed') return { mode: event.data.mode, ...none };
  if (event.type === 'watch.gap') return { mode, ...none, gap: event.data.why };
  if (event.type !== 'files.changed') return undefined;
  return { mode, counts: { ...event.data.counts }, changes: event.data.changes.map(fileChangeView) };
}
