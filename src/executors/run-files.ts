/** The files of a run's directory, as `media/run.sh` writes them and the engine reads them. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants as openFlags,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { runMark, sessionMark } from './mark.ts';
import type { RunProcesses, RunRef, RunSpec, RunState } from './executor.ts';

/**
 * The files of a run's directory, absolute. `inbox` and `done` are folders of inputs, `lock` is a folder that
 * `media/run.sh` makes to claim the start.
 */
export interface RunPaths {
  readonly command: string;
  readonly lock: string;
  readonly pid: string;
  readonly exit: string;
  readonly wrapperLog: string;
  readonly inbox: string;
  readonly done: string;
  readonly fifo: string;
}

/** The files of a run by its directory. Only names are made. */
export function runPaths(directory: string): RunPaths {
  return {
    command: join(directory, 'command.json'),
    lock: join(directory, 'lock'),
    pid: join(directory, 'pid'),
    exit: join(directory, 'exit.json'),
    wrapperLog: join(directory, 'wrapper.log'),
    inbox: join(directory, 'in'),
    done: join(directory, 'done'),
    fifo: join(directory, 'stdin'),
  };
}

/** `pid`, once it is complete; undefined before. */
export async function readProcesses(run: RunRef): Promise<RunProcesses | undefined> {
  const text = await readIfThere(runPaths(run.directory).pid);
  return text === undefined ? undefined : parseProcesses(text);
}

const pidFile = /^pid (\d+)\nstart (.+)\nboot (.+)\nwrapper (\d+)\nwrapper-start (.+)\n$/;

/** The content of `pid`; undefined unless it is complete. */
export function parseProcesses(text: string): RunProcesses | undefined {
  const [, pid, start, boot, wrapper, wrapperStart] = pidFile.exec(text) ?? [];
  if (pid === undefined || start === undefined || boot === undefined) return undefined;
  if (wrapper === undefined || wrapperStart === undefined) return undefined;
  return {
    pid: Number(pid),
    startTime: start.trim(),
    bootId: boot.trim(),
    wrapperPid: Number(wrapper),
    wrapperStartTime: wrapperStart.trim(),
  };
}

type Exited = Extract<RunState, { state: 'exited' }>;

/** `exit.json`; undefined while there is none. One that cannot be read tells of an end without a code. */
export async function readExit(run: RunRef): Promise<Exited | undefined> {
  const text = await readIfThere(runPaths(run.directory).exit);
  return text === undefined ? undefined : parseExit(text);
}

/**
 * The content of `exit.json`, whose `at` in seconds becomes milliseconds (0: the wrapper had no clock). Any other text
 * tells of an end without a code.
 */
export function parseExit(text: string): Exited {
  const [, code, at] = /^\{"code":(\d+),"at":(\d+)\}\s*$/.exec(text) ?? [];
  if (code === undefined || at === undefined) return { state: 'exited' };
  const signal = signalOf(Number(code));
  return {
    state: 'exited',
    code: Number(code),
    ...(signal === undefined ? {} : { signal }),
    ...(at === '0' ? {} : { at: Number(at) * 1000 }),
  };
}

function signalOf(code: number): NodeJS.Signals | undefined {
  if (code <= 128) return undefined;
  for (const [name, number] of Object.entries(constants.signals)) {
    if (number === code - 128) return isSignal(name) ? name : undefined;
  }
  return undefined;
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}

/** Whether a wrapper has claimed the start of this run, whichever engine spawned it. */
export async function isLocked(run: RunRef): Promise<boolean> {
  return exists(runPaths(run.directory).lock);
}

/** The boot id under which `command.json` was written; undefined if there is none. */
export async function preparedBootId(run: RunRef): Promise<string | undefined> {
  const text = await readIfThere(runPaths(run.directory).command);
  try {
    const command: unknown = JSON.parse(text ?? '{}');
    if (typeof command !== 'object' || command === null || !('bootId' in command)) return undefined;
    return typeof command.bootId === 'string' ? command.bootId : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the directory (0700), the inbox, `command.json` with the names (never the values) of the environment, and empty
 * output files, so that all of them are the user's alone whatever the umask. They are made at once: whoever watches folders
 * at that moment keeps the threads busy, and an agent is waiting for these.
 */
export async function prepareRun(spec: RunSpec, bootId: string): Promise<void> {
  const paths = runPaths(spec.directory);
  for (const folder of [spec.directory, paths.inbox, paths.done]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secrets = new Set(spec.secrets ?? []);
  const names = [...Object.keys(spec.env), sessionMark, runMark].sort();
  const command = {
    session: spec.session,
    run: spec.run,
    command: spec.command,
    args: spec.args,
    cwd: spec.cwd,
    duplex: spec.duplex,
    environment: names.filter((name) => !secrets.has(name)),
    secrets: names.filter((name) => secrets.has(name)),
    bootId,
  };
  for (const path of [spec.streamPath, spec.stderrPath]) closeSync(openSync(path, 'a', 0o600));
  writeWholeAtOnce(paths.command, `${JSON.stringify(command, null, 2)}\n`);
  await Promise.all((spec.files ?? []).map(({ name, text }) => writeWhole(join(spec.directory, name), text)));
}

/** A file that is either there with all its bytes or not at all. */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, data, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function writeWholeAtOnce(path: string, text: string): void {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Whether there is something at a path, links followed. Any error but `ENOENT` is thrown: "cannot tell" is not "no".
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Longest content of a file that a wrapper writes, in bytes; the largest is a command line. */
const largest = 4 * 1024 * 1024;

/**
 * A few bytes, asked for every millisecond while an agent starts: read at once, and never waited for. Where an agent may write, a
 * link, a device or a file without end can be in their place: that says nothing (''). A folder there is an error, as the system
 * has it: no agent is called ended for one.
 */
async function readIfThere(path: string): Promise<string | undefined> {
  let file: number;
  try {
    file = openSync(path, openFlags.O_RDONLY | openFlags.O_NONBLOCK | openFlags.O_NOFOLLOW);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'EMLINK' || code === 'ENXIO') return '';
    throw error;
  }
  try {
    const status = fstatSync(file);
    if (status.isDirectory()) return readFileSync(file, 'latin1');
    return status.isFile() && status.size <= largest ? readFileSync(file, 'latin1') : '';
  } finally {
    closeSync(file);
  }
}
