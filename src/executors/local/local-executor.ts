import { rm } from 'node:fs/promises';
import { CoppiceError } from '../../core/errors.ts';
import type {
  Executor,
  RunProcess,
  RunRecord,
  RunRef,
  RunSpec,
  RunState,
  RunView,
  StopLimits,
  StopReport,
  Terminal,
  TerminalPlace,
} from '../executor.ts';
import type { InputState } from '../executor.ts';
import { closeInput, inputState, writeInput } from '../inbox.ts';
import { listeningPorts } from '../ports.ts';
import type { ProcessTable } from '../process-table.ts';
import { systemProcessTable } from '../process-table-system.ts';
import { exists, runPaths } from '../run-files.ts';
import { tail } from '../tail.ts';
import type { TailEnd, TailHandlers } from '../tail.ts';
import { probe } from './probe.ts';
import { signalReset, startRun } from './start.ts';
import { familyOf, stopRun, sweepSession, trySignal } from './stop.ts';
import type { Host } from './stop.ts';
import { watchMarked, type Watch } from './watch.ts';

/** What comes with the product, and the process table of this host unless told. */
export interface LocalExecutorOptions {
  /** Absolute path of `media/run.sh`. */
  readonly wrapperPath: string;
  readonly table?: ProcessTable;
}

/** Agents on this host, with the rights of the user: no boundary at all, so the engine asks for consent first. */
export class LocalExecutor implements Executor {
  readonly id: string = 'local';
  readonly capabilities = { isolation: 'none', outlivesEngine: true, input: true, resourceLimits: false } as const;
  readonly #wrapperPath: string;
  readonly #host: Host;
  #prefix: Promise<readonly string[]> | undefined;

  constructor({ wrapperPath, table = systemProcessTable() }: LocalExecutorOptions) {
    this.#wrapperPath = wrapperPath;
    this.#host = { table, self: process.pid, kill: (pid, signal) => void process.kill(pid, signal) };
  }

  /** Asks the system once for what every start needs; the first start does it otherwise. */
  async warmUp(): Promise<void> {
    await (this.#prefix ??= signalReset());
  }

  detect(_signal: AbortSignal): Promise<string> {
    return Promise.resolve('this host, with your rights');
  }

  view({ directory }: RunRef, cwd: string): Promise<RunView> {
    return Promise.resolve({ cwd, directory });
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    const prefix = await (this.#prefix ??= signalReset());
    return startRun(spec, { wrapperPath: this.#wrapperPath, table: this.#host.table, prefix }, signal);
  }

  probe(run: RunRef): Promise<RunState> {
    return probe(run, this.#host.table);
  }

  write(run: RunRef, n: number, data: string | Uint8Array): Promise<'pending' | 'fed'> {
    return writeInput(run, n, data, () => this.probe(run));
  }

  inputState(run: RunRef, n: number): Promise<InputState> {
    return inputState(run, n);
  }

  close(run: RunRef): Promise<void> {
    return closeInput(run, () => this.probe(run));
  }

  async signal(run: RunRef, signal: NodeJS.Signals): Promise<'sent' | 'not-running'> {
    const found = await this.probe(run);
    if (found.state === 'running') return trySignal(this.#host, found.pid, signal) ? 'sent' : 'not-running';
    if (found.state !== 'unknown') return 'not-running';
    throw new CoppiceError(
      'unknown-outcome',
      `The agent was not signalled, because it cannot be told whether it runs: ${found.reason}.`,
      'Stop the session; that ends every process that carries its mark.',
      { context: { session: run.session, run: String(run.run) } },
    );
  }

  stop(run: RunRef, limits: StopLimits): Promise<StopReport> {
    return stopRun(run, limits, this.#host);
  }

  sweep(session: string, limits: StopLimits): Promise<Pick<StopReport, 'killed' | 'left'>> {
    return sweepSession(session, limits, this.#host);
  }

  /** Gathers what a program with the mark `session` starts, from here on. */
  watch(session: string): Watch {
    return watchMarked(session, this.#host);
  }

  tail(run: RunRef, fromOffset: number, handlers: TailHandlers): Promise<TailEnd> {
    return tail(run.streamPath, fromOffset, {
      ...handlers,
      endFolders: [run.directory],
      writer: async () => {
        const { state } = await this.probe(run);
        if (state === 'running') return 'writing';
        return state === 'exited' || state === 'gone' ? 'ended' : 'unknown';
      },
    });
  }

  async processes(run: RunRef): Promise<readonly RunProcess[]> {
    return (await familyOf(run, this.#host)).look();
  }

  async memory(run: RunRef): Promise<number | undefined> {
    const processes = await this.processes(run);
    const sizes = await Promise.all(processes.map(({ pid }) => this.#host.table.residentBytes(pid)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async ports(run: RunRef): Promise<readonly number[] | undefined> {
    return listeningPorts((await this.processes(run)).map(({ pid }) => pid));
  }

  async clean(run: RunRef): Promise<void> {
    const { directory, session } = run;
    if (!(await exists(directory))) return;
    const { state } = await this.probe(run);
    const isAlive = state === 'running' || (await this.processes(run)).length > 0;
    if (isAlive || !(await exists(runPaths(directory).command))) {
      const why = isAlive ? 'something of it is still alive' : 'it is not the folder of a run';
      throw new CoppiceError(
        'wrong-state',
        `The folder of the run was not removed: ${why}.`,
        'Stop the session first.',
        {
          context: { directory, session },
        },
      );
    }
    await rm(directory, { recursive: true, force: true });
  }

  terminal({ cwd }: TerminalPlace): Promise<Terminal> {
    return Promise.resolve({ command: [], cwd, what: 'A shell in the worktree.' });
  }

  /** Runs leave nothing but their folders. */
  async forget(_session: string): Promise<void> {}
}
