/** Servers that speak as OpenAI's and Anthropic's do, for one answer after the other. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server prints for a call, as the lines of its event stream. */
export type Events = readonly string[];

export class CompatibleDouble {
  readonly asked: {
    path: string;
    headers: Readonly<Record<string, unknown>>;
    body: Readonly<Record<string, unknown>>;
  }[] = [];
  next: { status?: number; events: Events } = { events: [] };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        this.asked.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(this.next.status ?? 200, { 'content-type': 'text/event-stream' });
        response.end(this.next.events.join(''));
      });
    });
  }

  static async start(): Promise<CompatibleDouble> {
    const double = new CompatibleDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
