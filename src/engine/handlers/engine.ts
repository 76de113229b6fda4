import { isSettled, statusOf } from '../../core/session/status.ts';
import type { Handlers, Requests, ResultOf } from '../../protocol/contract.ts';
import type { EngineContext } from '../process/engine.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';

type EngineHandlers = Pick<Handlers<Requests, ClientContext>, 'engine/status'>;

/** How many sessions stand where. */
export function countSessions(services: Services): ResultOf<Requests, 'engine/status'>['sessions'] {
  const all = services.store.all('session');
  const having = (status: string): number => all.filter((each) => statusOf(each) === status).length;
  const working = all.filter((each) => !isSettled(each)).length - having('queued');
  return { running: working, queued: having('queued'), needsYou: having('needs-you'), total: all.length };
}

function limitsOf(services: Services): ResultOf<Requests, 'engine/status'>['limits'] {
  const { running, reserved, waiting } = services.limits();
  return { running, reserved, waiting };
}

/** Facts about the engine itself. */
export function engineHandlers(services: Services, engine: EngineContext): EngineHandlers {
  const { state } = services.store;
  return {
    'engine/status': () => {
      const readOnly = state.readOnlyReason?.message;
      return {
        ...engine.status(),
        lastSeq: state.lastSeq,
        sessions: countSessions(services),
        limits: limitsOf(services),
        ...(readOnly === undefined ? {} : { readOnly }),
      };
    },
  };
}
