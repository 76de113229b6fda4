import { event } from '../../core/events.ts';
import type { Handlers, Requests, ResultOf } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';

type TrustHandlers = Pick<Handlers<Requests, ClientContext>, 'trust/state' | 'trust/grant' | 'trust/revoke'>;

/** A person's grant per repository; every grant and its end is on record. No git runs for any of these. */
export function trustHandlers(services: Services): TrustHandlers {
  const { store, repositories } = services;
  async function repositoryAt(path: string): Promise<{ repository: string; root: string }> {
    const location = await repositories.locate(path);
    return { repository: location.id, root: repositories.mainRoot(location) };
  }
  function state({ repository, root }: { repository: string; root: string }): ResultOf<Requests, 'trust/state'> {
    const known = store.get('repository', repository);
    return { repository, root, trusted: known?.trusted === true, host: known?.host === true };
  }
  return {
    'trust/state': async ({ path }) => state(await repositoryAt(path)),
    'trust/grant': async ({ path, host }, client) => {
      const at = await repositoryAt(path);
      await store.commit(client.actor, () => {
        const known = store.get('repository', at.repository);
        const consent = host || (known?.trusted === true && known.host);
        if (known?.trusted === true && known.host === consent) return [];
        return [event('repository.trusted', { ...at, host: consent, by: client.actor })];
      });
      return state(at);
    },
    'trust/revoke': async ({ path }, client) => {
      const at = await repositoryAt(path);
      await store.commit(client.actor, () =>
        store.get('repository', at.repository)?.trusted === true
          ? [event('repository.distrusted', { ...at, by: client.actor })]
          : [],
      );
      return state(at);
    },
  };
}
