import type { JournalRecord } from '../../core/domain.ts';
import { recorded } from '../../core/events.ts';
import { noChanges } from '../../core/watch/state.ts';
import type { Handlers, Notifications, Requests } from '../../protocol/contract.ts';
import type { WatchView } from '../../protocol/watch.ts';
import type * as z from 'zod';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { fileChangeView, watchView } from '../watch/views.ts';
import { Subscriptions } from './subscriptions.ts';

type WatchHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'session/changes' | 'changes/subscribe' | 'changes/unsubscribe' | 'radar/list'
>;
type Notice = z.input<Notifications['session/changes']>;

/** What changes in the worktrees of sessions, and which of them overlap. */
export function watchHandlers(services: Services): WatchHandlers {
  const { store, log, watching } = services;
  const subscriptions = new Subscriptions('changes', log);
  const watchOf = async (session: string): Promise<WatchView | null> => {
    await watching.ready(session);
    const watch = store.get('watch', session);
    return watch === undefined ? null : watchView(watch);
  };
  return {
    'session/changes': async ({ session }) => ({ watch: await watchOf(store.find(session).id) }),
    'changes/subscribe': async ({ session: key }, client) => {
      const { id } = store.find(key);
      const from = store.state.lastSeq + 1;
      const subscription = subscriptions.begin(client, {
        tell: (number, signal) =>
          store.state.subscribe(
            from,
            async (records) => {
              for (const record of records) {
                const news = noticeOf(services, id, record);
                if (news === undefined) continue;
                await client.notify('session/changes', { subscription: number, session: id, ...news });
              }
            },
            signal,
          ),
        failed: (number, problem) => {
          const none = { mode: modeOf(services, id), ...nothing };
          return client.notify('session/changes', { subscription: number, session: id, ...none, problem });
        },
      });
      return { subscription, watch: await watchOf(id) };
    },
    'changes/unsubscribe': ({ subscription }, client) => {
      subscriptions.end(client, subscription);
      return {};
    },
    'radar/list': async ({ path }) => {
      const repository = path === undefined ? undefined : (await services.repositories.locate(path)).id;
      const all = store.all('overlap').filter((each) => repository === undefined || each.repository === repository);
      return { overlaps: all.map((each) => services.radar.view(each)) };
    },
  };
}

const nothing = { counts: { ...noChanges }, changes: [] };

function modeOf({ store }: Services, session: string): Notice['mode'] {
  return store.get('watch', session)?.mode ?? 'ended';
}

/** What a record says of the files of a session; undefined when it says nothing. */
function noticeOf(
  services: Services,
  session: string,
  record: JournalRecord,
): Omit<Notice, 'subscription' | 'session'> | undefined {
  const event = recorded(record);
  if (event === undefined || !('session' in event.data) || event.data.session !== session) return undefined;
  const mode = modeOf(services, session);
  if (event.type === 'watch.changed') return { mode: event.data.mode, ...nothing };
  if (event.type === 'watch.gap') return { mode, ...nothing, gap: event.data.why };
  if (event.type !== 'files.changed') return undefined;
  return { mode, counts: { ...event.data.counts }, changes: event.data.changes.map(fileChangeView) };
}
