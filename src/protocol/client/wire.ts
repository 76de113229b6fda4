/** The front end's side of one socket to an engine: typed requests and notifications, bounded and checked. */
import { connect as connectSocket, type Socket } from 'node:net';
import {
  ConnectionError,
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { CoppiceError } from '../../core/errors.ts';
import {
  callbacks,
  notifications,
  requests,
  type Callbacks,
  type Notifications,
  type ParamsOf,
  type ParsedOf,
  type Requests,
  type ResultOf,
} from '../contract.ts';
import { within, withResolvers } from './deadline.ts';
import { BoundedMessageReader, BoundedMessageWriter, messageLimits } from './framing.ts';
import { fromWire, toWire } from './wire-errors.ts';

export type Method = keyof Requests;
export type NotificationName = keyof Notifications;
export type NotificationOf<N extends NotificationName> = z.output<Notifications[N]>;

/** Asks for the values of secrets when an agent has to start; what is not known is left out of the answer. */
export type SecretsHandler = (
  params: ParsedOf<Callbacks, 'secrets/get'>,
) => Promise<ResultOf<Callbacks, 'secrets/get'>> | ResultOf<Callbacks, 'secrets/get'>;

/** How long one answer is waited for. */
export interface RequestOptions {
  /** Longest wait for the answer in milliseconds; 60 s unless told. */
  readonly timeoutMs?: number;
  /** Stops waiting. What was asked for may still be done by the engine. */
  readonly signal?: AbortSignal;
}

/** Why a connection ended: we ended it, the engine went away, or it sent what cannot be read. */
export interface Ending {
  readonly reason: 'disposed' | 'lost' | 'unreadable';
  readonly text: string;
}

/** One open socket with the contract on top: what goes out is typed, what comes in is checked against the schemas. */
export interface Wire {
  /**
   * Asks the engine. Rejects with what the engine threw, `timed-out`, `unreachable` (the connection had ended before),
   * `unknown-outcome` (it ended before the answer came), `internal` (an answer that breaks the contract), or the signal's
   * reason.
   */
  request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: RequestOptions,
  ): Promise<ResultOf<Requests, K>>;
  /** Calls the listener for every notification from here on, in order. The listener must not throw. Returns what ends that. */
  on<N extends NotificationName>(name: N, listener: (params: NotificationOf<N>) => void): () => void;
  /** Resolves once, when the connection has ended. */
  readonly closed: Promise<Ending>;
  readonly dispose: () => void;
}

const answerMs = 60_000;
/** Notifications that may wait for their listeners; above it the socket is not read, which slows the engine down. */
const waitingNotifications = 256;

