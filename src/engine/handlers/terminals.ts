import { CoppiceError } from '../../core/errors.ts';
import { makeRoom, shortOfRoom } from '../../core/image-room.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { resourcesOf } from '../sessions/resources.ts';

type TerminalHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'session/terminal' | 'session/resources' | 'containers/tidy' | 'containers/room'
>;

/** How a terminal gets to where a session is, what the session uses there, and what is left of containers. */
export function terminalHandlers(services: Services): TerminalHandlers {
  const { store, executors } = services;
  return {
    'containers/tidy': async ({ all }) => ({ removed: await executors.docker.tidy(all) }),
    'containers/room': async () => {
      const room = await executors.docker.room();
      const message = room === undefined ? undefined : shortOfRoom(room);
      return { shortage: message === undefined ? null : { message, next: `${makeRoom}.` } };
    },
    'session/resources': ({ session: key, disk }) => {
      const session = store.find(key);
      const executor = executors.executor(session.executor, session.requester.env);
      return resourcesOf(session, executor, services.runRef(session.id, session.run?.n ?? 0), disk);
    },
    'session/terminal': async ({ session: key }) => {
      const { id, worktree, task, mode, agent, executor } = store.find(key);
      if (worktree === undefined) {
        throw new CoppiceError(
          'wrong-state',
          `Session ${id} has no worktree yet.`,
          'It gets one when it starts to work; ask again then.',
        );
      }
      const label = { task: task.id, mode, agent };
      const place = { session: id, cwd: worktree.path, label };
      const terminal = await executors.executor(executor).terminal(place);
      return { ...terminal, command: [...terminal.command] };
    },
  };
}
