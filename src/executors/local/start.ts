/** Starts the wrapper of a run so that it outlives this process, and waits until the agent is known. */
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import type { RunProcesses, RunRecord, RunRef, RunSpec } from '../executor.ts';
import { runMark, sessionMark } from '../mark.ts';
import { pause } from '../pause.ts';
import type { ProcessTable } from '../process-table.ts';
import { freeBytes } from '../space.ts';
import { isLocked, prepareRun, readExit, readProcesses, runPaths } from '../run-files.ts';
import { findProgram } from './command.ts';
import { hasProcess } from './family.ts';
import { takeBack } from './take-back.ts';

/** What every start on this host shares. */
export interface Starter {
  /** Absolute path of `media/run.sh`. */
  readonly wrapperPath: string;
  readonly table: ProcessTable;
  /** Put before the agent's command; see `signalReset`. */
  readonly prefix: readonly string[];
}

/** For the agent to be known after the spawn. Measured: about 5 ms; the rest is for a machine that is overloaded. */
const startMs = 15_000;
/** Between two looks whether the wrapper of somebody else's start still lives. */
const otherLookMs = 250;
/** With less left than this, a start that failed to write its small files failed for that. */
const enoughBytes = 64 * 1024;

/** `Executor.start` on this host. */
export async function startRun(spec: RunSpec, starter: Starter, signal: AbortSignal): Promise<RunRecord> {
  signal.throwIfAborted();
  const { table } = starter;
  const earlier = await started(spec, table, signal);
  if (earlier !== undefined) return earlier;
  const [program, bootId] = await Promise.all([findProgram(spec), table.bootId()]);
  await prepare(spec, bootId);
  signal.throwIfAborted();
  const wrapper = new Wrapper(spec, program, starter);
  const record = await known(spec, signal, startMs, () => wrapper.end);
  if (record !== undefined) return record;
  // Somebody else was first, or the wrapper was killed.
  const other = await started(spec, table, signal);
  if (other !== undefined) return other;
  throw await notStarted(spec, wrapper.end);
}

/** The process that was spawned, as long as it matters to the start. */
class Wrapper {
  /** Exit status, or why it could not be spawned; undefined while it runs. */
  end: number | Error | undefined;

  constructor(spec: RunSpec, program: string, { wrapperPath, prefix }: Starter) {
    const args = [wrapperPath, spec.directory, spec.streamPath, spec.stderrPath, spec.duplex ? 'duplex' : 'plain'];
    // `env` would take a path with `=` in it for a variable.
    if (!program.includes('=')) args.push(...prefix);
    try {
      const child = spawn('/bin/sh', [...args, program, ...spec.args], {
        cwd: spec.cwd,
        env: { ...spec.env, [sessionMark]: spec.session, [runMark]: String(spec.run) },
        detached: true,
        stdio: 'ignore',
      });
      child.on('error', (error) => (this.end ??= error));
      child.on('exit', (code) => (this.end ??= code ?? 128));
      child.unref();
    } catch (error) {
      this.end = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/**
 * The record of a run that was started before, or is being started: as long as its wrapper lives, it is waited for.
 * Undefined if the agent never ran. Throws `unknown-outcome` if that cannot be told.
 */
async function started(spec: RunSpec, table: ProcessTable, signal: AbortSignal): Promise<RunRecord | undefined> {
  if (!(await isLocked(spec))) return undefined;
  const begin = performance.now();
  let isAlive = true;
  while (isAlive && performance.now() - begin < startMs) {
    // In this order: a wrapper that is no more has written what it will write.
    isAlive = await hasProcess(spec, table);
    const record = await known(spec, signal, otherLookMs, () => (isAlive ? undefined : 'gone'));
    if (record !== undefined) return record;
  }
  if (await takeBack(spec, table)) return undefined;
  throw new CoppiceError(
    'unknown-outcome',
    'The run was started before, but it cannot be told whether its agent ever ran.',
    'Look for the agent with `ps`; if it does not run, continue the session.',
    { context: { session: spec.session, run: String(spec.run) } },
  );
}

/** The record, once the agent's process is known; undefined if the wrapper ended without one, or in time. */
async function known(
  spec: RunRef,
  signal: AbortSignal,
  limitMs: number,
  end: () => unknown,
): Promise<RunRecord | undefined> {
  const begin = performance.now();
  let ended = false;
  for (let elapsed = 0; elapsed < limitMs; elapsed = performance.now() - begin) {
    const processes = await readProcesses(spec);
    if (processes !== undefined) return recordOf(spec, processes);
    // What it wrote before its end is there when the end is: one more look after that.
    if (ended) return undefined;
    ended = end() !== undefined || (await readExit(spec)) !== undefined;
    await pause(elapsed < 50 ? 1 : 10, signal);
    signal.throwIfAborted();
  }
  return undefined;
}

function recordOf(spec: RunRef, processes: RunProcesses): RunRecord {
  const { session, run, directory, streamPath, stderrPath } = spec;
  return { session, run, directory, streamPath, stderrPath, ...processes };
}

async function prepare(spec: RunSpec, bootId: string): Promise<void> {
  try {
    await prepareRun(spec, bootId);
  } catch (error) {
    throw isFull(error) ? diskFull(spec, error) : error;
  }
}

async function notStarted(spec: RunSpec, end: number | Error | undefined): Promise<CoppiceError> {
  const log = await readFile(runPaths(spec.directory).wrapperLog, 'utf8').catch(() => '');
  const context = { session: spec.session, run: String(spec.run), log: log.trim().slice(-500) };
  const code = systemCode(end);
  if (code === 'E2BIG') {
    const next = 'Shorten the arguments and the environment, or give a long prompt as input instead of an argument.';
    return new CoppiceError('agent-unusable', 'The command line of the agent is too long for this system.', next, {
      context,
      cause: end,
    });
  }
  if ((await freeBytes(spec.directory)) < enoughBytes) return diskFull(spec, end);
  const next = 'Look at `wrapper.log` in the folder of the run, then start the session again.';
  const how = typeof end === 'number' ? `its wrapper ended with status ${end}` : (code ?? 'its wrapper did not answer');
  return new CoppiceError('internal', `The agent was not started: ${how}.`, next, { context, cause: end });
}

function diskFull(spec: RunRef, cause: unknown): CoppiceError {
  const context = { directory: spec.directory };
  const next = 'Free some space on its disk, then start the session again.';
  return new CoppiceError('disk-full', 'The agent was not started: the disk is full.', next, { context, cause });
}

function isFull(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * A shell starts background commands with SIGINT and SIGQUIT ignored, and dash lets nothing in the shell undo that, so an
 * agent that does not set its own handler (Python, Go, any script) could not be interrupted. GNU `env` undoes it; where it
 * cannot, the prefix is empty.
 */
export async function signalReset(): Promise<readonly string[]> {
  const reset = ['/usr/bin/env', '--default-signal=INT,QUIT'] as const;
  try {
    await promisify(execFile)(reset[0], [reset[1], 'true'], { timeout: 5_000 });
    return reset;
  } catch {
    return [];
  }
}
