/**
 * The inbox of a run: numbered files, and a fifo that only wakes the feeder of `media/run.sh`. Nothing here needs to be
 * remembered by the engine: what was done is seen from the files, and everything can be done again.
 */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import type { InputState, RunRef, RunState } from './executor.ts';
import { pause } from './pause.ts';
import { exists, isLocked, readExit, runPaths, writeWhole } from './run-files.ts';

const maxInput = 999_999;
/** Time for a wrapper that was just started to open its fifo. */
const openMs = 1_000;

/** Name of input `n` in the inbox. Throws `bad-usage` if it cannot have one. */
export function inputName(n: number): string {
  if (Number.isInteger(n) && n >= 1 && n <= maxInput) return String(n).padStart(6, '0');
  throw new CoppiceError(
    'bad-usage',
    `${n} is not the number of an input.`,
    'Number the inputs of a run 1, 2, 3 and so on.',
  );
}

/** How far input `n` of a run has come, from the files alone. Throws `bad-usage` for what is no number of an input. */
export async function inputState(run: RunRef, n: number): Promise<InputState> {
  const name = inputName(n);
  const paths = runPaths(run.directory);
  if (await exists(join(paths.done, name))) return 'fed';
  return (await exists(join(paths.inbox, name))) ? 'pending' : 'absent';
}

/** `Executor.write`. `probe` tells whether anybody can still take the input. */
export async function writeInput(
  run: RunRef,
  n: number,
  data: string | Uint8Array,
  probe: () => Promise<RunState>,
): Promise<'pending' | 'fed'> {
  const before = await inputState(run, n);
  if (before === 'fed') return 'fed';
  try {
    return await put(run, n, data, probe, before);
  } catch (error) {
    // A feeder that looks by itself needs no waking, and may be gone with its agent before it is woken.
    if (isCoppiceError(error, 'wrong-state') && (await inputState(run, n)) === 'fed') return 'fed';
    throw error;
  }
}

async function put(
  run: RunRef,
  n: number,
  data: string | Uint8Array,
  probe: () => Promise<RunState>,
  before: 'absent' | 'pending',
): Promise<'pending'> {
  const name = inputName(n);
  const path = join(runPaths(run.directory).inbox, name);
  // Opened first: an input that nobody can take is not written at all.
  const fifo = await openFifo(run, probe);
  try {
    // The feeder is killed before the end is on record, and may take a moment to go.
    if ((await readExit(run)) !== undefined) throw await noTaker(run, probe);
    if (before === 'absent') await place(path, data, run);
    if (await wake(run, name, fifo, probe)) return 'pending';
    // The feeder ended between opening and writing.
    if (before === 'absent' && (await inputState(run, n)) === 'pending') await rm(path, { force: true });
    throw await noTaker(run, probe);
  } finally {
    await fifo?.close();
  }
}

/** `Executor.close`. */
export async function closeInput(run: RunRef, probe: () => Promise<RunState>): Promise<void> {
  const path = join(runPaths(run.directory).inbox, 'close');
  try {
    if (!(await exists(path))) await place(path, '', run);
    const fifo = await openFifo(run, probe);
    try {
      await wake(run, 'close', fifo, probe);
    } finally {
      await fifo?.close();
    }
  } catch (error) {
    // Nobody takes input any more: that is what was asked for.
    if (!isCoppiceError(error, 'wrong-state')) throw error;
  }
}

/** Wakes the feeder; false if there is none any more. Before the start there is none yet, and it begins by looking. */
async function wake(
  run: RunRef,
  line: string,
  fifo: FileHandle | undefined,
  probe: () => Promise<RunState>,
): Promise<boolean> {
  if (fifo !== undefined) return notify(fifo, line);
  // Asked after the file was placed: a wrapper that takes the lock later finds the file.
  if (!(await isLocked(run))) return true;
  const opened = await openFifo(run, probe);
  try {
    return opened === undefined || (await notify(opened, line));
  } finally {
    await opened?.close();
  }
}

async function place(path: string, data: string | Uint8Array, run: RunRef): Promise<void> {
  try {
    await writeWhole(path, data);
  } catch (error) {
    const code = systemCode(error);
    const context = { path, session: run.session };
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const next = 'Free some space, then send it again.';
      throw new CoppiceError('disk-full', 'The input for the agent could not be written: the disk is full.', next, {
        context,
        cause: error,
      });
    }
    if (code === 'ENOENT') {
      const next = 'Continue the session, which starts another run.';
      throw new CoppiceError('wrong-state', 'The run has no inbox (any more).', next, { context, cause: error });
    }
    throw error;
  }
}

/**
 * The fifo, open for writing and never waiting; undefined before the start. Throws `wrong-state` if nobody will ever take
 * the input.
 */
async function openFifo(run: RunRef, probe: () => Promise<RunState>): Promise<FileHandle | undefined> {
  const { fifo } = runPaths(run.directory);
  let wasRunning = false;
  for (let waited = 0; ; waited += 10) {
    try {
      return await fifoAt(fifo);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ELOOP' || code === 'ENOTSUP') throw await noTaker(run, probe);
      // ENXIO: the fifo is there, its reader is not (yet, or any more). ENOENT: no fifo (yet, or never).
      if (code !== 'ENXIO' && code !== 'ENOENT') throw error;
    }
    const { state } = await probe();
    if (state === 'not-started') return undefined;
    // The wrapper has the fifo open before the agent runs, and hands it on to the feeder, so once more is enough.
    if (state === 'exited' || state === 'gone' || wasRunning || waited >= openMs) throw await noTaker(run, probe);
    wasRunning = state === 'running';
    if (!wasRunning) await pause(10);
  }
}

/**
 * An agent in a container may put something else in its place; a link there would lead our writing to a file of this host.
 * Throws the system's error, `ENOTSUP` for what is no fifo.
 */
async function fifoAt(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if ((await file.stat()).isFIFO()) return file;
  await file.close();
  throw Object.assign(new Error(`${path} is no fifo.`), { code: 'ENOTSUP' });
}

/** False if nobody reads the fifo. One that is full holds enough to wake the feeder. */
async function notify(fifo: FileHandle, line: string): Promise<boolean> {
  try {
    await fifo.write(`${line}\n`);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EAGAIN') return true;
    if (code === 'EPIPE') return false;
    throw error;
  }
}

async function noTaker(run: RunRef, probe: () => Promise<RunState>): Promise<CoppiceError> {
  const { state } = await probe();
  const context = { session: run.session, run: String(run.run), state };
  const next = 'Continue the session, which starts another run.';
  if (state === 'exited' || state === 'gone') {
    return new CoppiceError('wrong-state', 'The agent has ended; it takes no more input.', next, { context });
  }
  return new CoppiceError('wrong-state', 'The agent takes no more input.', next, { context });
}
