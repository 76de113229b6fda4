import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type { ImageRoom } from '../../core/image-room.ts';
import type {
  Executor,
  InputState,
  RunProcess,
  RunRecord,
  RunRef,
  RunSpec,
  RunState,
  RunView,
  SharedTree,
  StopLimits,
  StopReport,
  Terminal,
  TerminalPlace,
} from '../executor.ts';
import { closeInput, inputState, writeInput } from '../inbox.ts';
import { containerShell } from '../login-shell.ts';
import { pause } from '../pause.ts';
import { isLocked, readExit, readProcesses } from '../run-files.ts';
import { freeBytes } from '../space.ts';
import { tail } from '../tail.ts';
import type { TailEnd, TailHandlers } from '../tail.ts';
import { containerName, view } from './container.ts';
import { Containers, killedCode } from './containers.ts';
import { Daemon } from './daemon.ts';
import { noImage } from './failures.ts';
import { ModelNetwork } from './model-network.ts';
import { ContainerStart } from './start.ts';
import { DockerTree } from './tree.ts';

/** What containers are made with. Paths are absolute. */
export interface DockerExecutorOptions {
  readonly wrapperPath: string;
  readonly socketPath: string;
  /** The data directory: what belongs to another one is left alone. */
  readonly home: string;
  /** Folder of a session. */
  sessionFolder(session: string): string;
  /** Told of each endpoint that an agent asked for in vain where it reaches its model alone. */
  readonly onRefused?: (session: string, endpoint: string) => void;
}

const sweepMs = 5_000;

/** Agents in containers of this host. Their files are those of the local runner, so they are read here; only processes are asked of the daemon. */
export class DockerExecutor implements Executor {
  readonly id = 'docker';
  readonly capabilities = { isolation: 'container', outlivesEngine: true, input: true, resourceLimits: true } as const;
  readonly shared: SharedTree;
  readonly #options: DockerExecutorOptions;
  readonly #daemon: Daemon;
  readonly #containers: Containers;
  readonly #model: ModelNetwork;
  readonly #starts: ContainerStart;

  constructor(options: DockerExecutorOptions) {
    const folder = (session: string): string => this.#folder(session);
    const daemon = new Daemon(options);
    const containers = new Containers(daemon, options.home);
    const tree = new DockerTree(folder);
    const model = new ModelNetwork({ folder, onRefused: options.onRefused ?? ((): void => undefined) });
    const { wrapperPath } = options;
    this.#options = options;
    this.#daemon = daemon;
    this.#containers = containers;
    this.#model = model;
    this.shared = tree;
    this.#starts = new ContainerStart({ daemon, containers, tree, model, wrapperPath, folder });
  }

  /** Absolute path of the daemon's socket. */
  get socketPath(): string {
    return this.#options.socketPath;
  }

