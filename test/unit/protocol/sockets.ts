import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket in a temporary folder, and both ends of the connections to it. */
export class Sockets {
  readonly folder: string;
  readonly path: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #accepted: Socket[] = [];

  private constructor(folder: string, path: string, server: Server) {
    this.folder = folder;
    this.path = path;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#track(socket);
      this.#accepted.push(socket);
    });
  }

  static async open(): Promise<Sockets> {
    const folder = await mkdtemp(join(tmpdir(), 'cs-'));
    const path = join(folder, 's');
    const server = createServer();
    server.listen(path);
    await once(server, 'listening');
    return new Sockets(folder, path, server);
  }

  /** A connection: the end that opened it, and the end that accepted it. */
  async pair(): Promise<[Socket, Socket]> {
    const front = connect(this.path);
    this.#track(front);
    if (this.#accepted.length === 0) await once(this.#server, 'connection');
    const back = this.#accepted.shift();
    if (back === undefined) throw new Error('nothing was accepted');
    if (front.connecting) await once(front, 'connect');
    return [front, back];
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await rm(this.folder, { recursive: true });
  }

  #track(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#open.delete(socket));
  }
}

export function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}
