import { event } from '../../core/events.ts';
import type { RepositoryLocation } from '../../git/locate.ts';
import type { Handlers, Requests, ResultOf } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { bindMoved, movedTo } from '../places/moved.ts';
import { isTrustedAt } from './trusted.ts';

type TrustHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'trust/state' | 'trust/grant' | 'trust/revoke' | 'repository/move'
>;

type State = ResultOf<Requests, 'trust/state'>;

/** A person's grant per repository; every grant and its end is on record. No git runs for any of these. */
export function trustHandlers(services: Services): TrustHandlers {
  const { store, repositories } = services;
  function state(location: RepositoryLocation): State {
    const trusted = isTrustedAt(services, location);
    const host = trusted && store.get('repository', location.id)?.host === true;
    return { repository: location.id, root: repositories.mainRoot(location), trusted, host };
  }
  async function told(location: RepositoryLocation): Promise<State> {
    const from = await movedTo(services, location);
    return {
      ...state(location),
      ...(from === undefined ? {} : { movedFrom: { root: from.root, sessions: from.sessions } }),
    };
  }
  return {
    'trust/state': async ({ path }) => {
      const location = await repositories.locate(path);
      // Windows ask this of each of their folders: where the repository is trusted, no other one is looked at for that.
      const present = state(location);
      return present.trusted ? present : told(location);
    },
    'trust/grant': async ({ path, host }, client) => {
      const location = await repositories.locate(path);
      await store.commit(client.actor, () => {
        const { repository, root, ...present } = state(location);
        const consent = host || present.host;
        if (present.trusted && present.host === consent) return [];
        return [event('repository.trusted', { repository, root, host: consent, by: client.actor })];
      });
      return told(location);
    },
    'repository/move': async ({ from, path }, client) => {
      const location = await repositories.locate(path);
      const moved = await bindMoved(services, from, location, client.actor);
      return { ...state(location), ...moved };
    },
    'trust/revoke': async ({ path }, client) => {
      const location = await repositories.locate(path);
      await store.commit(client.actor, () => {
        const { repository, root } = state(location);
        const known = store.get('repository', repository);
        return known?.trusted === true ? [event('repository.distrusted', { repository, root, by: client.actor })] : [];
      });
      return state(location);
    },
  };
}
