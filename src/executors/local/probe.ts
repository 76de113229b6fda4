/** What is known of a run on this host: its files, checked against the processes that there are. */
import { CoppiceError, systemCode } from '../../core/errors.ts';
import type { RunProcesses, RunRef, RunState } from '../executor.ts';
import { pause } from '../pause.ts';
import type { ProcessTable } from '../process-table.ts';
import { isLocked, preparedBootId, readExit, readProcesses } from '../run-files.ts';

/** Time that a live wrapper has to write down the end of its agent: two short commands, on a machine that is overloaded. */
const defaultExitRecordMs = 10_000;

/** Never throws: what cannot be read cannot be told. */
export async function probe(
  run: RunRef,
  table: ProcessTable,
  exitRecordMs: number = defaultExitRecordMs,
): Promise<RunState> {
  try {
    return await look(run, table, exitRecordMs);
  } catch (error) {
    const reason =
      error instanceof CoppiceError ? error.message : `could not look (${systemCode(error) ?? String(error)})`;
    return { state: 'unknown', reason };
  }
}

async function look(run: RunRef, table: ProcessTable, exitRecordMs: number): Promise<RunState> {
  const exit = await readExit(run);
  if (exit !== undefined) return exit;
  const processes = await knownProcesses(run);
  if (processes === undefined) return lookWithoutPid(run, table, exitRecordMs);
  if (processes.bootId !== (await table.bootId())) {
    return { state: 'gone', reason: 'the machine was restarted since' };
  }
  const found = await table.find(processes.pid);
  if (found !== undefined && found.startTime !== processes.startTime) {
    // The pid may have been free for a while: the wrapper's record can have come in between.
    return (await readExit(run)) ?? { state: 'gone', reason: `pid ${processes.pid} is another process by this time` };
  }
  if (found !== undefined && !found.zombie) return { state: 'running', pid: processes.pid };
  return (await exitRecord(run, processes, table, exitRecordMs)) ?? { state: 'exited' };
}

async function lookWithoutPid(run: RunRef, table: ProcessTable, exitRecordMs: number): Promise<RunState> {
  if (!(await isLocked(run))) return { state: 'not-started' };
  const prepared = await preparedBootId(run);
  if (prepared !== undefined && prepared !== (await table.bootId())) {
    return { state: 'gone', reason: 'the machine was restarted while the agent was being started' };
  }
  const late = await readProcesses(run);
  if (late !== undefined) return look(run, table, exitRecordMs);
  return { state: 'unknown', reason: 'the start was begun, but no process is recorded' };
}

/** The agent has ended. Its wrapper, if it lives, is about to say how. */
async function exitRecord(
  run: RunRef,
  processes: RunProcesses,
  table: ProcessTable,
  exitRecordMs: number,
): Promise<RunState | undefined> {
  for (let waited = 0; waited < exitRecordMs; waited += 10) {
    const wrapper = await table.find(processes.wrapperPid);
    const isAlive = wrapper !== undefined && wrapper.startTime === processes.wrapperStartTime && !wrapper.zombie;
    // In this order: a wrapper that is no more has written all that it will write.
    const exit = await readExit(run);
    if (exit !== undefined || !isAlive) return exit;
    await pause(10);
  }
  return undefined;
}

/** Agent and wrapper, as the run's directory or else a journalled record of the run tells. */
export async function knownProcesses(run: RunRef): Promise<RunProcesses | undefined> {
  return (await readProcesses(run)) ?? recordedProcesses(run);
}

/** A journalled record still knows the processes when the directory was lost. */
function recordedProcesses(run: RunRef & Partial<RunProcesses>): RunProcesses | undefined {
  const { pid, startTime, bootId, wrapperPid, wrapperStartTime } = run;
  if (pid === undefined || startTime === undefined || bootId === undefined) return undefined;
  if (wrapperPid === undefined || wrapperStartTime === undefined) return undefined;
  return { pid, startTime, bootId, wrapperPid, wrapperStartTime };
}
