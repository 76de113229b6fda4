import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Connection } from '../../../src/protocol/client/connect.ts';
import { connect } from '../../../src/protocol/client/connect.ts';
import type { Method } from '../../../src/protocol/client/wire.ts';
import type { ParamsOf, Requests, ResultOf } from '../../../src/protocol/contract.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { protocol } from '../../../src/protocol/version.ts';
import { addressOf, ended, isAlive, until, Workbench } from './workbench.ts';

describe('life of an engine', () => {
  let bench: Workbench;
  beforeEach(async () => (bench = await Workbench.open()));
  afterEach(() => bench.close());

  const left = async (): Promise<string[]> =>
    (await readdir(bench.home)).filter((name) => !/^(engine|toy-)/.test(name));

  async function stop(connection: Connection): Promise<void> {
    await connection.request('engine/stop', { reason: 'test' });
    await connection.closed;
  }

  it('ends in good order when it is asked to, and leaves nothing', async () => {
    const connection = await bench.connect();
    const { socket } = await addressOf(bench.home);
    await stop(connection);
    assert.deepEqual(await left(), [], 'when the connection ends, all is given up');
    assert.ok(!existsSync(socket));
    await ended(connection.engine.pid);
    assert.equal(await readFile(join(bench.home, 'toy-stops'), 'utf8'), `${connection.engine.pid}\n`);
    await assert.rejects(connect({ home: bench.home, client: 'x', version: '1' }), { code: 'unreachable' });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends in good order on ${signal}, also twice, and not on SIGHUP`, async () => {
      const { engine, closed } = await bench.connect();
      process.kill(engine.pid, 'SIGHUP');
      process.kill(engine.pid, signal);
      process.kill(engine.pid, signal);
      assert.equal((await closed).reason, 'lost');
      await ended(engine.pid);
      assert.deepEqual(await left(), []);
      assert.equal(await readFile(join(bench.home, 'toy-stops'), 'utf8'), `${engine.pid}\n`);
      assert.deepEqual(bench.pidsThat('the engine has stopped'), [engine.pid]);
    });
  }

  it('ends when it is idle, and not before', async () => {
    const launch = bench.plan({ idleSeconds: 0.3 });
    const connection = await bench.connect({ launch });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.ok(isAlive(connection.engine.pid), 'it ended although a front end is connected');
    connection.dispose();
    await ended(connection.engine.pid);
    assert.deepEqual(await left(), []);

    const busy = await bench.connect({ launch: bench.plan({ busy: true, idleSeconds: 0.3 }) });
    busy.dispose();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.ok(isAlive(busy.engine.pid), 'it ended although there is work');
  });

  it('after kill -9 the next connection takes over lock and socket at once', async () => {
    const first = await bench.connect();
    const before = await addressOf(bench.home);
    process.kill(first.engine.pid, 'SIGKILL');
    assert.equal((await first.closed).reason, 'lost');
    assert.ok(existsSync(before.socket) && existsSync(join(bench.home, 'lock')), 'it had no time to tidy up');
    const second = await bench.connect();
    const after = await addressOf(bench.home);
    assert.notEqual(second.engine.pid, first.engine.pid);
    assert.deepEqual([after.pid, after.socket], [second.engine.pid, before.socket]);
    assert.equal((await left()).filter((name) => name.startsWith('.')).length, 1, 'only its own sign of life');
  });

  it('after kill -9 of one, many that come at once agree on the next', async () => {
    const { engine } = await bench.connect();
    await bench.enginesUp(1);
    process.kill(engine.pid, 'SIGKILL');
    const options = { timeoutMs: 40_000 };
    const next = await Promise.all(Array.from({ length: 8 }, async () => (await bench.connect(options)).engine.pid));
    assert.equal(new Set(next).size, 1);
    assert.ok(!next.includes(engine.pid));
    await bench.enginesUp(2);
  });

  it('stopped by a signal it is never replaced: front ends get a clear error in time', async () => {
    const { engine } = await bench.connect();
    const lock = await readFile(join(bench.home, 'lock'), 'utf8');
    process.kill(engine.pid, 'SIGSTOP');
    const begun = performance.now();
    const late = { code: 'timed-out', message: new RegExp(`process ${engine.pid}.*does not answer`) };
    await assert.rejects(bench.connect({ timeoutMs: 700 }), late);
    assert.ok(performance.now() - begun < 15_000, 'in less than it waits unless told');
    await rm(join(bench.home, 'engine.json')); // not even when it is not found
    const refused = async (timeoutMs: number): Promise<string> => {
      const error: unknown = await bench.connect({ timeoutMs }).catch((reason: unknown) => reason);
      assert.ok(isCoppiceError(error, 'timed-out'), String(error));
      return error.message;
    };
    const short = await refused(3_000); // a slow machine has not brought the other engine up by then
    assert.match(/made way/.test(short) ? short : await refused(25_000), /made way for the engine/);
    assert.equal(await readFile(join(bench.home, 'lock'), 'utf8'), lock);
    process.kill(engine.pid, 'SIGCONT');
    assert.equal((await bench.connect()).engine.pid, engine.pid);
    await bench.enginesUp(1);
  });

  for (const word of ['throw', 'reject']) {
    it(`an error that nobody catches (${word}) is logged and ends it; the next one takes over`, async () => {
      const connection = await bench.connect();
      await connection.request('session/interrupt', { session: word }).catch(() => undefined);
      await ended(connection.engine.pid);
      assert.match(bench.log(), word === 'throw' ? /an error in a callback/ : /a rejection of nobody/);
      assert.ok(!existsSync(join(bench.home, 'toy-stops')), 'nothing is flushed in an unknown state');
      assert.notEqual((await bench.connect()).engine.pid, connection.engine.pid);
    });
  }

  it('an app that fails to stop does not keep it, nor does it say that all was well', async () => {
    const connection = await bench.connect({ launch: bench.plan({ stop: 'fail' }) });
    await stop(connection);
    await ended(connection.engine.pid);
    assert.match(bench.log(), /could not stop in good order.*the disk is gone/);
    assert.ok(existsSync(join(bench.home, 'lock')), 'the lock stays until the process is gone');
    await bench.connect();
  });

  it('ends, and touches nothing, when the data directory is no longer its own', async () => {
    const { engine, closed } = await bench.connect();
    const lock = join(bench.home, 'lock');
    const foreign = (await readFile(lock, 'utf8')).replace(/"nonce":"[0-9a-f]+"/, `"nonce":"${'0'.repeat(32)}"`);
    await writeFile(lock, foreign);
    await closed;
    await ended(engine.pid);
    assert.match(bench.log(), /does not own the data directory any more/);
    assert.equal(await readFile(lock, 'utf8'), foreign);
    assert.ok(existsSync(join(bench.home, 'engine.json')));
  });

  it('commits nothing once the data directory is no longer its own', async () => {
    const journal = join(bench.home, 'toy-journal');
    const refusal = async (): Promise<unknown> => {
      const connection = await bench.connect();
      await connection.request('session/interrupt', { session: '1' });
      const before = await readFile(journal, 'utf8');
      await rm(join(bench.home, 'lock'));
      const error: unknown = await connection.request('session/interrupt', { session: '1' }).then(
        () => assert.fail('it was carried out'),
        (reason: unknown) => reason,
      );
      assert.equal(await readFile(journal, 'utf8'), before);
      await ended(connection.engine.pid);
      return error;
    };
    // The engine looks at its lock every second, too, and ends: then that is what the request is refused for.
    let error = await refusal();
    while (!isCoppiceError(error, 'read-only')) error = await refusal();
  });

  describe('beside front ends of other versions', () => {
    const running = (version: string): Promise<Connection> =>
      bench.connect({ version, launch: bench.plan({ version }) });

    it('an older one makes way for the newer, in good order', async () => {
      const old = await running('1.0.0');
      await old.request('session/interrupt', { session: '3' });
      const next = await running('1.1.0');
      assert.equal(next.engine.version, '1.1.0');
      assert.equal((await old.closed).reason, 'lost');
      assert.equal(await readFile(join(bench.home, 'toy-stops'), 'utf8'), `${old.engine.pid}\n`);
      assert.equal((await next.request('engine/status', {})).lastSeq, 3);
      await bench.enginesUp(2);
      const copies = (): string[] => readdirSync(join(bench.home, 'engine')).sort();
      // It is renamed before it is deleted.
      await until(() => copies().length === 2, 'the end of the older copy');
      assert.deepEqual(copies(), ['1.1.0', 'engine.log']);
    });

    it('of many newer ones that come at once, one replaces it', async () => {
      const old = await running('1.0.0');
      const engines = await Promise.all(Array.from({ length: 4 }, () => running('2.0.0')));
      assert.equal(new Set(engines.map(({ engine }) => engine.pid)).size, 1);
      assert.equal(engines[0]?.engine.version, '2.0.0');
      await ended(old.engine.pid);
    });

    it('a newer one is kept and used, never replaced', async () => {
      const next = await running('1.1.0');
      const old = await running('1.0.0');
      assert.deepEqual([old.engine.pid, old.engine.version], [next.engine.pid, '1.1.0']);
      await next.request('engine/status', {});
      await bench.enginesUp(1);
    });

    it('an older one is used as it is by those who may not start another', async () => {
      const old = await running('1.0.0');
      const { home } = bench;
      const other = await connect({ home, client: 'status', version: '1.1.0' });
      assert.equal(other.engine.pid, old.engine.pid);
      other.dispose();
    });

    it('one of the protocol after next asks an older engine to stop; one of the protocol before is turned away', async () => {
      const { engine } = await running('1.0.0');
      const { socket } = await addressOf(bench.home);
      const hello = (version: string, major: number): object => ({
        ...{ jsonrpc: '2.0', id: 1, method: 'hello' },
        params: { protocol: { major, minor: 0 }, version, client: 'x', pid: 1 },
      });
      const told = await say(socket, hello('0.9.0', protocol.major - 1), {
        jsonrpc: '2.0',
        id: 2,
        method: 'engine/stop',
        params: { reason: 'x' },
      });
      assert.match(told, /version-mismatch/);
      assert.doesNotMatch(told, /"id":2,"result"/);
      assert.ok(isAlive(engine.pid));
      const stopped = await say(socket, hello('2.0.0', protocol.major + 1), {
        jsonrpc: '2.0',
        id: 2,
        method: 'engine/stop',
        params: { reason: 'x' },
      });
      assert.match(stopped, /version-mismatch/);
      assert.match(stopped, /"id":2,"result":\{\}/);
      await ended(engine.pid);
    });

    /** Sends messages and resolves to all that came back until the engine ended the connection. */
    async function say(socket: string, ...messages: object[]): Promise<string> {
      const connection = createConnection(socket);
      let text = '';
      connection.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      connection.on('error', () => undefined);
      for (const message of messages) {
        const body = JSON.stringify(message);
        connection.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      }
      await once(connection, 'close');
      return text;
    }
  });

  it('every record comes once, in order, through kill -9, stops and upgrades in the midst of commands', async () => {
    const seen: number[] = [];
    const live = bench.stay({ onRecords: (records) => seen.push(...records.map(({ seq }) => seq)) });
    /** Asks until there is an answer: what a command came to when the engine went away is seen in the journal. */
    const ask = async <K extends Method>(method: K, params: ParamsOf<Requests, K>): Promise<ResultOf<Requests, K>> => {
      for (;;) {
        try {
          return await live.request(method, params, { timeoutMs: 20_000 });
        } catch (error) {
          if (!isCoppiceError(error, 'unknown-outcome') && !isCoppiceError(error, 'engine-busy')) throw error;
        }
      }
    };
    const append = (): Promise<unknown> => ask('session/interrupt', { session: '4' });
    const signal = (name: NodeJS.Signals) => async (): Promise<void> => {
      const { pid } = await addressOf(bench.home);
      process.kill(pid, name);
      await ended(pid);
    };
    const upgrade = async (): Promise<void> => {
      const newer = await bench.connect({ version: '1.2.0', launch: bench.plan({ version: '1.2.0' }) });
      await newer.request('session/interrupt', { session: '2' });
    };
    await append();
    for (const end of [signal('SIGKILL'), signal('SIGTERM'), upgrade, signal('SIGKILL')]) {
      await Promise.all([append(), append(), end()]);
      await append();
    }
    const { lastSeq } = await ask('engine/status', {});
    assert.ok(lastSeq >= 4 * 13, `${lastSeq} records`);
    await until(() => seen.length >= lastSeq, `${lastSeq} records`);
    assert.deepEqual(
      seen,
      Array.from({ length: lastSeq }, (_, index) => index + 1),
    );
  });
});
