import type { Mark } from '../../../src/executors/mark.ts';
import type { ProcessEntry, ProcessTable } from '../../../src/executors/process-table.ts';

export interface FakeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly startTime?: string;
  readonly zombie?: boolean;
  readonly mark?: Mark;
}

/** A process table that says what the test wants. */
export class FakeTable implements ProcessTable {
  processes: FakeProcess[] = [];
  boot = 'boot-1';
  /** Thrown by every question. */
  broken: Error | undefined;

  bootId(): Promise<string> {
    return this.#answer(() => this.boot);
  }

  find(pid: number): Promise<ProcessEntry | undefined> {
    return this.#answer(() => this.#entries().find((entry) => entry.pid === pid));
  }

  list(): Promise<readonly ProcessEntry[]> {
    return this.#answer(() => this.#entries());
  }

  marks(pids: readonly number[]): Promise<ReadonlyMap<number, Mark>> {
    return this.#answer(
      () =>
        new Map(
          this.processes.flatMap(({ pid, mark }) =>
            mark !== undefined && pids.includes(pid) ? [[pid, mark] as const] : [],
          ),
        ),
    );
  }

  carrying(): Promise<ReadonlySet<number>> {
    return this.#answer(() => new Set<number>());
  }

  residentBytes(): Promise<number> {
    return this.#answer(() => 0);
  }

  #entries(): ProcessEntry[] {
    return this.processes.map(({ pid, ppid, startTime = 'start', zombie = false }) => ({
      pid,
      ppid,
      startTime,
      zombie,
      name: `p${pid}`,
    }));
  }

  async #answer<T>(answer: () => T): Promise<T> {
    if (this.broken !== undefined) throw this.broken;
    return answer();
  }
}
