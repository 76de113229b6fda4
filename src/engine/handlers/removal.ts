import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { RemovalContext } from '../removal/context.ts';
import { sessionFacts } from '../removal/facts.ts';
import { takeUp } from '../removal/recover.ts';
import { removeSession } from '../removal/remove.ts';
import { returnSession } from '../removal/return.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { sessionView } from '../sessions/views.ts';
import { requireTrusted } from './trusted.ts';

type RemovalHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'session/facts' | 'session/remove' | 'session/restore' | 'session/rename'
>;

/** Taking sessions out of sight and bringing them back. */
export function removalHandlers(services: Services, removal: RemovalContext): RemovalHandlers {
  const { store } = services;
  const trusted = (key: string) => {
    const session = store.find(key);
    requireTrusted(services, session.repository);
    return session;
  };
  const view = async (id: string) => {
    const metered = await services.meter();
    return { session: sessionView(store.session(id), store.all('session'), metered) };
  };
  return {
    'session/facts': ({ session: key }) => sessionFacts(removal, trusted(key)),
    'session/remove': async ({ session: key, force, skipTeardown }, client) => {
      const { id } = trusted(key);
      await takeUp(removal, id);
      const { kept, until } = await removeSession(removal, id, { despite: force, skipTeardown }, client.actor);
      return { session: id, kept, until: new Date(until).toISOString() };
    },
    'session/restore': async ({ session: key }, client) => {
      const { id } = trusted(key);
      await takeUp(removal, id);
      await returnSession(removal, id, client.actor);
      return view(id);
    },
    'session/rename': async ({ session: key, title }, client) => {
      const { id } = store.find(key);
      if (/\p{Cc}/u.test(title)) {
        throw new CoppiceError('bad-usage', 'A title is one line of text.', 'Leave control characters out.');
      }
      await store.commit(client.actor, () =>
        store.session(id).task.title === title ? [] : [event('session.renamed', { session: id, title })],
      );
      return view(id);
    },
  };
}
