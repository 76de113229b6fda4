import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectOptions } from '../../../src/protocol/client/connect.ts';
import {
  stayConnected,
  type Live,
  type LiveOptions,
  type LiveState,
} from '../../../src/protocol/client/reconnecting.ts';
import { protocol } from '../../../src/protocol/version.ts';
import { toyRecord } from '../engine-process/toy-handlers.ts';
import { Place } from './in-process-engine.ts';

describe('connecting to an engine', () => {
  let place: Place;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  beforeEach(async () => (place = await Place.open()));
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    await place.close();
  });

  const options = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
    ...{ home: place.home, client: 'cli', version: '1.0.0', timeoutMs: 3_000 },
    ...more,
  });

  /** Somebody who listens where an engine of process 4711 is said to be. */
  async function impostor(serve: (socket: Socket) => void): Promise<string> {
    const folder = join(place.home, 'r');
    await mkdir(folder, { mode: 0o700 });
    const socket = join(folder, 's');
    const server = createServer((each) => {
      sockets.add(each);
      each.on('error', () => undefined);
      serve(each);
    });
    servers.push(server);
    server.listen(socket);
    await once(server, 'listening');
    await publish(socket);
    return socket;
  }

  async function publish(socket: string, version = '1.0.0'): Promise<void> {
    const address = { pid: 4711, version, socket, nonce: 'n', startedAt: 't' };
    await writeFile(join(place.home, 'engine.json'), JSON.stringify(address));
  }

  it('says so when none runs, and starts none unless told', async () => {
    await assert.rejects(connect(options()), { code: 'unreachable', message: /No engine runs for/ });
    await assert.rejects(connect(options({ home: join(place.home, 'none') })), { code: 'unreachable' });
    await writeFile(join(place.home, 'engine.json'), '{"torn');
    await assert.rejects(connect(options()), { code: 'unreachable' });
  });

  it('greets the one that runs, and tells when it ends', async () => {
    const engine = await place.engine();
    const connection = await connect(options());
    assert.deepEqual(connection.engine, { pid: process.pid, version: '1.0.0', protocol });
    await assert.rejects(connection.request('engine/status', {}), { code: 'wrong-state' });
    await engine.stop();
    assert.equal((await connection.closed).reason, 'lost');
    await assert.rejects(connection.request('engine/status', {}), { code: 'unreachable' });
    await assert.rejects(connect(options()), { code: 'unreachable' });
  });

  it('takes a socket that a dead engine left for nobody', async () => {
    const engine = await place.engine();
    engine.crash();
    await assert.rejects(connect(options()), { code: 'unreachable' });
  });

  it('uses an older and a newer engine that serve it, when it may not start another', async () => {
    for (const version of ['0.9.0', '1.0.1', '1.0.0-beta']) {
      await place.engine({}, version);
      const connection = await connect(options());
      assert.equal(connection.engine.version, version);
      connection.dispose();
    }
  });

  it('waits for an answer so long, and then names the process that does not answer', async () => {
    await impostor(() => undefined);
    const begun = performance.now();
    await assert.rejects(connect(options({ timeoutMs: 200 })), {
      code: 'timed-out',
      message: /process 4711.*does not answer/,
    });
    assert.ok(performance.now() - begun < 1500);
  });

  it('is given up when told', async () => {
    await impostor(() => undefined);
    const abort = new AbortController();
    const connecting = connect(options({ signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await assert.rejects(connecting, /enough/);
    await assert.rejects(connect(options({ signal: abort.signal })), /enough/);
  });

  it('takes one that ends the connection for one that is going', async () => {
    let count = 0;
    await impostor((socket) => (count++, socket.destroy()));
    await assert.rejects(connect(options()), { code: 'unreachable' });
    assert.equal(count, 1);
  });

  it('does not follow an address to a folder that others may use', async () => {
    const socket = await impostor(() => assert.fail('it was connected to'));
    await chmod(join(socket, '..'), 0o755);
    await assert.rejects(connect(options()), { code: 'isolation-failed' });
  });

  it('reads no garbage', async () => {
    await impostor((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'));
    await assert.rejects(connect(options()), { code: 'unreachable' });
  });

  describe('for long', () => {
    const lives: Live[] = [];
    afterEach(async () => {
      await Promise.all(lives.splice(0).map((live) => live.dispose()));
    });

    interface Followed {
      readonly live: Live;
      readonly seen: number[];
      readonly states: LiveState['status'][];
      /** Resolves when record `seq` was delivered. */
      readonly until: (seq: number) => Promise<void>;
    }

    function follow(more: Partial<LiveOptions> = {}): Followed {
      const seen: number[] = [];
      const states: LiveState['status'][] = [];
      const live = stayConnected({
        ...options(),
        from: 1,
        onRecords: (records) => seen.push(...records.map(({ seq }) => seq)),
        onState: ({ status }) => states.push(status),
        backOff: { firstMs: 10, longestMs: 40 },
        ...more,
      });
      lives.push(live);
      const until = async (seq: number): Promise<void> => {
        for (let i = 0; (seen.at(-1) ?? 0) < seq; i++) {
          assert.ok(i < 1000, `record ${seq} has not come, the last is ${seen.at(-1)}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      return { live, seen, states, until };
    }

    const upTo = (last: number, first = 1): number[] =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index);

    it('delivers each record once, in order, across crashes and restarts', async () => {
      let engine = await place.engine();
      engine.append(3);
      const { live, seen, until, states } = follow();
      for (let round = 1; round <= 6; round++) {
        engine.append(5);
        if (round % 2 === 0) await until(place.lastSeq - 2);
        engine.crash();
        engine.append(2); // the journal goes on while nobody listens
        engine = await place.engine();
      }
      engine.append(1);
      await until(place.lastSeq);
      assert.deepEqual(seen, upTo(place.lastSeq));
      assert.equal(live.lastSeq(), place.lastSeq);
      assert.ok(states.includes('connected') && states.includes('disconnected'));
    });

    it('begins where it is told to', async () => {
      const engine = await place.engine();
      engine.append(10);
      const { seen, until } = follow({ from: 8 });
      await until(10);
      assert.deepEqual(seen, [8, 9, 10]);
    });

    it('leaves out what comes twice, and begins again after a gap', async () => {
      let subscriptions = 0;
      const engine = await place.engine({
        'events/subscribe': ({ from }, context) => {
          subscriptions++;
          const send = (subscription: number, ...seqs: number[]): void => {
            context.notify('records', { subscription, records: seqs.map(toyRecord) }).catch(() => undefined);
          };
          send(99, 1, 2, 3, 4); // somebody else's
          if (subscriptions === 1) send(1, 1, 2, 1, 2, 3);
          setTimeout(() => send(1, ...(subscriptions === 1 ? [3, 2, 5, 6] : upTo(7, from))), 20);
          return { subscription: 1, lastSeq: 7 };
        },
      });
      const { seen, until } = follow();
      await until(7);
      assert.deepEqual(seen, upTo(7));
      assert.equal(subscriptions, 2);
      assert.ok(engine.server.clients().length <= 1);
    });

    it('begins again where the engine could not send on', async () => {
      let subscriptions = 0;
      await place.engine({
        'events/subscribe': ({ from }, context) => {
          subscriptions++;
          const problem = { code: 'internal', message: 'The journal cannot be read.', next: 'See to it.' } as const;
          const first = { subscription: 1, records: upTo(3).map(toyRecord), problem };
          const given = subscriptions === 1 ? first : { subscription: 1, records: upTo(5, from).map(toyRecord) };
          context.notify('records', given).catch(() => undefined);
          return { subscription: 1, lastSeq: 5 };
        },
      });
      const { seen, until } = follow();
      await until(5);
      assert.deepEqual(seen, upTo(5));
      assert.equal(subscriptions, 2);
    });

    it('ends where the journal is another one', async () => {
      const engine = await place.engine();
      engine.append(5);
      const { live, until, states } = follow();
      await until(5);
      place.lastSeq = 2;
      await place.engine();
      while (!states.includes('ended')) await new Promise((resolve) => setTimeout(resolve, 5));
      await assert.rejects(live.request('engine/status', {}), { code: 'corrupt' });
    });

    it('a request waits for a connection, so long, and is not sent twice', async () => {
      const { live } = follow();
      await assert.rejects(live.request('session/unfollow', { follow: 1 }, { timeoutMs: 50 }), { code: 'unreachable' });
      let calls = 0;
      const handlers = {
        'session/unfollow': () => (calls++, {}),
        'session/show': () => new Promise<never>(() => undefined),
      };
      const asked = live.request('session/unfollow', { follow: 1 });
      const engine = await place.engine(handlers);
      assert.deepEqual(await asked, {});
      const lost = live.request('session/show', { session: 'x' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      engine.crash();
      await assert.rejects(lost, { code: 'unknown-outcome' });
      await place.engine(handlers);
      await live.request('session/unfollow', { follow: 1 });
      assert.equal(calls, 2);
    });

    it('is over when it is disposed, also while it waits', async () => {
      const { live, states } = follow({ backOff: { firstMs: 60_000, longestMs: 60_000 } });
      while (states.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const waiting = live.request('engine/status', {});
      const begun = performance.now();
      await live.dispose();
      await assert.rejects(waiting, { code: 'unreachable' });
      await assert.rejects(live.request('engine/status', {}), { code: 'unreachable' });
      assert.ok(performance.now() - begun < 1000);
      assert.deepEqual(states, ['disconnected']);
    });
  });
});
