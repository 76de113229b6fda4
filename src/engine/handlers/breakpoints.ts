import type { NewEvent } from '../../core/domain.ts';
import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { readCondition } from '../../core/supervision/condition.ts';
import type { Predicate } from '../../core/supervision/predicate.ts';
import { typedCondition } from '../../core/supervision/typed-condition.ts';
import { predicateText } from '../../core/supervision/moments.ts';
import type { Grant, Stop, StopEvents } from '../../core/supervision/stops.ts';
import { defined } from '../../core/defined.ts';
import type { GrantView, StopView } from '../../protocol/breakpoints.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/client-context.ts';
import type { Services } from '../services.ts';

type BreakpointHandlers = Pick<
  Handlers<Requests, ClientContext>,
  Extract<keyof Requests, `breakpoint/${string}` | `permission/${string}`>
>;

/** Breakpoints that people set, and permissions that hold for good. */
export function breakpointHandlers(services: Services): BreakpointHandlers {
  const { store, sessions } = services;
  /** What agents have said by now is no matter of what is set now, also for an engine that reads it again. */
  const setting = (data: StopEvents['stop.set']): NewEvent[] => {
    const said = store.all('session').flatMap(({ id: session, repository, met }) => {
      const offset = repository.id === data.repository ? sessions.worker(session)?.follower?.offset : undefined;
      if (offset === undefined || offset <= (met?.offset ?? 0)) return [];
      return [event('stop.met', { session, offset, hit: [], spent: [] })];
    });
    return [event('stop.set', data), ...said];
  };
  const titleOf = (session: string | undefined): string | undefined =>
    session === undefined ? undefined : store.get('session', session)?.task.title;
  const stopView = ({ id, spec, hits, by, at }: Stop): StopView => ({
    ...{ id, spec, hits, by, text: predicateText(spec.predicate), at: new Date(at).toISOString() },
    ...defined({ title: titleOf(spec.session), condition: typedCondition(spec.predicate) }),
  });
  const grantView = ({ id, session, tool, pattern, by, at }: Grant): GrantView => ({
    ...{ id, tool, pattern, by, at: new Date(at).toISOString() },
    ...defined({ session, title: titleOf(session) }),
  });
  return {
    'breakpoint/list': async ({ path }) => {
      const { id } = await services.repositories.locate(path);
      const inOrder = <T extends Stop | Grant>(all: T[]): T[] =>
        all.filter(({ repository }) => repository === id).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      return {
        breakpoints: inOrder(store.all('stop')).map(stopView),
        permissions: inOrder(store.all('grant')).map(grantView),
      };
    },
    'breakpoint/set': async ({ path, condition, session: key, fromHit, once, enabled }, client) => {
      const repository = (await services.repositories.locate(path)).id;
      const predicate = predicateOf(condition);
      const session = key === undefined ? undefined : store.find(key).id;
      const id = services.newId().slice(0, 8);
      const spec = { id, predicate, enabled, fromHit, once, ...defined({ session }) };
      await store.commit(client.actor, () => setting({ repository, spec, by: client.actor }));
      return stopView(found(store.get('stop', id), id));
    },
    'breakpoint/edit': async ({ breakpoint: id, condition }, client) => {
      const predicate = predicateOf(condition);
      await store.commit(client.actor, () => {
        const { repository, spec } = found(store.get('stop', id), id);
        return setting({ repository, spec: { ...spec, predicate }, by: client.actor });
      });
      return stopView(found(store.get('stop', id), id));
    },
    'breakpoint/enable': async ({ breakpoint: id, enabled }, client) => {
      await store.commit(client.actor, () => {
        const { repository, spec } = found(store.get('stop', id), id);
        return spec.enabled === enabled ? [] : setting({ repository, spec: { ...spec, enabled }, by: client.actor });
      });
      return stopView(found(store.get('stop', id), id));
    },
    'breakpoint/remove': async ({ breakpoint: id }, client) => {
      await store.commit(client.actor, () => {
        found(store.get('stop', id), id);
        return [event('stop.removed', { stop: id, by: client.actor })];
      });
      return {};
    },
    'permission/withdraw': async ({ permission: id }, client) => {
      await store.commit(client.actor, () => {
        found(store.get('grant', id), id);
        return [event('grant.withdrawn', { grant: id, by: client.actor })];
      });
      return {};
    },
  };
}

/** @throws CoppiceError `bad-usage` */
function predicateOf(condition: string): Predicate {
  const predicate = readCondition(condition);
  if (typeof predicate !== 'string') return predicate;
  throw new CoppiceError('bad-usage', predicate, 'Correct the condition.', { way: 'add-breakpoint' });
}

function found<T>(entity: T | undefined, id: string): T {
  if (entity !== undefined) return entity;
  throw new CoppiceError('not-found', `There is no ${id}.`, 'See which there are.', { way: 'see-breakpoints' });
}
