/**
 * A sign of life that the kernel keeps: a socket in the data directory that accepts for exactly as long as the process that
 * listens on it lives. It tells where pids cannot: between pid namespaces of one kernel, as after the restart of a
 * development container whose engine was killed with it.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { within, withResolvers } from '../../protocol/client/deadline.ts';
import type { Life } from './host.ts';

/** A sign of life that this process gives. */
export interface Pulse {
  /** Ends it and removes its name. */
  stop(): Promise<void>;
}

/** `sun_path` of unix(7) holds 107 bytes on Linux, 103 on macOS; longer ones are silently cut. */
const longestPath = 100;
const answerMs = 2_000;

/** Begins to listen. Undefined where the file system holds no sockets: then only pids can tell. */
export async function beginPulse(directory: string, name: string): Promise<Pulse | undefined> {
  const place = await short(directory, name);
  const server = createServer((socket) => socket.destroy());
  try {
    await listening(server, place.path);
  } catch {
    await place.close();
    return undefined;
  }
  server.unref();
  return {
    async stop() {
      await new Promise<void>((resolve) => server.close(() => resolve())); // removes the name that it bound, which is ours
      await place.close();
    },
  };
}

/** Whether the process behind a pulse lives. Only a refusal by the kernel says that it has ended. */
export async function feelPulse(directory: string, name: string): Promise<Life> {
  const place = await short(directory, name);
  const socket = connect({ path: place.path });
  const opened = withResolvers<undefined>();
  socket.once('connect', () => opened.resolve(undefined));
  socket.on('error', opened.reject);
  try {
    await within(answerMs, opened.promise, () => new Error('no answer'));
    return 'alive';
  } catch (error) {
    if (systemCode(error) === 'ECONNREFUSED') return 'ended';
    return systemCode(error) === 'EAGAIN' ? 'alive' : 'unknown'; // EAGAIN: it listens, and has not taken others yet
  } finally {
    socket.destroy();
    await place.close();
  }
}

/** A path short enough for a socket: through the open folder where the real one is too long. */
async function short(directory: string, name: string): Promise<{ path: string; close(): Promise<void> }> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= longestPath) return { path, close: () => Promise.resolve() };
  const folder: FileHandle = await open(directory, 'r');
  return { path: `/proc/self/fd/${folder.fd}/${name}`, close: () => folder.close() };
}

async function listening(server: Server, path: string): Promise<void> {
  const ready = withResolvers<undefined>();
  server.once('error', ready.reject);
  server.listen(path, () => ready.resolve(undefined));
  await ready.promise;
  server.off('error', ready.reject);
  server.on('error', () => undefined); // accepting failed (EMFILE); it listens all the same
}
