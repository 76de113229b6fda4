import { readFileSync } from 'node:fs';
import { agentProcesses, type Seen } from './processes.ts';
import type { World } from './world.ts';

/** What can be killed while a session works. `feeder` is the part of the wrapper that hands inputs to the agent. */
export type Victim = 'agent' | 'wrapper' | 'feeder' | 'engine';

/** Kills what there is of them, all at the same moment, with SIGKILL; returns how many processes that were. */
export function killAll(world: World, session: string, victims: readonly Victim[]): number {
  const marked = agentProcesses(world.userHome).filter((each) => each.session === session);
  const pids = victims.flatMap((victim) =>
    victim === 'engine' ? [world.engine?.child.pid ?? 0] : pidsOf(victim, marked),
  );
  return pids.filter((pid) => pid > 1 && kill(pid)).length;
}

function pidsOf(victim: Exclude<Victim, 'engine'>, marked: readonly Seen[]): number[] {
  return marked.filter((each) => role(each, marked) === victim).map(({ pid }) => pid);
}

/** The wrapper is the first of its processes; before its first step the agent still looks like the wrapper. */
function role({ pid, command }: Seen, marked: readonly Seen[]): Victim | undefined {
  const wrapperLike = command.includes('run.sh');
  const parent = marked.find((each) => each.pid === parentOf(pid));
  if (!wrapperLike) return parent === undefined || parent.command.includes('run.sh') ? 'agent' : undefined;
  return parent === undefined ? 'wrapper' : 'feeder';
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // it has ended meanwhile
  }
}
