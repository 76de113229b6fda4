/** Ends the agent of a run and everything that it left behind. */
import { systemCode } from '../../core/errors.ts';
import type { RunProcess, RunRef, RunState, StopLimits, StopReport } from '../executor.ts';
import { pause } from '../pause.ts';
import type { ProcessTable } from '../process-table.ts';
import { Family, isMarkOf } from './family.ts';
import { knownProcesses, probe } from './probe.ts';
import { takeBack } from './take-back.ts';

/** The processes of this host and the way to signal one. `kill` throws the system's error. */
export interface Host {
  readonly table: ProcessTable;
  /** Pid of this process. */
  readonly self: number;
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

const defaultSweepMs = 5_000;

/** `Executor.stop` on this host. */
export async function stopRun(run: RunRef, limits: StopLimits, host: Host): Promise<StopReport> {
  const family = await familyOf(run, host);
  // Before anything ends: what descends from the agent can only be told while its parents live.
  await family.look();
  const signal = await endAgent(run, limits, host, family);
  const ended = await probe(run, host.table);
  const { killed, left } = await endFamily(family, limits, host);
  // With nothing left, a start that was cut short can be told from an agent that ran.
  if (ended.state === 'unknown' && left.length === 0) await takeBack(run, host.table);
  const state = ended.state === 'exited' ? ended : await probe(run, host.table);
  // A wrapper that has written its record was about to end anyway.
  return { signal, state, killed: killed.filter(({ by }) => by !== 'wrapper' || ended.state !== 'exited'), left };
}

/** `Executor.sweep` on this host. */
export async function sweepSession(
  session: string,
  limits: StopLimits,
  host: Host,
): Promise<Pick<StopReport, 'killed' | 'left'>> {
  const { table, self } = host;
  return endFamily(
    new Family({ table, self, processes: undefined, belongs: (mark) => mark.session === session }),
    limits,
    host,
  );
}

/** The processes of a run; what an earlier boot recorded counts for nothing. */
export async function familyOf(run: RunRef, { table, self }: Host): Promise<Family> {
  const known = await knownProcesses(run);
  const processes = known?.bootId === (await table.bootId()) ? known : undefined;
  return new Family({ table, self, processes, belongs: isMarkOf(run) });
}

/** False if there is no such process (any more). */
export function trySignal(host: Host, pid: number, signal: NodeJS.Signals): boolean {
  try {
    host.kill(pid, signal);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    throw error;
  }
}

async function endAgent(run: RunRef, limits: StopLimits, host: Host, family: Family): Promise<StopReport['signal']> {
  const before = await probe(run, host.table);
  if (before.state !== 'running') return 'none';
  if (trySignal(host, before.pid, 'SIGTERM') && (await hasEnded(run, limits.graceMs, host))) return 'SIGTERM';
  await family.look();
  const after = await probe(run, host.table);
  if (after.state !== 'running') return 'SIGTERM';
  trySignal(host, after.pid, 'SIGKILL');
  await hasEnded(run, limits.sweepMs ?? defaultSweepMs, host);
  return 'SIGKILL';
}

async function hasEnded(run: RunRef, limitMs: number, host: Host): Promise<boolean> {
  const begin = performance.now();
  for (;;) {
    const state: RunState = await probe(run, host.table);
    if (state.state !== 'running') return true;
    const elapsed = performance.now() - begin;
    if (elapsed >= limitMs) return false;
    await pause(Math.min(elapsed < 200 ? 5 : 25, limitMs - elapsed));
  }
}

/**
 * SIGKILL for every member of a family, again and again: one that multiplies is outrun only if a look and its kills are quicker than
 * it is. Ends after two looks that find nobody, or at the limit.
 */
export async function endFamily(
  family: Family,
  limits: StopLimits,
  host: Host,
): Promise<Pick<StopReport, 'killed' | 'left'>> {
  const killed = new Map<string, RunProcess>();
  const refused = new Set<string>();
  const begin = performance.now();
  let left: RunProcess[] = [];
  for (let quietLooks = 0; quietLooks < 2;) {
    left = await family.look();
    const open = left.filter((process) => !refused.has(key(process)));
    quietLooks = open.length === 0 ? quietLooks + 1 : 0;
    for (const process of open) {
      // The pid is only theirs as long as the start time is.
      const found = await host.table.find(process.pid);
      if (found?.startTime !== process.startTime) continue;
      try {
        if (trySignal(host, process.pid, 'SIGKILL')) killed.set(key(process), process);
      } catch (error) {
        if (systemCode(error) !== 'EPERM') throw error;
        refused.add(key(process));
      }
    }
    if (performance.now() - begin >= (limits.sweepMs ?? defaultSweepMs)) break;
    await pause(5);
  }
  const remaining = new Set(left.map(key));
  return { killed: [...killed.values()].filter((process) => !remaining.has(key(process))), left };
}

function key({ pid, startTime }: RunProcess): string {
  return `${pid} ${startTime}`;
}
