import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ResponseError } from 'vscode-jsonrpc/node';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { ClientContext, RequestHandlers } from '../../../src/engine/rpc/server.ts';
import { greet } from '../../../src/protocol/client/handshake.ts';
import { wire, type SecretsHandler, type Wire } from '../../../src/protocol/client/wire.ts';
import { requests } from '../../../src/protocol/contract.ts';
import { protocol } from '../../../src/protocol/version.ts';
import { frame } from '../protocol/sockets.ts';
import { bounded, front, hello, refused, Rpc } from './rpc-bench.ts';
import { toyRecord } from './toy-handlers.ts';

describe('rpc', () => {
  let rpc: Rpc;
  beforeEach(async () => (rpc = await Rpc.open()));
  afterEach(() => rpc.close());

  describe('greeting', () => {
    it('comes first, and tells who is there', async () => {
      const to = rpc.server({}, { readOnly: () => 'the disk is full' });
      const opened = wire(await rpc.socket(to));
      assert.deepEqual(await greet(opened, front, bounded), {
        status: 'welcome',
        engine: { pid: process.pid, version: '1.2.3', protocol, readOnly: 'the disk is full' },
        older: false,
      });
      const [context] = to.clients();
      assert.equal(context?.name, 'cli');
      assert.equal(context.actor, 'user:cli');
      assert.equal(context.pid, process.pid);
      opened.dispose();
    });

    it('is required: another request is refused and the connection ended', async () => {
      let called = false;
      const to = rpc.server({ 'engine/stop': () => ((called = true), {}) });
      for (const method of ['engine/status', 'engine/stop', 'nonsense']) {
        const peer = await rpc.raw(to);
        const closed = new Promise((resolve) => peer.onClose(() => resolve(undefined)));
        await refused(peer.sendRequest(method, { reason: 'x' }), 'bad-usage', /first message has to be `hello`/);
        await closed;
      }
      assert.equal(called, false);
      assert.equal(to.clients().length, 0);
    });

    it('is given once', async () => {
      const to = rpc.server();
      const peer = await rpc.raw(to);
      await peer.sendRequest('hello', hello);
      await refused(peer.sendRequest('hello', { ...hello, client: 'somebody-else' }), 'bad-usage', /second greeting/);
    });

    it('has to come in time', async () => {
      const to = rpc.server({}, { limits: { helloMs: 50 } });
      const here = await rpc.socket(to);
      await once(here, 'close');
    });

    it('has to be small', async () => {
      const to = rpc.server({}, { limits: { helloBytes: 1000 } });
      const here = await rpc.socket(to);
      here.write('Content-Length: 1001\r\n\r\n');
      await once(here, 'close');
      const large = await rpc.client(to);
      await assert.rejects(large.request('session/show', { session: 'x'.repeat(4000) }), { code: 'wrong-state' });
      large.dispose();
    });

    it('is checked', async () => {
      const to = rpc.server();
      await refused(
        (await rpc.raw(to)).sendRequest('hello', { protocol }),
        'bad-usage',
        /hello is not valid: version: /,
        -32602,
      );
    });

    it('makes a harmless actor of any name', async () => {
      const to = rpc.server();
      const peer = await rpc.raw(to);
      await peer.sendRequest('hello', { ...hello, client: 'engine\n"</x>'.padEnd(400, 'y') });
      const [context] = to.clients();
      assert.match(context?.actor ?? '', /^user:engine----x-y+$/);
      assert.equal(context?.name.length, 40);
    });

    const others = [
      { who: 'older', version: '1.0.0', speaks: { major: 0, minor: 9 }, mayStop: false },
      { who: 'newer', version: '2.0.0', speaks: { major: 2, minor: 0 }, mayStop: true },
      {
        who: 'newer minor',
        version: '1.3.0',
        speaks: { major: protocol.major, minor: protocol.minor + 1 },
        mayStop: true,
      },
    ];
    for (const { who, version, speaks, mayStop } of others) {
      it(`turns away a front end of an ${who} protocol; it may ${mayStop ? '' : 'not '}ask for a stop`, async () => {
        const stops: string[] = [];
        const to = rpc.server({
          'engine/stop': ({ reason }) => {
            stops.push(reason);
            return {};
          },
        });
        const peer = await rpc.raw(to);
        const greeting = peer.sendRequest('hello', { ...hello, version, protocol: speaks });
        const record = await refused(greeting, 'version-mismatch', /engine is version 1\.2\.3/);
        assert.equal(record.context?.['version'], '1.2.3');
        if (mayStop) {
          await refused(peer.sendRequest('session/list', {}), 'bad-usage', /session\/list/);
          await peer.sendRequest('engine/stop', { reason: 'upgrade' });
        } else {
          await assert.rejects(peer.sendRequest('engine/stop', { reason: 'downgrade' }));
        }
        assert.deepEqual(stops, mayStop ? ['upgrade'] : []);
        assert.equal(to.clients().length, 0);
      });
    }

    it('is refused when there are too many', async () => {
      const to = rpc.server({}, { limits: { clients: 2 } });
      const [first, second] = [await rpc.client(to), await rpc.client(to)];
      await refused((await rpc.raw(to)).sendRequest('hello', hello), 'engine-busy', /already serves 2/);
      first.dispose();
      await second.request('engine/stop', { reason: 'x' }).catch(() => undefined); // the first is gone by then
      (await rpc.client(to)).dispose();
      second.dispose();
    });
  });

  describe('requests', () => {
    it('reach their handler parsed, with defaults', async () => {
      let seen: unknown;
      const to = rpc.server({
        'session/list': (params) => {
          seen = params;
          return { sessions: [] };
        },
      });
      const opened = await rpc.client(to);
      assert.deepEqual(await opened.request('session/list', {}), { sessions: [] });
      assert.deepEqual(seen, requests['session/list'].params.parse({}));
      assert.notDeepEqual(seen, {});
      opened.dispose();
    });

    it('with bad parameters are refused in a sentence that does not repeat the values', async () => {
      const to = rpc.server({ 'session/create': () => assert.fail('it was called') });
      const peer = await rpc.raw(to);
      await peer.sendRequest('hello', hello);
      const bad = { path: '/x', prompt: '', mode: 'hunter2', requester: { env: {}, secrets: { KEY: 5 } } };
      const record = await refused(peer.sendRequest('session/create', bad), 'bad-usage', /session\/create/, -32602);
      assert.match(record.message, /prompt: .*; mode: .*; requester\.secrets\.KEY: /);
      assert.doesNotMatch(record.message, /hunter2/);
      for (const params of [[], ['x'], [{ path: '/x' }], null, 5]) {
        await assert.rejects(peer.sendRequest('session/create', params), ResponseError);
      }
    });

    it('that nobody knows are refused', async () => {
      const to = rpc.server();
      const peer = await rpc.raw(to);
      await peer.sendRequest('hello', hello);
      for (const method of ['session/explode', 'constructor', '__proto__', 'toString', '', '$/x']) {
        await refused(peer.sendRequest(method, {}), 'bad-usage', /knows no request/, -32601);
      }
    });

    it('fail with the code, sentence, next step and context of a CoppiceError', async () => {
      const thrown = new CoppiceError('queue-full', 'No place.', 'Wait.', { context: { length: '10' } });
      const opened = await rpc.client(rpc.server({ 'session/interrupt': () => Promise.reject(thrown) }));
      await assert.rejects(opened.request('session/interrupt', { session: 'x' }), (error) => {
        assert.ok(error instanceof CoppiceError);
        assert.deepEqual(error.toRecord(), thrown.toRecord());
        return true;
      });
      assert.deepEqual(rpc.logged, []);
      opened.dispose();
    });

    it('fail as internal for any other error, which is logged', async () => {
      const to = rpc.server({
        'session/interrupt': () => {
          throw new TypeError('a bug');
        },
      });
      const opened = await rpc.client(to);
      await assert.rejects(opened.request('session/interrupt', { session: 'x' }), {
        code: 'internal',
        message: 'a bug',
      });
      assert.equal(rpc.logged.length, 1);
      opened.dispose();
    });

    it('fail when a result breaks the contract, if that is checked', async () => {
      const broken = { 'session/list': () => ({ sessions: 5 }) } as unknown as Partial<RequestHandlers>;
      const strict = await rpc.client(rpc.server(broken));
      await assert.rejects(strict.request('session/list', {}), {
        code: 'internal',
        message: /breaks the contract: sessions/,
      });
      strict.dispose();
      const lax = await rpc.client(rpc.server(broken, { checkResults: false }));
      await assert.rejects(lax.request('session/list', {}), { code: 'internal', message: /cannot be read/ });
      lax.dispose();
    });

    it('are answered beside each other', async () => {
      const waiting: (() => void)[] = [];
      const to = rpc.server({
        'session/show': () =>
          new Promise<never>((_, reject) => waiting.push(() => reject(new CoppiceError('not-found', 'x', 'y')))),
        'session/unfollow': () => ({}),
      });
      const opened = await rpc.client(to);
      const slow = opened.request('session/show', { session: 'x' });
      await opened.request('session/unfollow', { follow: 1 });
      waiting.forEach((go) => go());
      await assert.rejects(slow, { code: 'not-found' });
      opened.dispose();
    });

    it('are refused once the server is told to, but for a stop', async () => {
      const to = rpc.server({ 'engine/stop': () => ({}), 'session/unfollow': () => ({}) });
      const opened = await rpc.client(to);
      to.refuse(new CoppiceError('engine-busy', 'It stops.', 'Wait.'));
      await assert.rejects(opened.request('session/unfollow', { follow: 1 }), {
        code: 'engine-busy',
        message: 'It stops.',
      });
      await opened.request('engine/stop', { reason: 'x' });
      await refused((await rpc.raw(to)).sendRequest('hello', hello), 'engine-busy', /It stops/);
      opened.dispose();
    });

    it('give up in time and when told, at the caller', async () => {
      const to = rpc.server({ 'session/show': () => new Promise<never>(() => undefined) });
      const opened = await rpc.client(to);
      await assert.rejects(opened.request('session/show', { session: 'x' }, { timeoutMs: 30 }), { code: 'timed-out' });
      const abort = new AbortController();
      const asked = opened.request('session/show', { session: 'x' }, { signal: abort.signal });
      abort.abort(new Error('changed my mind'));
      await assert.rejects(asked, /changed my mind/);
      const lost = opened.request('session/show', { session: 'x' });
      to.clients(); // still there
      opened.dispose();
      await assert.rejects(lost, { code: 'unknown-outcome' });
      await assert.rejects(opened.request('session/show', { session: 'x' }), { code: 'unreachable' });
      assert.equal((await opened.closed).reason, 'disposed');
    });

    it('are limited in number', async () => {
      const to = rpc.server(
        { 'session/show': () => new Promise<never>(() => undefined) },
        { limits: { openRequests: 20 } },
      );
      const peer = await rpc.socket(to);
      peer.write(frame({ jsonrpc: '2.0', id: 0, method: 'hello', params: hello }));
      await once(peer, 'data');
      for (let id = 1; id <= 21; id++) {
        peer.write(frame({ jsonrpc: '2.0', id, method: 'session/show', params: { session: 'x' } }));
      }
      await once(peer, 'close');
      assert.equal(to.clients().length, 0);
    });
  });

  describe('notifications and calls', () => {
    it('reach the front end in order', async () => {
      const to = rpc.server({
        'events/subscribe': async ({ from }, context) => {
          await context.notify('records', { subscription: 1, records: [toyRecord(from)] });
          await context.notify('records', { subscription: 1, records: [toyRecord(from + 1), toyRecord(from + 2)] });
          return { subscription: 1, lastSeq: from + 2 };
        },
      });
      const opened = await rpc.client(to);
      const seen: number[] = [];
      const off = opened.on('records', ({ records }) => seen.push(...records.map(({ seq }) => seq)));
      await opened.request('events/subscribe', { from: 5 });
      assert.deepEqual(seen, [5, 6, 7]);
      off();
      await opened.request('events/subscribe', { from: 9 });
      assert.deepEqual(seen, [5, 6, 7]);
      opened.dispose();
    });

    it('reach the front end however many come at once, and do not pile up there', async () => {
      const to = rpc.server();
      const [here, opened] = await rpc.connected(to);
      const [context] = to.clients();
      assert.ok(context);
      const seen: number[] = [];
      let pauses = 0;
      here.on('pause', () => pauses++);
      opened.on('records', ({ records }) => seen.push(...records.map(({ seq }) => seq)));
      const sends = Array.from({ length: 5000 }, (_, seq) =>
        context.notify('records', { subscription: 1, records: [toyRecord(seq)] }),
      );
      await Promise.all(sends);
      await opened.request('engine/stop', { reason: 'x' }).catch(() => undefined); // behind them in the line
      assert.deepEqual(seen, [...Array(5000).keys()]);
      assert.ok(pauses > 0);
      opened.dispose();
    });

    it('that break the contract end the connection at the front end', async () => {
      const to = rpc.server({
        'events/unsubscribe': (_, context) => {
          void context.notify('records', { subscription: 'x' } as never).catch(() => undefined);
          return {};
        },
      });
      const opened = await rpc.client(to);
      await opened.request('events/unsubscribe', { subscription: 1 }).catch(() => undefined);
      assert.equal((await opened.closed).reason, 'unreadable');
    });

    async function connected(secrets?: SecretsHandler): Promise<{ opened: Wire; context: ClientContext }> {
      const to = rpc.server();
      const opened = await rpc.client(to, secrets);
      const [context] = to.clients();
      assert.ok(context);
      return { opened, context };
    }
    const question = { session: 's', names: ['A'] };

    it('a front end is asked for secrets', async () => {
      const { opened, context } = await connected(({ names }) => ({
        values: Object.fromEntries(names.map((name) => [name, 'v'])),
      }));
      assert.deepEqual(await context.call('secrets/get', question), { values: { A: 'v' } });
      opened.dispose();
    });

    it('a front end that knows none, or answers nonsense, is an error of that call', async () => {
      const { opened, context } = await connected();
      await assert.rejects(context.call('secrets/get', question), { code: 'not-found' });
      opened.dispose();
      const wrong = await connected(() => ({ values: 5 }) as never);
      await assert.rejects(wrong.context.call('secrets/get', question), { code: 'internal' });
      wrong.opened.dispose();
    });

    it('a call ends in time, and with the connection', async () => {
      const { opened, context } = await connected(() => new Promise(() => undefined));
      await assert.rejects(context.call('secrets/get', question, { timeoutMs: 30 }), { code: 'timed-out' });
      const asked = context.call('secrets/get', question);
      opened.dispose();
      await assert.rejects(asked, { code: 'unreachable' });
      await assert.rejects(context.call('secrets/get', question), { code: 'unreachable' });
      await context.notify('records', { subscription: 1, records: [] }); // to nobody: no error
    });

    it('what a client leaves behind is tidied, once, also when it is late', async () => {
      const { opened, context } = await connected();
      const calls: string[] = [];
      context.onClose(() => calls.push('a'));
      context.onClose(() => calls.push('taken back'))();
      context.onClose(() => {
        throw new Error('a bug');
      });
      const gone = new Promise<void>((resolve) => context.onClose(resolve));
      opened.dispose();
      await gone;
      context.onClose(() => calls.push('late'));
      assert.deepEqual(calls, ['a', 'late']);
      assert.equal(rpc.logged.length, 1);
    });

    it('a client that does not read is disconnected before memory grows', async () => {
      const to = rpc.server({}, { limits: { queuedBytes: 200_000 } });
      const here = await rpc.socket(to);
      here.write(frame({ jsonrpc: '2.0', id: 0, method: 'hello', params: hello }));
      await once(here, 'data');
      here.pause();
      const [context] = to.clients();
      assert.ok(context);
      const gone = new Promise<void>((resolve) => context.onClose(resolve));
      const records = [{ ...toyRecord(1), data: { text: 'x'.repeat(50_000) } }];
      const sends = Array.from({ length: 200 }, () => context.notify('records', { subscription: 1, records }));
      await gone;
      await Promise.all(sends);
      assert.equal(to.clients().length, 0);
    });

    it('a sender that waits is kept at the pace of the reader, and not disconnected', async () => {
      const to = rpc.server({}, { limits: { queuedBytes: 200_000 } });
      const opened = await rpc.client(to);
      const [context] = to.clients();
      assert.ok(context);
      let seen = 0;
      opened.on('records', ({ records }) => (seen += records.length));
      const records = [{ ...toyRecord(1), data: { text: 'x'.repeat(50_000) } }];
      for (let i = 0; i < 100; i++) await context.notify('records', { subscription: 1, records });
      await opened.request('engine/stop', { reason: 'x' }).catch(() => undefined); // behind them in the line
      assert.equal(seen, 100);
      opened.dispose();
    });
  });
});
