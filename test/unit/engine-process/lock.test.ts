import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Host } from '../../../src/engine/process/host.ts';
import { thisHost } from '../../../src/engine/process/host.ts';
import type { Lock } from '../../../src/engine/process/lock.ts';
import { beginPulse, feelPulse } from '../../../src/engine/process/pulse.ts';
import { World } from './world.ts';

const hex = (char: string): string => char.repeat(32);

describe('the lock of a data directory', () => {
  let world: World;
  beforeEach(async () => (world = await World.open()));
  afterEach(() => world.close());

  async function names(): Promise<string[]> {
    return (await readdir(world.home)).sort();
  }

  function record({ self }: Host, nonce: string): string {
    return JSON.stringify({ ...self, nonce, version: '1.0.0', at: '2026-01-01T00:00:00.000Z' });
  }

  /** What `acquireLock` leaves when it is killed in between. */
  async function leave(file: string, host: Host, nonce: string): Promise<void> {
    await writeFile(join(world.home, file), record(host, nonce));
  }

  it('is taken by one, and refused to others while that one lives', async () => {
    const first = await world.lock(world.process());
    const second = await world.acquire(world.process());
    assert.equal(second.status, 'held');
    assert.equal(second.verdict, 'alive');
    assert.equal(second.owner.pid, first.owner.pid);
    assert.deepEqual(second.error.toRecord().context, {
      pid: String(first.owner.pid),
      hostname: 'a',
      verdict: 'alive',
      lock: join(world.home, 'lock'),
    });
    assert.deepEqual(await names(), [`.lock-pulse-${first.owner.nonce}`, 'lock']);
    assert.equal((await stat(join(world.home, 'lock'))).mode & 0o777, 0o600);
  });

  it('is free again when it is released, which leaves nothing', async () => {
    const first = await world.lock(world.process());
    await first.release();
    await first.release();
    assert.deepEqual(await names(), []);
    assert.equal(first.look(), 'lost');
    assert.throws(() => first.check(), { code: 'read-only' });
    (await world.lock(world.process())).check();
  });

  const deaths: Record<string, (owner: Host) => Host> = {
    'whose process has ended': (owner) => (world.die(owner), world.process()),
    'whose pid is another process by now': (owner) => {
      world.die(owner);
      world.process({ pid: owner.self.pid, started: '2' });
      return world.process();
    },
    'of a boot before this one': () => world.process({ boot: 'b2' }),
  };
  for (const [name, kill] of Object.entries(deaths)) {
    it(`is taken from an owner ${name}`, async () => {
      const owner = world.process();
      const lost = await world.lock(owner);
      await dead(lost);
      const heir = await world.lock(kill(owner));
      heir.check();
      assert.throws(() => lost.check(), { code: 'read-only' });
      assert.deepEqual(await names(), [`.lock-pulse-${heir.owner.nonce}`, 'lock']);
      await lost.release(); // somebody else's lock stays
      heir.check();
    });
  }

  /** Makes the kernel's sign of life what it is after the end of a process. */
  async function dead(lock: Lock): Promise<void> {
    const path = join(world.home, `.lock-pulse-${lock.owner.nonce}`);
    await rm(path);
    const corpse = createServer();
    corpse.listen(`${path}.x`);
    await once(corpse, 'listening');
    await rename(`${path}.x`, path);
    corpse.close();
  }

  it('of another host is never taken, however dead it looks, and the host is named', async () => {
    const owner = world.process({ host: 'far', hostname: 'tower', boot: 'other' });
    const lock = await world.lock(owner);
    world.die(owner);
    await dead(lock);
    const held = await world.acquire(world.process());
    assert.equal(held.status, 'held');
    assert.equal(held.verdict, 'other-host');
    assert.match(held.error.message, /another host, tower/);
    assert.match(held.error.next, /lock/);
    lock.check();
  });

  it('is not taken when it cannot be told whether the owner lives', async () => {
    const owner = world.process();
    const lock = await world.lock(owner);
    world.hidden.add(`${owner.self.pid}:1`);
    await rm(join(world.home, `.lock-pulse-${lock.owner.nonce}`));
    const held = await world.acquire(world.process());
    assert.equal(held.status, 'held');
    assert.equal(held.verdict, 'unknown');
    assert.match(held.error.message, /cannot be told/);
    lock.check();
  });

  describe('where pids do not tell, by the sign of life', () => {
    it('is not taken in another pid namespace from one that lives, though its pid is not seen', async () => {
      const owner = world.process();
      const lock = await world.lock(owner);
      world.die(owner); // as it looks from elsewhere
      const held = await world.acquire(world.process({ namespace: 'n2' }));
      assert.equal(held.status === 'held' && held.verdict, 'alive');
      lock.check();
    });

    it('is taken in another pid namespace from one that the kernel knows to be dead', async () => {
      const lock = await world.lock(world.process());
      await dead(lock);
      (await world.lock(world.process({ namespace: 'n2' }))).check();
    });

    it('is not taken from one that lives although the boot looks different', async () => {
      const lock = await world.lock(world.process());
      const held = await world.acquire(world.process({ boot: 'b2' }));
      assert.equal(held.status === 'held' && held.verdict, 'alive');
      lock.check();
    });

    it('outlives a moment at which the system has no more files for whoever feels it', async () => {
      const pulse = await beginPulse(world.home, 'p');
      assert.ok(pulse);
      const channel = new EventEmitter();
      const felt = once(channel, 'seen') as Promise<[{ readonly socket: { readonly server: Server } }]>;
      const seen = (message: unknown): unknown => channel.emit('seen', message);
      subscribe('net.server.socket', seen);
      try {
        assert.equal(await feelPulse(world.home, 'p'), 'alive');
        const [{ socket }] = await felt;
        // As Node tells it where the process has as many files open as it may.
        socket.server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
        assert.equal(await feelPulse(world.home, 'p'), 'alive');
      } finally {
        unsubscribe('net.server.socket', seen);
        await pulse.stop();
      }
    });

    it('works in a folder with a path longer than a socket may have', async () => {
      const folder = join(world.home, 'x'.repeat(100), 'y'.repeat(100));
      await mkdir(folder, { recursive: true });
      const pulse = await beginPulse(folder, 'p');
      assert.ok(pulse);
      assert.equal(await feelPulse(folder, 'p'), 'alive');
      await rename(join(folder, 'p'), join(folder, 'q'));
      await pulse.stop();
      assert.equal(await feelPulse(folder, 'q'), 'ended');
      assert.equal(await feelPulse(folder, 'p'), 'unknown');
      assert.equal(await feelPulse(join(world.home, 'none'), 'p'), 'unknown');
      await writeFile(join(world.home, 'file'), '');
      assert.equal(await beginPulse(join(world.home, 'file'), 'p'), undefined);
    });
  });

  it('that cannot be read belongs to nobody knows whom, and stays', async () => {
    for (const text of ['', '{', '{"pid":1}', '\0\0\0\0']) {
      await writeFile(join(world.home, 'lock'), text);
      await assert.rejects(world.acquire(world.process()), { code: 'corrupt' });
      assert.equal(await readFile(join(world.home, 'lock'), 'utf8'), text);
    }
    assert.deepEqual(await names(), ['lock']);
  });

  it('tells its owner when it was removed or replaced', async () => {
    const lock = await world.lock(world.process());
    assert.equal(lock.look(), 'ours');
    await rm(join(world.home, 'lock'));
    assert.equal(lock.look(), 'lost');
    assert.throws(() => lock.check(), { code: 'read-only', message: /does not own/ });
    await leave('lock', world.process(), hex('f'));
    assert.equal(lock.look(), 'lost');
    await lock.release();
    assert.deepEqual(await names(), ['lock']);
  });

  it('that cannot be read at a check is not taken for ours', async () => {
    const lock = await world.lock(world.process());
    await rm(join(world.home, 'lock'));
    await mkdir(join(world.home, 'lock'));
    assert.equal(lock.look(), 'unknown');
    assert.throws(() => lock.check(), { code: 'read-only', message: /cannot be read/ });
    await lock.release();
  });

  describe('after contenders were killed in between', () => {
    let owner: Host;
    beforeEach(async () => {
      owner = world.process();
      await leave('lock', owner, hex('0'));
      world.die(owner);
    });

    it('goes on where one died that had claimed it and not yet taken it', async () => {
      const [one, two] = [world.process(), world.process()];
      await leave(`.lock-draft-${hex('1')}`, one, hex('1'));
      await leave(`.lock-after-${hex('0')}`, one, hex('1'));
      await leave(`.lock-after-${hex('1')}`, two, hex('2'));
      world.die(one);
      world.die(two);
      const heir = await world.lock(world.process());
      heir.check();
      assert.deepEqual(await names(), [`.lock-pulse-${heir.owner.nonce}`, 'lock']);
    });

    it('goes on where one died that had taken it and not yet tidied', async () => {
      const one = world.process();
      await leave('lock', one, hex('1'));
      await leave(`.lock-after-${hex('0')}`, one, hex('1'));
      world.die(one);
      const heir = await world.lock(world.process());
      assert.deepEqual(await names(), [`.lock-pulse-${heir.owner.nonce}`, 'lock']);
    });

    it('waits for a claimer that lives, or may live', async () => {
      const one = world.process();
      await leave(`.lock-after-${hex('0')}`, one, hex('1'));
      const held = await world.acquire(world.process());
      assert.equal(held.status === 'held' && held.verdict, 'alive');
      assert.equal(held.status === 'held' && held.owner.nonce, hex('1'));
      world.hidden.add(`${one.self.pid}:1`);
      const unknown = await world.acquire(world.process());
      assert.equal(unknown.status === 'held' && unknown.verdict, 'unknown');
    });

    it('leaves alone what somebody who lives has made', async () => {
      const one = world.process();
      await leave(`.lock-draft-${hex('1')}`, one, hex('1'));
      await leave(`.lock-after-${hex('9')}`, one, hex('1'));
      await writeFile(join(world.home, `.lock-draft-${hex('2')}`), '{"torn');
      const heir = await world.lock(world.process());
      assert.deepEqual(await names(), [
        `.lock-after-${hex('9')}`,
        `.lock-draft-${hex('1')}`,
        `.lock-draft-${hex('2')}`,
        `.lock-pulse-${heir.owner.nonce}`,
        'lock',
      ]);
    });
  });

  it('a claim on stale knowledge is given back', async () => {
    // The contender knows of a dead owner; before it claims, another one has taken the lock and tidied up.
    const owner = world.process();
    await leave('lock', owner, hex('0'));
    world.die(owner);
    const winner = world.process();
    const late = world.process();
    let swapped = false;
    const slow: Host = {
      self: late.self,
      lifeOf: async (pid, started) => {
        const life = await late.lifeOf(pid, started);
        if (!swapped) {
          swapped = true;
          await world.lock(winner);
        }
        return life;
      },
    };
    const held = await world.acquire(slow);
    assert.equal(held.status, 'held');
    assert.equal(held.owner.pid, winner.self.pid);
    assert.deepEqual(
      (await names()).filter((name) => name.includes('after')),
      [],
    );
  });

  it('has one owner at any time, however many contend, die and release (model)', async () => {
    const step = fc.record({
      contenders: fc.integer({ min: 1, max: 6 }),
      end: fc.constantFrom('die', 'release', 'keep'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const own = await World.open();
        try {
          let holder: { host: Host; lock: Lock } | undefined;
          for (const { contenders, end } of steps) {
            const hosts = Array.from({ length: contenders }, () => own.process());
            const results = await Promise.all(hosts.map(async (host) => ({ host, acquired: await own.acquire(host) })));
            const winners = results.flatMap(({ host, acquired }) =>
              acquired.status === 'acquired' ? [{ host, lock: acquired.lock }] : [],
            );
            assert.equal(winners.length, holder === undefined ? 1 : 0);
            holder ??= winners[0];
            holder?.lock.check();
            if (end === 'keep' || holder === undefined) continue;
            if (end === 'die') own.die(holder.host);
            else await holder.lock.release();
            if (end === 'die') await rm(join(own.home, `.lock-pulse-${holder.lock.owner.nonce}`), { force: true });
            holder = undefined;
          }
        } finally {
          await own.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('this host', () => {
  it('knows this process to live, and one with its pid and another start to have ended', async () => {
    const { self, lifeOf } = await thisHost();
    assert.equal(self.pid, process.pid);
    assert.match(self.host, /^[0-9a-f]{32}$/);
    assert.equal((await thisHost()).self.host, self.host);
    assert.equal(await lifeOf(self.pid, self.started), 'alive');
    assert.equal(await lifeOf(self.pid, `${self.started}0`), 'ended');
    assert.equal(await lifeOf(2 ** 22 + 1, self.started), 'ended');
  });

  const table = { bootId: () => Promise.resolve('b'), list: () => Promise.resolve([]) };
  const rest = {
    marks: () => Promise.resolve(new Map()),
    carrying: () => Promise.resolve(new Set<number>()),
    residentBytes: () => Promise.resolve(0),
  };
  const entry = { pid: process.pid, ppid: 1, startTime: '5', zombie: false, name: 'node' };

  it('takes a zombie for dead', async () => {
    let zombie = false;
    const { lifeOf } = await thisHost({ ...table, ...rest, find: () => Promise.resolve({ ...entry, zombie }) });
    assert.equal(await lifeOf(process.pid, '5'), 'alive');
    zombie = true;
    assert.equal(await lifeOf(process.pid, '5'), 'ended');
  });

  it('cannot tell where the table does not answer, or hides a process that can be signalled', async () => {
    let answer: () => Promise<typeof entry | undefined> = () => Promise.resolve(entry);
    const { lifeOf } = await thisHost({ ...table, ...rest, find: () => answer() });
    answer = () => Promise.reject(new Error('no /proc'));
    assert.equal(await lifeOf(process.pid, '5'), 'unknown');
    answer = () => Promise.resolve(undefined);
    assert.equal(await lifeOf(process.pid, '5'), 'unknown');
    assert.equal(await lifeOf(2 ** 22 + 1, '5'), 'ended');
  });
});
