/** Processes of this host, and a folder for the files of a test. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const wrapperPath = fileURLToPath(new URL('../../media/run.sh', import.meta.url));

/** Lives and is no zombie. */
export function alive(pid: number): Promise<boolean> {
  const stat = `/proc/${pid}/stat`;
  try {
    return Promise.resolve(existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'latin1')));
  } catch {
    return Promise.resolve(false);
  }
}

export function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  return Promise.resolve();
}

/** A disk of 512 kB in a folder; undefined where this user may not mount one. */
export function smallDisk(home: string): { path: string; remove: () => void } | undefined {
  const path = mkdtempSync(join(home, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'tmpfs', path], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  return { path, remove: () => void execFileSync('umount', ['-l', path], { stdio: 'pipe' }) };
}

export async function folder(): Promise<{ home: string; remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'cop-x-'));
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 20 }) };
}
