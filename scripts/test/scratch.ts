/** Takes away the folder of a lane's files, with what its tests have left mounted there and the containers that run from there. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { promisify } from 'node:util';
import { trouble } from './outcome.ts';
import type { Failure } from './report.ts';

/** Fields of a line of mountinfo, see proc_pid_mountinfo(5); what its file system calls itself comes later in the line. */
const rootField = 3;
const pointField = 4;

const umountMs = 10_000;

/**
 * Removes a folder that was made for this run alone: everything in it is of the run. Nothing is removed as long as something is
 * mounted there, since that may be a person's. What does not succeed is told, and never thrown.
 *
 * @param env with the `PATH` on which `umount` is found
 */
export async function removeScratch(path: string, env: NodeJS.ProcessEnv): Promise<Failure[]> {
  const found: Failure[] = [];
  const folder = existsSync(path) ? realpathSync(path) : path; // mounts are known by their real paths
  const contained = containedIn(folder);
  if (contained.length > 0) {
    contained.forEach(end);
    found.push(trouble(`${contained.length} process(es) in containers outlived the tests`, contained.join('\n')));
  }
  const mounted = mountedIn(folder);
  if (mounted.length > 0) {
    for (const path of mounted) await unmount(path, env);
    found.push(trouble(`${mounted.length} folder(s) left mounted`, mounted.join('\n')));
  }
  const still = mountedIn(folder);
  if (still.length > 0) {
    const next = `${still.join('\n')}\nUnmount them, then remove ${folder}.`;
    return [...found, trouble('the folder of the tests is kept, for something is mounted in it', next)];
  }
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    found.push(trouble('the folder of the tests could not be removed', `${String(error)}\nRemove ${folder}.`));
  }
  return found;
}

/** Where something is mounted below a folder, the deepest first; nothing where there is no /proc. */
function mountedIn(folder: string): string[] {
  const points = mountinfo('self').map((fields) => unescaped(fields[pointField] ?? ''));
  return points.filter((path) => path.startsWith(`${folder}${sep}`)).reverse();
}

/**
 * Processes whose root is a folder below this one. A container's root is mounted from there, either as it is or as a layer; the
 * name of the folder is of this run alone.
 */
function containedIn(folder: string): number[] {
  const own = namespace('self');
  return names('/proc')
    .filter((name) => /^\d+$/.test(name) && ![own, undefined].includes(namespace(name)))
    .filter((pid) => {
      const top = mountinfo(pid).findLast((fields) => fields[pointField] === '/');
      const from = top === undefined ? [] : [top[rootField] ?? '', ...top.slice(pointField + 1)];
      return from.some((field) => field.includes(`${basename(folder)}${sep}`));
    })
    .map(Number);
}

function mountinfo(pid: string): string[][] {
  try {
    const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
    return lines.map((line) => line.split(' '));
  } catch {
    return []; // it ended, it is not ours to read, or there is no /proc
  }
}

/** Spaces and the like are written in octal. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function namespace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Also where a process is still at work there: it ends when that does. */
async function unmount(path: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)('umount', ['-l', path], { env, timeout: umountMs });
  } catch {
    // Whether it is gone is looked at afterwards.
  }
}
