/**
 * The way out of a container that reaches the model alone: a proxy on a socket of this host that connects to the endpoints on a list
 * and to nothing else. The container itself has no network; the socket's folder is mounted in it. Node's HTTP is read with the first
 * proxy: it takes 30 ms, which every start of an engine would wait for.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import type * as Http from 'node:http';
import { connect, isIPv6, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { CoppiceError } from '../../core/errors.ts';

/** A proxy that listens. */
export interface ModelProxy {
  /** Ends it with all its connections. */
  close(): Promise<void>;
}

/** What a proxy is made with. */
export interface ModelProxyOptions {
  /** Absolute path; a socket that is left there is replaced. */
  readonly socketPath: string;
  /** `host:port`, in small letters. */
  readonly endpoints: readonly string[];
  /** Told of each endpoint that was asked for in vain, as it was asked for. */
  readonly onRefused: (endpoint: string) => void;
}

/** Longest path that systems take for a socket; longer ones are cut silently. */
const longestPath = 103;
const mostConnections = 256;
/** A model may think for long; a connection on which nothing moves for so long has been forgotten. */
const idleMs = 30 * 60_000;
/** They are between a client and its proxy. */
const hopByHop = ['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive', 'te', 'upgrade'];

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Throws `bad-usage` for a path that is too long for a socket. */
export async function openModelProxy({ socketPath, endpoints, onRefused }: ModelProxyOptions): Promise<ModelProxy> {
  if (Buffer.byteLength(socketPath) > longestPath) {
    const next = 'Use a data directory with a shorter path (COPPICE_HOME), or another `executors.docker.network`.';
    throw new CoppiceError('bad-usage', `The path ${socketPath} is too long for the socket of a model.`, next);
  }
  const allowed = new Set(endpoints);
  const open = new Set<Duplex>();
  function hold<T extends Duplex>(stream: T): T {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    return stream;
  }
  const permits = ({ host, port }: Endpoint): boolean => allowed.has(`${host}:${port}`);
  const refused = (asked: string): void => onRefused(asked.slice(0, 200));
  const http = await import('node:http');
  const server = http.createServer((request, response) => {
    const asked = request.url ?? '';
    const target = absolute(asked);
    if (target !== undefined && permits(target.endpoint)) {
      forward(http, { request, response }, target, hold);
      return;
    }
    refused(asked);
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(only);
  });
  server.on('connect', (request: Http.IncomingMessage, near: Duplex, head: Buffer) => {
    hold(near).on('error', () => near.destroy());
    const asked = request.url ?? '';
    const endpoint = authority(asked);
    if (endpoint !== undefined && permits(endpoint)) {
      tunnel(near, head, endpoint, hold);
      return;
    }
    refused(asked);
    near.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n${only}`);
  });
  server.on('connection', (socket: Socket) => void hold(socket).on('error', () => socket.destroy()));
  server.on(
    'clientError',
    (_error, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  );
  server.maxConnections = mostConnections;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o755 });
  await rm(socketPath, { force: true });
  await listen(server, socketPath);
  // Whoever owns the worktree is the user in the container. On this host the folders above keep others out.
  await chmod(socketPath, 0o666);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const stream of open) stream.destroy();
      }),
  };
}

const only = 'This container reaches its model alone.\n';

/** `host:port` as a client asks for a tunnel to it. */
function authority(text: string): Endpoint | undefined {
  const [, bracketed, name, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/iu.exec(text) ?? [];
  const host = (bracketed ?? name ?? '').toLowerCase();
  if (host === '' || (bracketed !== undefined && !isIPv6(host))) return undefined;
  return { host, port: Number(port) };
}

/** `http://host:port/path` as a client asks for it without a tunnel. */
function absolute(text: string): { readonly endpoint: Endpoint; readonly path: string } | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:') return undefined;
  const endpoint = authority(`${url.hostname}:${url.port === '' ? '80' : url.port}`);
  return endpoint === undefined ? undefined : { endpoint, path: `${url.pathname}${url.search}` };
}

function tunnel(near: Duplex, head: Buffer, { host, port }: Endpoint, hold: <T extends Duplex>(stream: T) => T): void {
  const far = hold(connect({ host, port, timeout: idleMs }));
  far.on('error', () => near.destroy());
  far.on('timeout', () => far.destroy());
  far.on('close', () => near.destroy());
  near.on('close', () => far.destroy());
  far.once('connect', () => {
    near.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) far.write(head);
    near.pipe(far).pipe(near);
  });
}

function forward(
  http: typeof Http,
  { request, response }: { readonly request: Http.IncomingMessage; readonly response: Http.ServerResponse },
  { endpoint: { host, port }, path }: NonNullable<ReturnType<typeof absolute>>,
  hold: <T extends Duplex>(stream: T) => T,
): void {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.includes(name)));
  const out = http.request({ host, port, path, method: request.method, headers, agent: false, timeout: idleMs });
  out.on('socket', (socket) => void hold(socket));
  out.on('timeout', () => void out.destroy());
  out.on('response', (answer) => {
    const kept = Object.entries(answer.headers).filter(([name]) => !hopByHop.includes(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
    answer.on('error', () => void response.destroy());
    answer.pipe(response);
  });
  out.on('error', () => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(502, { 'content-type': 'text/plain' }).end(`${host}:${port} does not answer.\n`);
  });
  response.on('close', () => void out.destroy());
  request.on('error', () => void out.destroy());
  request.pipe(out);
}

function listen(server: Http.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined); // accepting failed (EMFILE); the agent tries again
      resolve();
    });
  });
}
