import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createMessageConnection } from 'vscode-jsonrpc/node';
import { frame } from '../protocol/sockets.ts';
import { hello, Rpc } from './rpc-bench.ts';
import { nobody } from './toy-handlers.ts';

describe('rpc with hostile peers', () => {
  let rpc: Rpc;
  beforeEach(async () => (rpc = await Rpc.open()));
  afterEach(() => rpc.close());

  const messages: Record<string, unknown> = {
    'a cancellation without an id': { jsonrpc: '2.0', method: '$/cancelRequest' },
    'an id that is an object': { jsonrpc: '2.0', id: {}, method: 'engine/status' },
    'an id that is null': { jsonrpc: '2.0', id: null, method: 'engine/status' },
    'an endless id': { jsonrpc: '2.0', id: 'x'.repeat(100_000), method: 'engine/status' },
    'an answer that nobody asked for': { jsonrpc: '2.0', id: 0, result: {} },
    'an error without an id': { jsonrpc: '2.0', id: null, error: { code: 1, message: 'x' } },
    'an empty object': {},
    'a notification': { jsonrpc: '2.0', method: 'session/cancel', params: { session: 'x' } },
  };
  for (const [name, message] of Object.entries(messages)) {
    it(`${name} does no harm`, async () => {
      const to = rpc.server({ 'session/cancel': () => assert.fail('it was called'), 'session/unfollow': () => ({}) });
      const here = await rpc.socket(to);
      const peer = createMessageConnection(here, here);
      peer.listen();
      await peer.sendRequest('hello', hello);
      here.write(frame(message));
      assert.deepEqual(await peer.sendRequest('session/unfollow', { follow: 1 }), {});
      peer.dispose();
      here.destroy();
    });
  }

  it('what comes together with a greeting that is refused, or instead of one, is not done', async () => {
    const to = rpc.server({ 'engine/stop': () => assert.fail('it was called') });
    const stop = { jsonrpc: '2.0', id: 2, method: 'engine/stop', params: { reason: 'x' } };
    const old = { ...hello, version: '1.0.0', protocol: { major: 0, minor: 0 } };
    for (const params of [old, {}]) {
      const here = await rpc.socket(to);
      here.write(Buffer.concat([frame({ jsonrpc: '2.0', id: 1, method: 'hello', params }), frame(stop), frame(stop)]));
      await once(here.resume(), 'close');
    }
    const here = await rpc.socket(to);
    here.write(
      Buffer.concat([frame(stop), frame({ jsonrpc: '2.0', id: 3, method: 'hello', params: hello }), frame(stop)]),
    );
    await once(here.resume(), 'close');
    assert.equal(to.clients().length, 0);
  });

  it('garbage ends that connection, and no other', async () => {
    const to = rpc.server({ 'session/unfollow': () => ({}) });
    const good = await rpc.client(to);
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'Content-Length: 99999999999\r\n\r\n',
      'Content-Length: 3\r\n\r\n{]}',
    ]) {
      const here = await rpc.socket(to);
      here.write(bytes);
      await once(here, 'close');
    }
    assert.deepEqual(await good.request('session/unfollow', { follow: 1 }), {});
    good.dispose();
  });

  it('too many connections are cut at once', async () => {
    const to = rpc.server({}, { limits: { clients: 1 } });
    const open = [];
    for (let i = 0; i < 65; i++) open.push(await rpc.socket(to));
    const here = await rpc.socket(to);
    await once(here, 'close');
    for (const each of open) each.destroy();
  });

  it('requests of an environment without sense are refused before the handler', async () => {
    const to = rpc.server({ doctor: () => assert.fail('it was called') });
    const opened = await rpc.client(to);
    const requester = { ...nobody, env: { ['X'.repeat(300)]: 'v' } };
    await assert.rejects(opened.request('doctor', { requester }), { code: 'bad-usage' });
    opened.dispose();
  });
});
