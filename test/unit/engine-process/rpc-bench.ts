import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { createMessageConnection, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node';
import type { ErrorCode, ErrorRecord } from '../../../src/core/errors.ts';
import { serve, type RequestHandlers, type RpcServer, type ServeOptions } from '../../../src/engine/rpc/server.ts';
import { greet } from '../../../src/protocol/client/handshake.ts';
import { wire, type SecretsHandler, type Wire } from '../../../src/protocol/client/wire.ts';
import { protocol } from '../../../src/protocol/version.ts';
import { Sockets } from '../protocol/sockets.ts';
import { toyHandlers } from './toy-handlers.ts';

export const front = { client: 'cli', version: '1.2.3' };
export const hello = { protocol, version: '1.2.3', client: 'cli', pid: 1 };
export const bounded = { timeoutMs: 2_000 };

/** Servers without an engine, and peers that are connected to them. */
export class Rpc {
  /** Warnings and errors that were logged. */
  readonly logged: string[] = [];
  readonly #sockets: Sockets;
  readonly #servers: RpcServer[] = [];
  readonly #raws: MessageConnection[] = [];

  private constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  static async open(): Promise<Rpc> {
    return new Rpc(await Sockets.open());
  }

  async close(): Promise<void> {
    for (const raw of this.#raws) raw.dispose();
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.#sockets.close();
  }

  server(handlers: Partial<RequestHandlers> = {}, options: Partial<ServeOptions> = {}): RpcServer {
    const note = (text: string): number => this.logged.push(text);
    const log = { debug: () => undefined, warn: note, error: note };
    const made = serve({ version: '1.2.3', handlers: toyHandlers(handlers), checkResults: true, log, ...options });
    this.#servers.push(made);
    return made;
  }

  async socket(to: RpcServer): Promise<Socket> {
    const [here, there] = await this.#sockets.pair();
    to.accept(there);
    return here;
  }

  /** A front end that was welcomed. */
  async client(to: RpcServer, secrets?: SecretsHandler): Promise<Wire> {
    return (await this.connected(to, secrets))[1];
  }

  /** A front end that was welcomed, and its socket. */
  async connected(to: RpcServer, secrets?: SecretsHandler): Promise<[Socket, Wire]> {
    const here = await this.socket(to);
    const opened = wire(here, secrets);
    assert.equal((await greet(opened, front, bounded)).status, 'welcome');
    return [here, opened];
  }

  /** A peer that says what it likes. */
  async raw(to: RpcServer): Promise<MessageConnection> {
    const here = await this.socket(to);
    const connection = createMessageConnection(here, here);
    connection.listen();
    this.#raws.push(connection);
    return connection;
  }
}

/** Asserts that a request was refused with the record of a `CoppiceError`. */
export async function refused(
  answer: Promise<unknown>,
  code: ErrorCode,
  text: RegExp,
  number?: number,
): Promise<ErrorRecord> {
  try {
    await answer;
  } catch (error) {
    assert.ok(error instanceof ResponseError, String(error));
    const { data } = error as ResponseError<ErrorRecord>;
    assert.ok(data !== undefined, 'the error carries no record');
    assert.equal(data.code, code);
    assert.match(data.message, text);
    assert.notEqual(data.next, '');
    if (number !== undefined) assert.equal(error.code, number);
    return data;
  }
  assert.fail('it was not refused');
}
