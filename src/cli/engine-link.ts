import type { ParamsOf, Requests, ResultOf } from '../protocol/contract.ts';
import type { Method } from '../protocol/client/wire.ts';
import type { Connect, Connection } from './connection.ts';

/** The connection of one invocation (or of a whole REPL): opened when first needed, and again when the engine was replaced. */
export class EngineLink {
  readonly #connect: Connect;
  #open: Promise<Connection> | undefined;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** Starts an engine if none runs, unless told not to. */
  async open(options: { readonly launch: boolean } = { launch: true }): Promise<Connection> {
    this.#open ??= this.#begin(options);
    return this.#open;
  }

  async request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: { readonly timeoutMs?: number },
  ): Promise<ResultOf<Requests, K>> {
    return (await this.open()).request(method, params, options);
  }

  /** Ends the connection, if there is one. Never fails. */
  async dispose(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      (await open)?.dispose();
    } catch {
      // It never came to be, and whoever asked for it has been told why.
    }
  }

  #begin(options: { readonly launch: boolean }): Promise<Connection> {
    const opening = this.#connect(options);
    const forget = (): void => {
      if (this.#open === opening) this.#open = undefined;
    };
    opening.then((connection) => connection.closed.then(forget, forget), forget);
    return opening;
  }
}
