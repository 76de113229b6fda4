import type { Socket } from 'node:net';
import { CoppiceError } from '../../core/errors.ts';
import { Client } from './client.ts';
import type { ClientContext } from './client-context.ts';
import type { RequestHandlers, RpcLog } from './dispatch.ts';
import { usualLimits, type RpcLimits } from './limits.ts';

export type { ClientContext } from './client-context.ts';
export type { RequestHandlers } from './dispatch.ts';

/** What front ends are answered with, and the limits of what they may cost. */
export interface ServeOptions {
  /** Release version of the engine. */
  readonly version: string;
  readonly handlers: RequestHandlers;
  /** Why nothing can be changed at present; told to each client at its greeting. */
  readonly readOnly?: () => string | undefined;
  readonly checkResults?: boolean;
  readonly limits?: Partial<RpcLimits>;
  readonly log: RpcLog;
}

/** The engine's end of all its connections. */
export interface RpcServer {
  /** Takes over a socket that a front end has opened. */
  accept(socket: Socket): void;
  /** The clients that were welcomed and are still there. */
  clients(): readonly ClientContext[];
  /** From here on nobody is welcomed and every request but `engine/stop` is refused with this. */
  refuse(reason: CoppiceError): void;
  /** Sends what is queued and ends every connection. */
  close(): Promise<void>;
}

/** Sockets that may be open and not yet greeted, beside those of the clients. */
const strangers = 64;

/**
 * The engine's end of the RPC: takes sockets, and answers what front ends ask on them. Where it listens is not its
 * business.
 */
export function serve(options: ServeOptions): RpcServer {
  const { version, handlers, log, checkResults = false, readOnly = () => undefined } = options;
  const limits = { ...usualLimits, ...options.limits };
  const sockets = new Set<Client>();
  const welcomed = new Set<Client>();
  let refusal: CoppiceError | undefined;
  let count = 0;
  const host = {
    ...{ version, handlers, log, checkResults, readOnly, limits },
    refusal: () => refusal,
    welcome: (client: Client) => {
      if (welcomed.size >= limits.clients) throw crowded(limits.clients);
      welcomed.add(client);
    },
    gone: (client: Client) => {
      sockets.delete(client);
      welcomed.delete(client);
    },
  };
  return {
    accept(socket) {
      if (sockets.size >= limits.clients + strangers) {
        log.warn('too many connections', { open: sockets.size });
        socket.destroy();
        return;
      }
      const client = new Client(String(++count), socket, host);
      sockets.add(client);
      socket.once('close', () => client.end('closed'));
    },
    clients: () => [...welcomed].map(({ context }) => context),
    refuse: (reason) => (refusal ??= reason),
    async close() {
      await Promise.all([...sockets].map((client) => client.finish('the engine ends', limits.finishMs)));
    },
  };
}

function crowded(limit: number): CoppiceError {
  return new CoppiceError(
    'engine-busy',
    `The engine already serves ${limit} front ends.`,
    'Close some windows or commands that follow sessions.',
  );
}
