/** Which processes belong to a run: its own two, all that descend from them, and all that carry its mark. */
import type { RunProcess, RunProcesses, RunRef } from '../executor.ts';
import type { Mark } from '../mark.ts';
import type { ProcessEntry, ProcessTable } from '../process-table.ts';

/** Whether a mark is that of the run. */
export function isMarkOf({ session, run }: RunRef): (mark: Mark) => boolean {
  return (mark) => mark.session === session && mark.run === String(run);
}

/** Whether any live process carries the mark of the run. */
export async function hasProcess(run: RunRef, table: ProcessTable): Promise<boolean> {
  const live = (await table.list()).filter((entry) => !entry.zombie);
  const marks = await table.marks(live.map((entry) => entry.pid));
  return [...marks.values()].some(isMarkOf(run));
}

/** How members are told: by mark, or by descent from the run's own processes. */
export interface FamilyOptions {
  readonly table: ProcessTable;
  readonly belongs: (mark: Mark) => boolean;
  /** Agent and wrapper, of this boot; undefined if they are not known. */
  readonly processes: RunProcesses | undefined;
  /** This process: neither it nor what it descends from is ever taken for a member, whatever it carries. */
  readonly self: number;
}

/**
 * Grows with every look and forgets nobody: a process that was once seen below the agent is a member for good, even when
 * its parent has ended and it cleared its environment.
 */
export class Family {
  readonly #options: FamilyOptions;
  /** Every process that was ever a member, by its key. */
  readonly #members = new Map<string, RunProcess>();

  constructor(options: FamilyOptions) {
    this.#options = options;
  }

  /** Looks again; returns the members that are alive, the youngest first. */
  async look(): Promise<RunProcess[]> {
    const { table, belongs, processes, self } = this.#options;
    const all = await table.list();
    const byPid = new Map(all.map((entry) => [entry.pid, entry]));
    const never = ancestry(self, byPid);
    const live = all.filter((entry) => !entry.zombie && !never.has(entry.pid));

    for (const entry of live) {
      if (entry.pid === processes?.pid && entry.startTime === processes.startTime) this.#add(entry, 'agent');
      if (entry.pid === processes?.wrapperPid && entry.startTime === processes.wrapperStartTime) {
        this.#add(entry, 'wrapper');
      }
    }
    const unknown = live.filter((entry) => !this.#members.has(key(entry)));
    const marks = await table.marks(unknown.map((entry) => entry.pid));
    for (const entry of unknown) {
      const mark = marks.get(entry.pid);
      if (mark !== undefined && belongs(mark)) this.#add(entry, 'mark');
    }
    this.#addDescendants(live);
    return live.flatMap((entry) => this.#members.get(key(entry)) ?? []).sort((a, b) => b.pid - a.pid);
  }

  #add(entry: ProcessEntry, by: RunProcess['by']): void {
    const { pid, startTime, name } = entry;
    if (!this.#members.has(key(entry))) this.#members.set(key(entry), { pid, startTime, name, by });
  }

  #addDescendants(live: readonly ProcessEntry[]): void {
    const children = new Map<number, ProcessEntry[]>();
    for (const entry of live) children.set(entry.ppid, [...(children.get(entry.ppid) ?? []), entry]);
    const open = live.filter((entry) => this.#members.has(key(entry)));
    for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
      for (const child of children.get(parent.pid) ?? []) {
        if (this.#members.has(key(child))) continue;
        this.#add(child, 'descent');
        open.push(child);
      }
    }
  }
}

function key({ pid, startTime }: { readonly pid: number; readonly startTime: string }): string {
  return `${pid} ${startTime}`;
}

function ancestry(self: number, byPid: ReadonlyMap<number, ProcessEntry>): Set<number> {
  const found = new Set<number>();
  for (let pid = self; pid > 0 && !found.has(pid); pid = byPid.get(pid)?.ppid ?? 0) found.add(pid);
  return found;
}