/** Opens a socket. Rejects with the system's error, `timed-out`, or the signal's reason. */
export async function openSocket(path: string, ms: number, signal?: AbortSignal): Promise<Socket> {
  const socket = connectSocket({ path });
  const opened = withResolvers<undefined>();
  socket.once('connect', () => opened.resolve(undefined));
  socket.once('error', opened.reject);
  const late = (): CoppiceError =>
    new CoppiceError('timed-out', `The socket ${path} does not open.`, 'See how the engine is.', { way: 'see-engine' });
  try {
    await within(ms, opened.promise, late, signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.off('error', opened.reject);
    socket.on('error', () => undefined); // told by `close`, which always follows
  }
}

/**
 * Takes over an open socket and starts to listen. Without `secrets` the engine's question for them is answered with
 * `not-found`.
 */
export function wire(socket: Socket, secrets?: SecretsHandler): Wire {
  const listeners = new Map<string, Set<(params: unknown) => void>>();
  const ended = withResolvers<Ending>();
  let ending: Ending | undefined;

  let waiting = 0;
  const reader = new BoundedMessageReader(socket, {
    bytes: () => messageLimits.bytes,
    partialMs: messageLimits.partialMs,
    accepts: (message) => {
      const heard = 'method' in message && isNotification(message.method) && !('id' in message);
      if (heard && ++waiting > waitingNotifications) socket.pause();
      return true;
    },
  });
  const writer = new BoundedMessageWriter(socket, messageLimits.bytes);
  const connection = createMessageConnection(reader, writer);
  const end = (reason: Ending['reason'], text: string): void => {
    if (ending !== undefined) return;
    ending = { reason, text };
    connection.dispose();
    socket.destroy();
    ended.resolve(ending);
  };
  connection.onClose(() => end('lost', 'The engine closed the connection.'));
  connection.onError(([error]) => end('unreadable', `The engine sent what cannot be read: ${error.message}`));
  connection.onNotification((name, params) => {
    if (!isNotification(name)) return;
    if (--waiting <= waitingNotifications && socket.isPaused()) socket.resume();
    const parsed = notifications[name].safeParse(params);
    if (parsed.success) for (const listener of listeners.get(name) ?? []) deliver(listener, parsed.data);
    else end('unreadable', `The engine sent a ${name} that this version cannot read.`);
  });
  connection.onRequest((name, params) => callBack(name, params, secrets));
  connection.listen();

  return {
    closed: ended.promise,
    dispose: () => end('disposed', 'The connection was ended on this side.'),
    on(name, listener) {
      const known = listeners.get(name) ?? new Set();
      listeners.set(name, known);
      // Only what the schema of this very name has parsed is handed to it.
      const own = (params: unknown): void => listener(params as NotificationOf<typeof name>);
      known.add(own);
      return () => known.delete(own);
    },
    async request<K extends Method>(method: K, params: ParamsOf<Requests, K>, options: RequestOptions = {}) {
      if (ending !== undefined) throw gone(ending);
      return ask(connection, method, params, options);
    },
  };
}

async function ask<K extends Method>(
  connection: MessageConnection,
  method: K,
  params: ParamsOf<Requests, K>,
  { timeoutMs = answerMs, signal }: RequestOptions,
): Promise<ResultOf<Requests, K>> {
  signal?.throwIfAborted();
  let answer: unknown;
  try {
    answer = await within(
      timeoutMs,
      connection.sendRequest<unknown>(method, params),
      () => slow(method, timeoutMs),
      signal,
    );
  } catch (error) {
    throw clear(error, method);
  }
  const parsed = requests[method].result.safeParse(answer);
  if (parsed.success) return parsed.data as ResultOf<Requests, K>; // parsed by the schema of this very method
  throw new CoppiceError(
    'internal',
    `The engine's answer to ${method} cannot be read by this version.`,
    'Compare its version with that of the engine.',
    { cause: parsed.error, way: 'see-engine' },
  );
}

async function callBack(name: string, params: unknown, secrets: SecretsHandler | undefined): Promise<unknown> {
  if (name !== 'secrets/get' || secrets === undefined) {
    const error = new CoppiceError('not-found', `This front end does not answer ${name}.`, 'Ask another one.');
    throw toWire(error, ErrorCodes.MethodNotFound);
  }
  try {
    const contract = callbacks['secrets/get'];
    return contract.result.parse(await secrets(contract.params.parse(params)));
  } catch (error) {
    throw toWire(error);
  }
}

function isNotification(name: unknown): name is NotificationName {
  return typeof name === 'string' && Object.hasOwn(notifications, name);
}

/** A listener that throws is a bug of the front end: it is raised there, and the others still hear. */
function deliver(listener: (params: unknown) => void, params: unknown): void {
  try {
    listener(params);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function slow(method: string, ms: number): CoppiceError {
  return new CoppiceError(
    'timed-out',
    `The engine has not answered ${method} within ${ms / 1000} s.`,
    'It may still do it: look at the present state before you ask again.',
  );
}

function gone({ text }: Ending): CoppiceError {
  return new CoppiceError('unreachable', `There is no connection to the engine: ${text}`, 'Connect again.');
}

/** What the library or the engine threw, as an error a person can act on. */
function clear(error: unknown, method: string): unknown {
  const lost = error instanceof ConnectionError;
  const cut = error instanceof ResponseError && lostNumbers.has(error.code);
  if (lost || cut) {
    return new CoppiceError(
      'unknown-outcome',
      `The engine went away before it answered ${method}.`,
      'It may have done it: look at the present state before you ask again.',
      { cause: error },
    );
  }
  return error instanceof ResponseError ? fromWire(error, method) : error;
}

const lostNumbers: ReadonlySet<number> = new Set([ErrorCodes.PendingResponseRejected, ErrorCodes.MessageWriteError]);
