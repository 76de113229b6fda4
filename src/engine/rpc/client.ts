import type { Socket } from 'node:net';
import { createMessageConnection, ErrorCodes, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node';
import { CoppiceError } from '../../core/errors.ts';
import { within } from '../../protocol/client/deadline.ts';
import { BoundedMessageReader, BoundedMessageWriter, FramingError } from '../../protocol/client/framing.ts';
import { mismatch } from '../../protocol/client/handshake.ts';
import { fromWire, toWire } from '../../protocol/client/wire-errors.ts';
import {
  callbacks,
  requests,
  type Callbacks,
  type ParamsOf,
  type ParsedOf,
  type Requests,
  type ResultOf,
} from '../../protocol/contract.ts';
import { compareVersions, protocol, serves } from '../../protocol/version.ts';
import type { CallOptions, ClientContext } from './client-context.ts';
import { dispatch, invalid, unknownMethod, type DispatchOptions } from './dispatch.ts';
import type { RpcLimits } from './limits.ts';

/** What a client needs of the server that it belongs to. */
export interface ClientHost extends DispatchOptions {
  readonly version: string;
  readonly limits: RpcLimits;
  readonly readOnly: () => string | undefined;
  /** Why no client is welcomed and no request taken at present. */
  readonly refusal: () => CoppiceError | undefined;
  /** Called with a client when it is welcomed. Throws if there are too many. */
  readonly welcome: (client: Client) => void;
  /** Called once with every client, when its connection has ended. */
  readonly gone: (client: Client) => void;
}

/**
 * `outdated`: a front end of a newer version that we cannot serve; it may ask this engine to make way, and nothing else.
 * `ending`: what is queued is still sent, nothing more is taken.
 */
type State = 'silent' | 'welcome' | 'outdated' | 'ending' | 'ended';

const callMs = 30_000;

/** One socket that a front end has opened: its greeting, its requests, and what it may cost. */
export class Client {
  readonly id: string;
  readonly #host: ClientHost;
  readonly #socket: Socket;
  readonly #connection: MessageConnection;
  readonly #disposers = new Set<() => void>();
  readonly #helloTimer: NodeJS.Timeout;
  #state: State = 'silent';
  #context: ClientContext;
  /** Requests that were read and not yet answered. */
  #open = 0;
  /** Answers of the front end that we wait for. */
  #awaited = 0;

  constructor(id: string, socket: Socket, host: ClientHost) {
    this.id = id;
    this.#socket = socket;
    this.#host = host;
    this.#context = this.#describe({ client: 'unknown', version: '', pid: 0 });
    const { limits } = host;
    const reader = new BoundedMessageReader(socket, {
      bytes: () => (this.#state === 'welcome' ? limits.messageBytes : limits.helloBytes),
      partialMs: limits.partialMs,
      accepts: (message) => this.#accepts(message),
    });
    const writer = new BoundedMessageWriter(socket, limits.queuedBytes);
    this.#connection = createMessageConnection(reader, writer);
    this.#connection.onClose(() => this.end('closed by the front end'));
    this.#connection.onError(([error]) => this.end(error.message));
    this.#connection.onRequest((method, params) => this.#answer(method, params));
    this.#helloTimer = setTimeout(() => this.end('no greeting in time'), limits.helloMs);
    socket.on('error', () => undefined); // told by `close`, which always follows
    this.#connection.listen();
  }

  get context(): ClientContext {
    return this.#context;
  }

  /** Cuts the connection. */
  end(why: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#helloTimer);
    this.#host.log.debug('client gone', { client: this.id, name: this.#context.name, why });
    this.#connection.dispose();
    this.#socket.destroy();
    this.#host.gone(this);
    for (const dispose of this.#disposers) this.#dispose(dispose);
    this.#disposers.clear();
  }

  /** Sends what is queued, then cuts the connection; after `ms` milliseconds in any case. Resolves when it is cut. */
  async finish(why: string, ms: number): Promise<void> {
    if (this.#state !== 'ended' && !this.#socket.destroyed) {
      this.#state = 'ending';
      const closed = new Promise<undefined>((resolve) => this.#socket.once('close', () => resolve(undefined)));
      this.#socket.end();
      await within(ms, closed, () => new Error('not read')).catch(() => undefined); // then it is cut
    }
    this.end(why);
  }

  /**
   * What is passed on to the library: requests, up to a number; answers that are waited for; nothing else, as the contract has
   * no notifications to the engine.
   */
  #accepts(message: object): boolean {
    if (this.#state === 'ending') return false;
    const { id, method } = message as { id?: unknown; method?: unknown };
    const identified = typeof id === 'number' || (typeof id === 'string' && id.length < 100);
    if (typeof method !== 'string') {
      if (!identified || this.#awaited === 0) return false;
      this.#awaited--;
      return true;
    }
    if (!identified) return false;
    this.#open++;
    if (this.#open > this.#host.limits.openRequests) throw new FramingError(`${this.#open} requests at once`);
    return true;
  }

  async #answer(method: string, params: unknown): Promise<unknown> {
    try {
      if (this.#state === 'ending' || this.#state === 'ended') throw toWire(over()); // read before that was decided
      if (method === 'hello') return this.#greet(params);
      if (this.#state === 'silent') throw this.#last(ungreeted());
      const refusal = method === 'engine/stop' ? undefined : this.#host.refusal();
      if (refusal !== undefined) throw toWire(refusal);
      if (this.#state === 'outdated' && method !== 'engine/stop') throw unknownMethod(method);
      return await dispatch(method, params, this.#context, this.#host);
    } finally {
      this.#open--;
    }
  }

  #greet(params: unknown): unknown {
    if (this.#state !== 'silent')
      throw this.#last(new CoppiceError('bad-usage', 'A second greeting.', 'Connect again.'));
    const parsed = requests.hello.params.safeParse(params);
    if (!parsed.success) throw this.#last(invalid('hello', parsed.error), ErrorCodes.InvalidParams);
    const refusal = this.#host.refusal();
    if (refusal !== undefined) throw this.#last(refusal);
    const hello = parsed.data;
    this.#context = this.#describe(hello);
    if (!serves(protocol, hello.protocol)) throw this.#unserved(hello);
    try {
      this.#host.welcome(this);
    } catch (error) {
      throw this.#last(error);
    }
    this.#state = 'welcome';
    clearTimeout(this.#helloTimer);
    const { client, version, pid } = hello;
    this.#host.log.debug('client welcome', { client: this.id, name: client, version, pid });
    const readOnly = this.#host.readOnly();
    return { protocol, version: this.#host.version, pid: process.pid, ...(readOnly !== undefined && { readOnly }) };
  }

  #unserved({ version }: ParsedOf<Requests, 'hello'>): Error {
    const error = mismatch(this.#host.version, version);
    if (compareVersions(version, this.#host.version) <= 0) return this.#last(error);
    this.#state = 'outdated';
    return toWire(error);
  }

  /** An error after which the connection is ended, when it was sent. */
  #last(error: unknown, number?: number): Error {
    const why = error instanceof Error ? error.message : String(error);
    const { finishMs } = this.#host.limits;
    this.#state = 'ending';
    setImmediate(() => {
      this.finish(why, finishMs).catch((problem: unknown) => this.#host.log.error('a client', { error: problem }));
    });
    return toWire(error, number);
  }

  #describe({ client, version, pid }: Pick<ParsedOf<Requests, 'hello'>, 'client' | 'version' | 'pid'>): ClientContext {
    const name = client.replaceAll(/[^\w.-]/g, '-').slice(0, 40);
    return {
      id: this.id,
      name,
      version: version.slice(0, 40),
      pid,
      actor: `user:${name}`,
      notify: (notification, params) => this.#notify(notification, params),
      call: async <K extends keyof Callbacks>(method: K, params: ParamsOf<Callbacks, K>, options?: CallOptions) => {
        const answer = callbacks[method].result.parse(await this.#call(method, params, options));
        return answer as ResultOf<Callbacks, K>; // parsed by the schema of this very method
      },
      onClose: (dispose) => {
        const own = (): void => dispose();
        if (this.#state === 'ended') this.#dispose(own);
        else this.#disposers.add(own);
        return () => this.#disposers.delete(own);
      },
    };
  }

  async #notify(name: string, params: object): Promise<void> {
    if (this.#state !== 'welcome') return;
    await this.#connection.sendNotification(name, params);
  }

  async #call(method: string, params: object, { timeoutMs = callMs }: CallOptions = {}): Promise<unknown> {
    if (this.#state !== 'welcome') throw unreachable(this.#context.name);
    this.#awaited++;
    try {
      const answer = this.#connection.sendRequest<unknown>(method, params);
      return await within(timeoutMs, answer, () => unanswered(this.#context.name, method, timeoutMs));
    } catch (error) {
      if (!(error instanceof ResponseError)) throw error;
      throw error.code === ErrorCodes.PendingResponseRejected
        ? unreachable(this.#context.name)
        : fromWire(error, method);
    }
  }

  #dispose(dispose: () => void): void {
    try {
      dispose();
    } catch (error) {
      this.#host.log.error('what a client leaves behind could not be tidied', { client: this.id, error });
    }
  }
}

function over(): CoppiceError {
  return new CoppiceError('unreachable', 'This connection is being ended.', 'Connect again.');
}

function ungreeted(): CoppiceError {
  return new CoppiceError('bad-usage', 'The first message has to be `hello`.', 'Greet the engine, then ask.');
}

function unreachable(name: string): CoppiceError {
  return new CoppiceError('unreachable', `The front end ${name} is gone.`, 'Ask another one.');
}

function unanswered(name: string, method: string, ms: number): CoppiceError {
  const message = `The front end ${name} has not answered ${method} within ${ms / 1000} s.`;
  return new CoppiceError('timed-out', message, 'Look at that front end, or use another one.');
}
