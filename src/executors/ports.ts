/** The TCP ports on which processes of this host listen. Linux: read from `/proc`. */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** State of a socket that listens, in `/proc/net/tcp`. */
const listening = '0A';

/**
 * Ports in ascending order; undefined where the system does not tell. A process that has ended, or may not be looked at, has none.
 */
export async function listeningPorts(pids: readonly number[], root = '/proc'): Promise<readonly number[] | undefined> {
  const sockets = new Map<string, number>();
  for (const table of ['net/tcp', 'net/tcp6']) {
    const text = await readFile(join(root, table), 'latin1').catch(() => undefined);
    if (text === undefined && table === 'net/tcp') return undefined;
    for (const [inode, port] of socketsIn(text ?? '')) sockets.set(inode, port);
  }
  if (sockets.size === 0) return [];
  const held = await Promise.all(pids.map((pid) => socketsOf(join(root, String(pid), 'fd'))));
  const ports = held.flat().flatMap((inode) => sockets.get(inode) ?? []);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Inodes of the sockets of a table that listen, with their ports. */
export function socketsIn(table: string): readonly (readonly [inode: string, port: number])[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
      const fields = line.trim().split(/\s+/u);
      const [, local = '', , state] = fields;
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      const inode = fields[9];
      return state !== listening || inode === undefined || Number.isNaN(port) ? [] : [[inode, port] as const];
    });
}

async function socketsOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []);
}
