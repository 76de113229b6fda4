import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Endpoint } from '../../../src/engine/process/endpoint.ts';
import { homeLayout } from '../../../src/engine/process/home.ts';
import type { Log } from '../../../src/engine/process/log.ts';
import { serve, type ClientContext, type RequestHandlers, type RpcServer } from '../../../src/engine/rpc/server.ts';
import { toyHandlers, toyRecord } from '../engine-process/toy-handlers.ts';
import { World } from '../engine-process/world.ts';

const quiet: Log = {
  ...{ debug: ignore, info: ignore, warn: ignore, error: ignore, redact: ignore, about: ignore },
  component: () => quiet,
};
function ignore(): void {
  // nothing of it is looked at
}

/** A data directory with engines that live in the test's own process, and a journal that outlives them. */
export class Place {
  readonly world: World;
  readonly home: string;
  /** Number of the last record. */
  lastSeq = 0;
  #engine: InProcessEngine | undefined;

  private constructor(world: World) {
    this.world = world;
    this.home = world.home;
  }

  static async open(): Promise<Place> {
    return new Place(await World.open());
  }

  /** Starts an engine on the journal, in place of the one before. */
  async engine(handlers: Partial<RequestHandlers> = {}, version = '1.0.0'): Promise<InProcessEngine> {
    await this.#engine?.stop();
    this.#engine = await InProcessEngine.open(this, handlers, version);
    return this.#engine;
  }

  async close(): Promise<void> {
    await this.#engine?.stop();
    await this.world.close();
  }
}

export class InProcessEngine {
  readonly server: RpcServer;
  readonly endpoint: Endpoint;
  readonly #release: () => Promise<void>;
  readonly #journal: Place;
  readonly #sockets = new Set<Socket>();
  readonly #feeds = new Map<number, { context: ClientContext; next: number }>();

  private constructor(
    journal: Place,
    handlers: Partial<RequestHandlers>,
    version: string,
    endpoint: Endpoint,
    release: () => Promise<void>,
  ) {
    this.#journal = journal;
    this.#release = release;
    this.endpoint = endpoint;
    const subscribe: Partial<RequestHandlers> = {
      'events/subscribe': ({ from }, context) => this.#subscribe(from, context),
    };
    this.server = serve({
      version,
      handlers: toyHandlers({ ...subscribe, ...handlers }),
      checkResults: true,
      log: quiet,
    });
  }

  static async open(place: Place, handlers: Partial<RequestHandlers>, version: string): Promise<InProcessEngine> {
    const lock = await place.world.lock(place.world.process());
    const xdg = join(place.home, 'run');
    await mkdir(xdg, { mode: 0o700, recursive: true });
    const accepted: { engine?: InProcessEngine } = {};
    const endpoint = await Endpoint.open({
      ...{ home: homeLayout(place.home), lock, version, startedAt: new Date().toISOString(), log: quiet },
      places: { xdg, temporary: [], uid: process.getuid?.() ?? -1 },
      accept: (socket) => accepted.engine?.accept(socket),
    });
    accepted.engine = new InProcessEngine(place, handlers, version, endpoint, () => lock.release());
    await endpoint.publish();
    return accepted.engine;
  }

  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.server.accept(socket);
  }

  /** Adds records to the journal and sends them. */
  append(count: number): void {
    this.#journal.lastSeq += count;
    for (const [subscription, feed] of this.#feeds)
      this.send(subscription, feed.context, feed.next, this.#journal.lastSeq);
  }

  send(subscription: number, context: ClientContext, from: number, to: number): void {
    const feed = this.#feeds.get(subscription);
    if (feed !== undefined) feed.next = Math.max(feed.next, to + 1);
    const records = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => toyRecord(from + index));
    context.notify('records', { subscription, records }).catch(() => undefined); // it is gone
  }

  /** Ends every connection at once, like a process that dies, and leaves the socket where it is. */
  crash(): void {
    this.#feeds.clear();
    this.endpoint.stopAccepting();
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.endpoint.stopAccepting();
    await this.endpoint.remove();
    await this.#release();
    await this.server.close();
  }

  #subscribe(from: number, context: ClientContext): { subscription: number; lastSeq: number } {
    const subscription = this.#feeds.size + 1;
    this.#feeds.set(subscription, { context, next: from });
    context.onClose(() => this.#feeds.delete(subscription));
    const { lastSeq } = this.#journal;
    // History may overtake the answer.
    this.send(subscription, context, from, lastSeq);
    return { subscription, lastSeq };
  }
}
