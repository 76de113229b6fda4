import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModelProxy, type ModelProxy } from '../../../src/executors/docker/model-proxy.ts';

describe('the proxy that reaches a model alone', () => {
  let folder: string;
  let model: Server;
  let other: Server;
  let proxy: ModelProxy;
  let refused: string[];
  let [allowed, forbidden] = ['', ''];

  async function serve(text: string): Promise<[Server, string]> {
    const server = createServer((request, response) => {
      const sent: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void sent.push(chunk));
      request.on(
        'end',
        () =>
          void response.end(`${text} ${request.method ?? ''} ${request.url ?? ''} ${Buffer.concat(sent).toString()}`),
      );
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return [server, `127.0.0.1:${(server.address() as AddressInfo).port}`];
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cop-m-'));
    [model, allowed] = await serve('model');
    [other, forbidden] = await serve('other');
    const onRefused = (endpoint: string): void => void refused.push(endpoint);
    proxy = await openModelProxy({ socketPath: join(folder, 's'), endpoints: [allowed, 'localhost:1'], onRefused });
  });
  beforeEach(() => (refused = []));
  after(async () => {
    await proxy.close();
    for (const server of [model, other]) server.close();
    await rm(folder, { recursive: true });
  });

  /** All that comes back for these bytes, until the other side ends. */
  function says(text: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(join(folder, 's'), () => void socket.write(text));
      socket.setEncoding('utf8').on('data', (data: string) => (answer += data));
      socket.on('error', () => undefined).on('close', () => resolve(answer));
    });
  }

  it('hands on a tunnel to it, and requests without a tunnel', async () => {
    const inside = `POST /v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi`;
    const tunnel = await says(`CONNECT ${allowed} HTTP/1.1\r\n\r\n${inside}`);
    assert.match(tunnel, /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK.*model POST \/v1 hi/s);
    const plain = await says(`GET http://${allowed}/v1?a=b HTTP/1.1\r\nhost: ${allowed}\r\nconnection: close\r\n\r\n`);
    assert.match(plain, /^HTTP\/1\.1 200 OK.*model GET \/v1\?a=b/s);
    assert.deepEqual(refused, []);
  });

  it('outlives a moment at which the system has no more files for who asks', async () => {
    const servers = new Set<EventEmitter>();
    const seen = (message: unknown): void => {
      const { server } = (message as { socket: Socket & { server?: Server } }).socket;
      if (server?.address() === join(folder, 's')) servers.add(server);
    };
    subscribe('net.server.socket', seen);
    await says('no request\r\n\r\n');
    unsubscribe('net.server.socket', seen);
    const [server] = servers;
    assert.ok(server);
    // As Node tells it where the process has as many files open as it may.
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    assert.match(await says('no request\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  it('reaches nothing else, however it is asked for', async () => {
    const port = forbidden.split(':')[1] ?? '';
    const connects = [
      forbidden,
      `localhost:${port}`,
      `${allowed}@${forbidden}`,
      `[::ffff:127.0.0.1]:${port}`,
      `${allowed},${forbidden}`,
      '',
    ];
    const urls = [
      `http://${forbidden}/`,
      `http://${allowed}@${forbidden}/`,
      `http://${forbidden}/?${allowed}`,
      `http://${forbidden}#@${allowed}`,
      `https://${allowed}/`,
      `/etc/passwd`,
    ];
    for (const target of connects) {
      const answer = await says(
        `CONNECT ${target} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 40[03] /, target);
      assert.doesNotMatch(answer, /other/, target);
    }
    for (const url of urls) {
      const answer = await says(`GET ${url} HTTP/1.1\r\nhost: ${allowed}\r\nconnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 40[03] /, url);
      assert.doesNotMatch(answer, /other/, url);
    }
    assert.ok(refused.length >= connects.length - 1 + urls.length, refused.join(' '));
  });

  it('ends a connection to what is allowed and does not answer', async () => {
    assert.doesNotMatch(await says('CONNECT localhost:1 HTTP/1.1\r\n\r\n'), /200/);
    assert.match(
      await says('GET http://localhost:1/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
      /^HTTP\/1\.1 502 .*does not answer/s,
    );
  });

  it('says when the path of its socket is too long, which systems would cut', async () => {
    const socketPath = join(folder, 'x'.repeat(104));
    await assert.rejects(openModelProxy({ socketPath, endpoints: [], onRefused: () => undefined }), {
      code: 'bad-usage',
    });
  });
});
