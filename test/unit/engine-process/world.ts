import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, Identity, Life } from '../../../src/engine/process/host.ts';
import { acquireLock, type Acquired, type Lock } from '../../../src/engine/process/lock.ts';

/** A data directory, and hosts and processes that exist only in this test. */
export class World {
  readonly home: string;
  /** Processes that live, as `pid:started`. */
  readonly living = new Set<string>();
  /** Processes of which nothing can be told. */
  readonly hidden = new Set<string>();
  readonly #locks: Lock[] = [];
  #pids = 100;

  private constructor(home: string) {
    this.home = home;
  }

  static async open(): Promise<World> {
    const home = await realpath(await mkdtemp(join(tmpdir(), 'cl-')));
    await chmod(home, 0o700);
    return new World(home);
  }

  /** A process that lives, on a host named `a` unless told. */
  process(given: Partial<Identity> = {}): Host {
    const pid = given.pid ?? ++this.#pids;
    const self = { host: 'a', hostname: 'a', boot: 'b1', namespace: 'n1', started: '1', ...given, pid };
    this.living.add(`${pid}:${self.started}`);
    return { self, lifeOf: (other, started) => Promise.resolve(this.#lifeOf(other, started)) };
  }

  #lifeOf(pid: number, started: string): Life {
    const key = `${pid}:${started}`;
    if (this.hidden.has(key)) return 'unknown';
    return this.living.has(key) ? 'alive' : 'ended';
  }

  async acquire(host: Host): Promise<Acquired> {
    const acquired = await acquireLock({ home: this.home, host, version: '1.0.0' });
    if (acquired.status === 'acquired') this.#locks.push(acquired.lock);
    return acquired;
  }

  async lock(host: Host): Promise<Lock> {
    const acquired = await this.acquire(host);
    if (acquired.status === 'acquired') return acquired.lock;
    throw new Error(`held: ${acquired.verdict}`);
  }

  die({ self }: Host): void {
    this.living.delete(`${self.pid}:${self.started}`);
  }

  async close(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
    await rm(this.home, { recursive: true });
  }
}
