/**
 * The socket on which front ends reach the engine, and its address in the data directory.
 *
 * Only the owner of the lock puts a name in place, by one `rename` over whatever a dead engine left, so the name is never
 * absent in between. The address is there before the socket: an engine of the same data directory has the same path, so
 * whoever reached a heir by a dead engine's address would take it for that one. A name is only removed by the engine that
 * made it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { chmod, lstat, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import { readAddress, type EngineAddress } from '../../protocol/client/address.ts';
import { withResolvers } from '../../protocol/client/deadline.ts';
import type { HomeLayout } from './home.ts';
import type { Lock } from './lock.ts';
import type { Log } from './log.ts';
import { replacePrivateFile } from './private-file.ts';
import { runtimeDirectory, type RuntimePlaces } from './runtime-directory.ts';

/** Where the socket may be, what its address says, and who takes the connections. */
export interface EndpointOptions {
  readonly home: HomeLayout;
  readonly lock: Lock;
  readonly places: RuntimePlaces;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly accept: (socket: Socket) => void;
  readonly log: Log;
}

/** Longest path of a socket in bytes: `sun_path` of unix(7) holds 107 on Linux, 103 on macOS; longer ones are silently cut. */
const longestSocket = 99;
const nameBytes = '/0123456789abcdef.sock'.length;

/** The usual places for the socket. */
export function runtimePlaces(env: NodeJS.ProcessEnv): RuntimePlaces {
  return { xdg: env['XDG_RUNTIME_DIR'], temporary: [tmpdir(), '/tmp'], uid: process.getuid?.() ?? -1 };
}

/** A socket that listens, and the name by which it is found once it is in place. */
interface Listener {
  readonly server: Server;
  /** Where it listens before it is in place. */
  readonly draft: string;
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
}

/** The engine's socket from the moment it listens; found by front ends once it is published. */
export class Endpoint {
  readonly #options: EndpointOptions;
  #listener: Listener;

  private constructor(options: EndpointOptions, listener: Listener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Listens. Nobody finds it before it is published. */
  static async open(options: EndpointOptions): Promise<Endpoint> {
    return new Endpoint(options, await listen(options));
  }

  get address(): EngineAddress {
    const { lock, version, startedAt } = this.#options;
    return { pid: process.pid, version, socket: this.#listener.path, nonce: lock.owner.nonce, startedAt };
  }

  /**
   * Tells front ends where it is, then lets them in.
   *
   * @throws CoppiceError `read-only` if the lock is lost, `path-in-the-way`; then it does not listen any more
   */
  async publish(): Promise<void> {
    const { server, draft, path } = this.#listener;
    try {
      await this.#tell();
      this.#options.lock.check();
      await rename(draft, path);
    } catch (error) {
      server.close();
      throw inTheWay('socket', path, error);
    }
  }

  async #tell(): Promise<void> {
    const { home, lock } = this.#options;
    lock.check();
    try {
      await replacePrivateFile(home.address, `${JSON.stringify(this.address)}\n`);
    } catch (error) {
      throw inTheWay('address', home.address, error);
    }
  }

  /** Makes good what cleaners of temporary folders, the end of a login, or a person have removed. For the lock's owner. */
  async heal(): Promise<void> {
    const { home, log } = this.#options;
    if (!(await isThere(this.#listener))) {
      log.warn('the socket was removed, and is made again', { socket: this.#listener.path });
      const listener = await listen(this.#options);
      this.#listener.server.close();
      this.#listener = listener;
      await this.publish();
    }
    const published = await readAddress(home.root);
    if (published?.nonce === this.address.nonce && published.socket === this.address.socket) return;
    await this.#tell();
  }

  /** No connection is taken from here on; those that are open stay. */
  stopAccepting(): void {
    this.#listener.server.close();
  }

  /** Removes the socket and the address, as far as they are this engine's. */
  async remove(): Promise<void> {
    const { home } = this.#options;
    if (await isThere(this.#listener)) await rm(this.#listener.path, { force: true });
    if ((await readAddress(home.root))?.nonce === this.address.nonce) await rm(home.address, { force: true });
  }
}

/** Listens under a name that nobody looks for. */
async function listen({ home, places, accept }: EndpointOptions): Promise<Listener> {
  const folder = await runtimeDirectory(places, longestSocket - nameBytes);
  const path = join(folder, `${await socketName(home.root)}.sock`);
  // Node removes the name that a server was bound to when it is closed, whoever has it by then: so that is not the final one.
  const draft = join(folder, `.p${randomBytes(6).toString('hex')}`);
  const server = createServer(accept);
  const ready = withResolvers<undefined>();
  server.once('error', ready.reject);
  server.listen(draft, () => ready.resolve(undefined));
  await ready.promise;
  server.off('error', ready.reject);
  server.on('error', () => undefined); // accepting failed (EMFILE); the front end tries again
  try {
    await chmod(draft, 0o600);
    const { dev: device, ino: inode } = await lstat(draft, { bigint: true });
    return { server, draft, path, device, inode };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** A name can be put over whatever is there, except over a folder. */
function inTheWay(what: 'socket' | 'address', path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code !== 'EISDIR' && code !== 'ENOTEMPTY' && code !== 'EEXIST') return error;
  return new CoppiceError(
    'path-in-the-way',
    `A folder is in the way of the engine's ${what}: ${path}.`,
    'Remove the folder, then repeat the command.',
    { context: { path }, cause: error },
  );
}

/** One name per data directory: its real path, and what tells it from another one that has the same path in a container. */
async function socketName(home: string): Promise<string> {
  const { dev, ino } = await lstat(home, { bigint: true });
  return createHash('sha256').update(`${home}\n${dev}\n${ino}`).digest('hex').slice(0, 16);
}

async function isThere({ path, device, inode }: Listener): Promise<boolean> {
  let stats: BigIntStats;
  try {
    stats = await lstat(path, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  return stats.dev === device && stats.ino === inode;
}
