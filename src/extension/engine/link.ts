/** The window's one connection to the engine. Everything that changes anything goes through `request`. */
import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import type { EngineFacts } from '../../protocol/client/handshake.ts';
import type { LaunchPlan } from '../../protocol/client/launch.ts';
import type { Live, LiveState, Records } from '../../protocol/client/reconnecting.ts';
import type { Connection } from '../../protocol/client/connect.ts';
import type { Method, RequestOptions, SecretsHandler } from '../../protocol/client/wire.ts';
import type { ParamsOf, Requests, ResultOf } from '../../protocol/contract.ts';
import { toDisposable, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import { connectLater } from './connect-later.ts';

export type LinkState =
  /** No engine runs, and nothing has needed one yet. */
  | { readonly status: 'idle' }
  /** One was asked for, and has not answered yet. */
  | { readonly status: 'connecting' }
  | { readonly status: 'connected'; readonly engine: EngineFacts }
  /** It went away or cannot be started. The next attempt comes by itself. */
  | { readonly status: 'away'; readonly problem: CoppiceError };

/** What a window does with the engine. */
export interface EngineLink {
  readonly state: LinkState;
  readonly onState: Event<LinkState>;
  /** Records of the journal, each once and in order, from the time of the first connection on. */
  readonly onRecords: Event<Records>;
  /** Each connection as it is made, for what lives as long as it does. */
  readonly onConnection: Event<Connection>;
  readonly connection: Connection | undefined;
  /** From here on an engine is started if none runs. */
  need(): void;
  /** Tries again at once. */
  retry(): void;
  /**
   * Starts an engine if none runs and asks it. During a gap the request waits for the next connection and is sent once;
   * `unknown-outcome` tells that the connection ended before the answer.
   */
  request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: RequestOptions,
  ): Promise<ResultOf<Requests, K>>;
}

/** What a link is made of. */
export interface LinkOptions {
  /** The data directory. */
  readonly home: string;
  /** Release version of the extension. */
  readonly version: string;
  /** How to start an engine; undefined where none may be started, e.g. in Restricted Mode. */
  readonly plan: () => LaunchPlan | undefined;
  readonly secrets: SecretsHandler;
  readonly log: Log;
}

/** Connects at once where an engine runs already; starts one only when it is needed. */
export function openLink(options: LinkOptions): EngineLink & Disposable {
  return new Link(options);
}

class Link implements EngineLink, Disposable {
  readonly #options: LinkOptions;
  readonly #states: Emitter<LinkState>;
  readonly #records: Emitter<Records>;
  readonly #connections: Emitter<Connection>;
  #state: LinkState = { status: 'idle' };
  #connection: Connection | undefined;
  #needed = false;
  #live: Live;

  constructor(options: LinkOptions) {
    this.#options = options;
    const failed = (error: unknown): void => options.log.error('A listener of the engine link failed.', error);
    this.#states = new Emitter(failed);
    this.#records = new Emitter(failed);
    this.#connections = new Emitter(failed);
    this.#live = this.#begin();
  }

  get state(): LinkState {
    return this.#state;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get onState(): Event<LinkState> {
    return this.#states.event;
  }

  get onRecords(): Event<Records> {
    return this.#records.event;
  }

  get onConnection(): Event<Connection> {
    return this.#connections.event;
  }

  need(): void {
    if (this.#needed) return;
    this.#needed = true;
    if (this.#state.status === 'connected') return;
    this.#become({ status: 'connecting' });
    this.#live.retry();
  }

  retry(): void {
    this.#needed = true;
    if (this.#state.status !== 'connected') this.#become({ status: 'connecting' });
    this.#live.retry();
  }

  async request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: RequestOptions,
  ): Promise<ResultOf<Requests, K>> {
    this.need();
    return this.#live.request(method, params, options);
  }

  dispose(): void {
    this.#end(this.#live);
    for (const each of [this.#states, this.#records, this.#connections]) each.dispose();
  }

  #begin(): Live {
    const { home, version, plan, secrets } = this.#options;
    return connectLater({
      home,
      version,
      secrets,
      client: 'vscode',
      from: 'end',
      launch: () => (this.#needed ? plan() : undefined),
      onRecords: (records) => this.#take(records),
      onState: (state) => this.#follow(state),
    });
  }

  #take(records: Records): void {
    // An engine that was stopped on purpose stays stopped until something needs one again.
    if (records.some(({ type }) => type === 'engine.stopped')) this.#needed = false;
    this.#records.fire(records);
  }

  #follow(state: LiveState): void {
    const { log } = this.#options;
    switch (state.status) {
      case 'connected':
        this.#connection = state.connection;
        log.info(`Connected to engine ${state.connection.engine.version} (process ${state.connection.engine.pid}).`);
        this.#become({ status: 'connected', engine: state.connection.engine });
        this.#connections.fire(state.connection);
        return;
      case 'disconnected':
        this.#lost(state.problem);
        return;
      case 'ended':
        // The journal is another one than before: whatever was known of the old one is let go.
        log.warn(state.problem.message);
        this.#connection = undefined;
        this.#end(this.#live);
        this.#live = this.#begin();
        this.#become({ status: 'connecting' });
    }
  }

  #lost(problem: CoppiceError): void {
    const before = this.#state;
    this.#connection = undefined;
    if (!this.#needed && isCoppiceError(problem, 'unreachable')) {
      this.#become({ status: 'idle' });
      return;
    }
    if (before.status !== 'away' || before.problem.message !== problem.message) {
      this.#options.log.warn(`${problem.message} ${problem.next}`);
    }
    this.#become({ status: 'away', problem });
  }

  #become(state: LinkState): void {
    const same = state.status === this.#state.status && state.status !== 'connected' && state.status !== 'away';
    this.#state = state;
    if (!same) this.#states.fire(state);
  }

  #end(live: Live): void {
    live.dispose().catch((error: unknown) => this.#options.log.error('The connection did not end well.', error));
  }
}

/** Listens to notifications of whichever connection there is, and of all that come after it. */
export function onEveryConnection(link: EngineLink, begin: (connection: Connection) => () => void): Disposable {
  let end: (() => void) | undefined;
  const start = (connection: Connection): void => {
    end?.();
    end = begin(connection);
  };
  if (link.connection !== undefined) start(link.connection);
  const listening = link.onConnection(start);
  return toDisposable(() => {
    listening.dispose();
    end?.();
  });
}
