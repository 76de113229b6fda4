/** Where an engine can be reached: `engine.json` in its data directory, written by the engine when it listens. */
import { lstat, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { CoppiceError, systemCode } from '../../core/errors.ts';

const addressSchema = z.object({
  pid: z.int().positive(),
  version: z.string().min(1),
  socket: z.string().startsWith('/'),
  /** That of the lock which the engine holds. */
  nonce: z.string().min(1),
  /** ISO 8601. */
  startedAt: z.string(),
});
export type EngineAddress = z.infer<typeof addressSchema>;

/** Where an engine that serves a data directory publishes its address. */
export function addressPath(home: string): string {
  return join(home, 'engine.json');
}

/** The published address; undefined if there is none, or if what is there is not one (torn, foreign). */
export async function readAddress(home: string): Promise<EngineAddress | undefined> {
  try {
    return addressSchema.parse(JSON.parse(await readFile(addressPath(home), 'utf8')));
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Whether a socket of our own is at the path. An address can outlive the folder it names: in a shared temporary folder
 * somebody else could then wait there for prompts and secrets.
 *
 * @throws CoppiceError `isolation-failed` if the socket or its folder is not the user's alone
 */
export async function isOwnSocket(path: string): Promise<boolean> {
  try {
    const [folder, socket] = await Promise.all([lstat(dirname(path)), lstat(path)]);
    const uid = process.getuid?.();
    const closed = folder.isDirectory() && folder.uid === uid && (folder.mode & 0o077) === 0;
    if (closed && socket.isSocket() && socket.uid === uid) return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  throw new CoppiceError(
    'isolation-failed',
    `The engine's socket ${path} is not in a folder that is yours alone, so it is not trusted.`,
    `Find out who made ${dirname(path)}; it has to be a folder of yours with mode 0700.`,
    { context: { socket: path } },
  );
}