  async detect(_signal: AbortSignal): Promise<string> {
    const { ServerVersion } = (await this.#daemon.ask((docker) => docker.info())) as { ServerVersion?: string };
    return `Docker ${ServerVersion ?? 'of an unknown version'}; in a container of its own`;
  }

  view(_run: RunRef, _cwd: string): Promise<RunView> {
    return Promise.resolve({ cwd: view.workspace, directory: view.run });
  }

  async requireParts({ image }: { readonly image: string }): Promise<void> {
    if ((await this.#daemon.find((docker) => docker.getImage(image).inspect())) !== undefined) return;
    throw noImage(image, { room: await this.room() });
  }

  /** What is free where the daemon keeps its images; undefined where that is no folder of this host. */
  async room(): Promise<ImageRoom | undefined> {
    const { DockerRootDir: folder } = (await this.#daemon.ask((docker) => docker.info())) as { DockerRootDir?: string };
    if (folder === undefined) return undefined;
    return freeBytes(folder).then(
      (free) => ({ folder, freeBytes: free }),
      () => undefined,
    );
  }

  start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    return this.#starts.start(spec, signal);
  }

  async probe(run: RunRef): Promise<RunState> {
    try {
      return await this.#look(run);
    } catch (error) {
      return { state: 'unknown', reason: error instanceof Error ? error.message : String(error) };
    }
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
    const state = await this.probe(run);
    if (state.state !== 'running') return 'not-running';
    await this.#containers.inside(run, ['kill', `-${signal.replace(/^SIG/u, '')}`, String(state.pid)]);
    return 'sent';
  }

  async stop(run: RunRef, { graceMs, sweepMs: ownSweepMs = sweepMs }: StopLimits): Promise<StopReport> {
    const killed = await this.processes(run).catch(() => []);
    const before = await this.#look(run);
    let signal: StopReport['signal'] = 'none';
    if (before.state === 'running') {
      signal = 'SIGTERM';
      await this.#containers.kill(run, 'SIGTERM');
      if (!(await this.#ends(run, graceMs))) {
        signal = 'SIGKILL';
        await this.#containers.kill(run, 'SIGKILL');
        await this.#ends(run, ownSweepMs);
      }
    }
    await this.#model.close(run.session);
    // With its container everything goes that the agent left behind.
    await this.#containers.remove(run, signal === 'SIGKILL');
    const swept =
      before.state === 'running' || before.state === 'unknown' ? killed.filter(({ by }) => by !== 'agent') : [];
    return { signal, killed: swept, left: [], state: await this.#look(run) };
  }

  async sweep(session: string, _limits: StopLimits): Promise<Pick<StopReport, 'killed' | 'left'>> {
    for (const id of await this.#containers.list({ session })) await this.#containers.removeById(id);
    return { killed: [], left: [] };
  }

  async tail(run: RunRef, fromOffset: number, handlers: TailHandlers): Promise<TailEnd> {
    await this.#model.resume(run.session);
    return tail(run.streamPath, fromOffset, {
      ...handlers,
      pollMs: 500,
      endFolders: [run.directory],
      writer: async () => {
        const { state } = await this.probe(run);
        if (state === 'running') return 'writing';
        return state === 'exited' || state === 'gone' ? 'ended' : 'unknown';
      },
    });
  }

  async processes(run: RunRef): Promise<readonly RunProcess[]> {
    const state = await this.#containers.inspect(run);
    if (state?.Running !== true) return [];
    const top: unknown = await this.#daemon.find((docker) =>
      docker.getContainer(containerName(run.session, run.run)).top({ ps_args: '-eo pid,comm' }),
    );
    const rows = (top as { Processes?: string[][] } | undefined)?.Processes ?? [];
    return rows.map(([pid, name]) => ({ pid: Number(pid), startTime: '', name: name ?? '', by: 'descent' }));
  }

  async memory(run: RunRef): Promise<number | undefined> {
    const stats = await this.#daemon.find((docker) =>
      // Of one look: for how busy its processors are the daemon would take a second one a second later.
      docker.getContainer(containerName(run.session, run.run)).stats({ stream: false, 'one-shot': true }),
    );
    return stats?.memory_stats.usage;
  }

  async clean(run: RunRef): Promise<void> {
    if ((await this.#containers.inspect(run))?.Running === true) {
      const next = 'Stop the session first.';
      throw new CoppiceError('wrong-state', 'The folder of the run was not removed: its container runs.', next);
    }
    await this.#containers.remove(run);
    await rm(run.directory, { recursive: true, force: true });
  }

  async terminal({ session, cwd }: TerminalPlace): Promise<Terminal> {
    const [id] = await this.#containers.list({ session, running: true });
    if (id === undefined)
      return { command: [], cwd, what: 'A shell in the worktree, on this host: no container runs.' };
    const short = id.slice(0, 12);
    const docker = [
      'docker',
      '-H',
      `unix://${this.#options.socketPath}`,
      'exec',
      '-it',
      short,
      'sh',
      '-c',
      containerShell,
    ];
    return {
      ...{ command: docker, cwd, what: `A shell in the container ${short} of the session.` },
      lost: {
        code: 137, // of what is killed with its container
        message: `The container ${short} has ended, and the shell with it. The files of the session are on this host.`,
        next: `See how the work stands with \`coppice session show ${session}\`.`,
      },
    };
  }

  async forget(session: string): Promise<void> {
    for (const id of await this.#containers.list({ session })) await this.#containers.removeById(id);
    await this.#model.close(session);
    await rm(this.#folder(session), { recursive: true, force: true });
  }

  /** Ends what this process holds. Containers go on. */
  async dispose(): Promise<void> {
    await this.#model.dispose();
  }

  /** Removes containers of this data directory: those that have ended, or all. Returns how many. */
  async tidy(all: boolean): Promise<number> {
    const ended = new Set(await this.#containers.list({}));
    if (!all) for (const id of await this.#containers.list({ running: true })) ended.delete(id);
    for (const id of ended) await this.#containers.removeById(id);
    return ended.size;
  }

  /** Removes containers of this data directory whose sessions are at work no more: a crash left them. Returns how many. */
  removeOrphans(atWork: (session: string) => boolean): Promise<number> {
    return this.#containers.removeOrphans(atWork);
  }

  /** What a session keeps for its containers: home, git directories. */
  #folder(session: string): string {
    return join(this.#options.sessionFolder(session), 'docker');
  }

  async #look(run: RunRef): Promise<RunState> {
    const exit = await readExit(run);
    if (exit !== undefined) return exit;
    const state = await this.#containers.inspect(run);
    const processes = await readProcesses(run);
    if (state?.Running === true) {
      if (processes !== undefined) return { state: 'running', pid: processes.pid };
      return { state: 'unknown', reason: 'the container runs, but its agent is not known yet' };
    }
    const late = await readExit(run);
    if (late !== undefined) return late;
    if (state !== undefined && processes !== undefined && state.ExitCode !== killedCode)
      return { state: 'exited', code: state.ExitCode };
    if (!(await isLocked(run))) return { state: 'not-started' };
    const what = state === undefined ? 'removed' : 'killed';
    return { state: 'gone', reason: `its container was ${what}, and how the agent ended is not on record` };
  }

  async #ends(run: RunRef, limitMs: number): Promise<boolean> {
    const begin = performance.now();
    do {
      if ((await this.#look(run)).state !== 'running') return true;
      await pause(25);
    } while (performance.now() - begin < limitMs);
    return (await this.#look(run)).state !== 'running';
  }
}
