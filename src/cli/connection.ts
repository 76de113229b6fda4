import { isCoppiceError } from '../core/errors.ts';
import type { Method, NotificationName, NotificationOf } from '../protocol/client/wire.ts';
import type { ParamsOf, Requests, ResultOf } from '../protocol/contract.ts';

export type Dispose = () => void;

/** What the commands need of a connection to the engine. Requests fail with a `CoppiceError`. */
export interface Connection {
  readonly engine: { readonly pid: number; readonly version: string; readonly readOnly?: string | undefined };
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<unknown>;
  request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<ResultOf<Requests, K>>;
  on<K extends NotificationName>(kind: K, listener: (notification: NotificationOf<K>) => void): Dispose;
  dispose(): void;
}

/** Opens a connection. Without `launch` no engine is started: `unreachable` when none runs. */
export type Connect = (options: { readonly launch: boolean }) => Promise<Connection>;

/** The engine was not there, or went away before it answered. Only questions may then be asked again. */
export function isLost(error: unknown): boolean {
  return isCoppiceError(error, 'unreachable') || isCoppiceError(error, 'unknown-outcome');
}

/**
 * Starts a subscription and hands its notifications to `take`, in order and none of another subscription: also those that
 * arrive before the answer that names its number.
 */
export async function listen<K extends NotificationName>(
  connection: Connection,
  kind: K,
  begin: () => Promise<number>,
  numberOf: (notification: NotificationOf<K>) => number,
  take: (notification: NotificationOf<K>) => void,
): Promise<{ readonly number: number; readonly dispose: Dispose }> {
  let number: number | undefined;
  const early: NotificationOf<K>[] = [];
  const dispose = connection.on(kind, (notification) => {
    if (number === undefined) early.push(notification);
    else if (numberOf(notification) === number) take(notification);
  });
  try {
    number = await begin();
  } catch (error) {
    dispose();
    throw error;
  }
  for (const notification of early) if (numberOf(notification) === number) take(notification);
  return { number, dispose };
}
