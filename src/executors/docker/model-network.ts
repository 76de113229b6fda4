import { mkdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../run-files.ts';
import { openModelProxy, type ModelProxy } from './model-proxy.ts';

/** What the ways out of containers are made with. */
export interface ModelNetworkOptions {
  /** Folder for what a session keeps for its containers. */
  folder(session: string): string;
  /** Told of each endpoint that an agent asked for in vain. */
  readonly onRefused: (session: string, endpoint: string) => void;
}

const listSchema = z.object({ endpoints: z.array(z.string()) });

/** The proxies of sessions whose containers reach their model alone. They belong to this process; a later engine opens them again. */
export class ModelNetwork {
  readonly #options: ModelNetworkOptions;
  readonly #open = new Map<string, Promise<ModelProxy | undefined>>();

  constructor(options: ModelNetworkOptions) {
    this.#options = options;
  }

  /** Opens the way of a session to these endpoints and gives the folder that its container gets. */
  async open(session: string, endpoints: readonly string[]): Promise<string> {
    const folder = this.#options.folder(session);
    await this.close(session);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(join(folder, 'model.json'), JSON.stringify({ endpoints }));
    this.#open.set(session, Promise.resolve(await this.#listen(session, endpoints)));
    return join(folder, 'm');
  }

  /** Opens the way of a session again that an earlier engine had opened; nothing for any other. */
  async resume(session: string): Promise<void> {
    // What cannot be opened again leaves the container without a way out, which it then says itself.
    const resumed = this.#open.get(session) ?? this.#resume(session).catch(() => undefined);
    this.#open.set(session, resumed);
    if ((await resumed) === undefined) this.#open.delete(session);
  }

  /** Ends it for good. */
  async close(session: string): Promise<void> {
    const opened = this.#open.get(session);
    this.#open.delete(session);
    await rm(join(this.#options.folder(session), 'model.json'), { force: true });
    await (await opened)?.close();
  }

  /** Ends what this process holds; agents go on, and a later engine opens it again. */
  async dispose(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(all.map(async (each) => (await each)?.close()));
  }

  async #resume(session: string): Promise<ModelProxy | undefined> {
    const text = await readFile(join(this.#options.folder(session), 'model.json'), 'utf8').catch(() => undefined);
    if (text === undefined || (await answers(this.#socket(session)))) return undefined;
    return this.#listen(session, listSchema.parse(JSON.parse(text)).endpoints);
  }

  #listen(session: string, endpoints: readonly string[]): Promise<ModelProxy> {
    const onRefused = (endpoint: string): void => this.#options.onRefused(session, endpoint);
    return openModelProxy({ socketPath: this.#socket(session), endpoints, onRefused });
  }

  #socket(session: string): string {
    return join(this.#options.folder(session), 'm', 's');
  }
}

/** Whether somebody listens on a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
