import { createHash } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ContainerInspectInfo } from 'dockerode';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import type {
  ContainerPolicy,
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
import { pause } from '../pause.ts';
import { exists, isLocked, prepareRun, readExit, readProcesses, runPaths, writeWhole } from '../run-files.ts';
import { startText } from '../ssh/start-text.ts';
import { tail } from '../tail.ts';
import type { TailEnd, TailHandlers } from '../tail.ts';
import { containerName, containerOf, labels, view } from './container.ts';
import { endedAtOnce, foreignImage, noImage, refusal } from './failures.ts';
import { ModelNetwork } from './model-network.ts';
import { Daemon, statusOf } from './daemon.ts';
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

type Inspected = ContainerInspectInfo['State'];

const startMs = 60_000;
const sweepMs = 5_000;
/** Of a container that was killed as a whole; an agent that is killed inside of one is recorded by its wrapper. */
const killedCode = 137;
const removals = 5;

/** Agents in containers of this host. Their files are those of the local runner, so they are read here; only processes are asked of the daemon. */
export class DockerExecutor implements Executor {
  readonly id = 'docker';
  readonly capabilities = { isolation: 'container', outlivesEngine: true, input: true, resourceLimits: true } as const;
  readonly shared: SharedTree;
  readonly #options: DockerExecutorOptions;
  readonly #daemon: Daemon;
  readonly #tree: DockerTree;
  readonly #engine: string;
  readonly #model: ModelNetwork;

  constructor(options: DockerExecutorOptions) {
    this.#options = options;
    this.#daemon = new Daemon(options);
    this.#tree = new DockerTree((session) => this.#folder(session));
    this.shared = this.#tree;
    const onRefused = options.onRefused ?? ((): void => undefined);
    this.#model = new ModelNetwork({ folder: (session) => this.#folder(session), onRefused });
    this.#engine = createHash('sha256').update(options.home).digest('hex').slice(0, 16);
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

  async requireImage(image: string): Promise<void> {
    if ((await this.#daemon.find((docker) => docker.getImage(image).inspect())) === undefined) throw noImage(image);
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    signal.throwIfAborted();
    const earlier = await this.#earlier(spec, signal);
    if (earlier !== undefined) return earlier;
    const policy = spec.container ?? defaultPolicy;
    const info = (await this.#daemon.ask((docker) => docker.info())) as { Name?: string };
    await prepareRun(spec, info.Name ?? 'docker');
    const place = await this.#place(spec, policy);
    try {
      await this.#daemon.ask((docker) => docker.createContainer(containerOf(spec, place, policy, this.#engine)));
    } catch (error) {
      // Somebody else made the container at the same moment: theirs is the run.
      if (statusOf(error) === 409) return this.#known(spec, signal);
      throw await this.#failed(spec, policy.image, error);
    }
    const input = await this.#begin(spec, policy.image);
    try {
      return await this.#known(spec, signal);
    } finally {
      // It was read whole by then; nobody in the container reads it again.
      input.destroy();
    }
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
    await this.#inside(run, ['kill', `-${signal.replace(/^SIG/u, '')}`, String(state.pid)]);
    return 'sent';
  }

  async stop(run: RunRef, { graceMs, sweepMs: ownSweepMs = sweepMs }: StopLimits): Promise<StopReport> {
    const killed = await this.processes(run).catch(() => []);
    const before = await this.#look(run);
    let signal: StopReport['signal'] = 'none';
    if (before.state === 'running') {
      signal = 'SIGTERM';
      await this.#kill(run, 'SIGTERM');
      if (!(await this.#ends(run, graceMs))) {
        signal = 'SIGKILL';
        await this.#kill(run, 'SIGKILL');
        await this.#ends(run, ownSweepMs);
      }
    }
    await this.#model.close(run.session);
    // With its container everything goes that the agent left behind.
    await this.#remove(run, signal === 'SIGKILL');
    const swept =
      before.state === 'running' || before.state === 'unknown' ? killed.filter(({ by }) => by !== 'agent') : [];
    return { signal, killed: swept, left: [], state: await this.#look(run) };
  }

  async sweep(session: string, _limits: StopLimits): Promise<Pick<StopReport, 'killed' | 'left'>> {
    for (const id of await this.#containers({ session })) await this.#removeContainer(id);
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
    const state = await this.#inspect(run);
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
    if ((await this.#inspect(run))?.Running === true) {
      const next = 'Stop the session first.';
      throw new CoppiceError('wrong-state', 'The folder of the run was not removed: its container runs.', next);
    }
    await this.#remove(run);
    await rm(run.directory, { recursive: true, force: true });
  }

  async terminal({ session, cwd }: TerminalPlace): Promise<Terminal> {
    const [id] = await this.#containers({ session, running: true });
    if (id === undefined)
      return { command: [], cwd, what: 'A shell in the worktree, on this host: no container runs.' };
    const shell = 'command -v bash >/dev/null && exec bash -l; exec sh -l';
    const docker = [
      'docker',
      '-H',
      `unix://${this.#options.socketPath}`,
      'exec',
      '-it',
      id.slice(0, 12),
      'sh',
      '-c',
      shell,
    ];
    return { command: docker, cwd, what: 'A shell in the container of the session.' };
  }

  async forget(session: string): Promise<void> {
    for (const id of await this.#containers({ session })) await this.#removeContainer(id);
    await this.#model.close(session);
    await rm(this.#folder(session), { recursive: true, force: true });
  }

  /** Ends what this process holds. Containers go on. */
  async dispose(): Promise<void> {
    await this.#model.dispose();
  }

  /** Removes containers of this data directory: those that have ended, or all. Returns how many. */
  async tidy(all: boolean): Promise<number> {
    const ended = new Set(await this.#containers({}));
    if (!all) for (const id of await this.#containers({ running: true })) ended.delete(id);
    for (const id of ended) await this.#removeContainer(id);
    return ended.size;
  }

  /** Removes containers of this data directory whose sessions are at work no more: a crash left them. Returns how many. */
  async removeOrphans(atWork: (session: string) => boolean): Promise<number> {
    const filters = JSON.stringify({ label: [`${labels.home}=${this.#engine}`] });
    const found = await this.#daemon.ask((docker) => docker.listContainers({ all: true, filters }));
    const orphans = found.filter(({ Labels }) => !atWork(Labels[labels.session] ?? ''));
    for (const { Id } of orphans) await this.#removeContainer(Id);
    return orphans.length;
  }

  /** What a session keeps for its containers: home, git directories. */
  #folder(session: string): string {
    return join(this.#options.sessionFolder(session), 'docker');
  }

  async #place(
    spec: RunSpec,
    { ssh, network, endpoints = [] }: ContainerPolicy,
  ): Promise<Parameters<typeof containerOf>[1]> {
    const folder = this.#folder(spec.session);
    const home = join(folder, 'home');
    // Made here, a folder below which another is mounted belongs to the user; Docker would make it for root.
    await mkdir(ssh === undefined ? home : join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const dotGit = join(folder, 'dot-git');
    await writeFile(dotGit, 'gitdir: /git\n', { mode: 0o644 });
    const { uid, gid } = await stat(spec.cwd);
    const model = network === 'model' ? await this.#model.open(spec.session, endpoints) : undefined;
    const wrapper = this.#options.wrapperPath;
    return {
      ...{ wrapper, home, dotGit, uid, gid },
      ...defined({ model }),
      ...(await this.#tree.mounts(spec.session)),
    };
  }

  /** The run that was started in this directory before; a container that never came to run an agent is cleared away. */
  async #earlier(spec: RunSpec, signal: AbortSignal): Promise<RunRecord | undefined> {
    const processes = await readProcesses(spec);
    if (processes !== undefined) return record(spec, processes);
    const state = await this.#inspect(spec);
    if (state === undefined) {
      if (!(await isLocked(spec))) return undefined;
      throw new CoppiceError(
        'unknown-outcome',
        'The run was started before, but its container is gone and it cannot be told whether its agent ever ran.',
        'Continue the session.',
      );
    }
    if (state.Running || (await isLocked(spec))) return this.#known(spec, signal);
    await this.#remove(spec);
    return undefined;
  }

  /** Starts the container that was made, and hands it its environment and command line. */
  async #begin(spec: RunSpec, image: string): Promise<Duplex> {
    try {
      const name = containerName(spec.session, spec.run);
      // Attached before the start, so that nothing is missed.
      const input = await this.#daemon.input(name);
      await this.#daemon.ask((docker) => docker.getContainer(name).start());
      return input.end(startText(spec, { path: '' }));
    } catch (error) {
      throw await this.#failed(spec, image, error);
    }
  }

  /** Takes back a start that came to nothing, and says why it did. */
  async #failed(spec: RunSpec, image: string, error: unknown): Promise<unknown> {
    await this.#undo(spec);
    return (await foreignImage(this.#daemon, image)) ?? refusal(error, image, spec);
  }

  /** The record, once the agent is known. */
  async #known(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    const begin = performance.now();
    for (let elapsed = 0; elapsed < startMs; elapsed = performance.now() - begin) {
      const state = await this.#inspect(spec);
      const processes = await readProcesses(spec);
      if (processes !== undefined) return record(spec, processes);
      if (state === undefined || (!state.Running && state.Status !== 'created'))
        throw await this.#neverRan(spec, state);
      await pause(elapsed < 1000 ? 20 : 100, signal);
      signal.throwIfAborted();
    }
    const next = 'It is looked at again; if nothing runs, continue the session.';
    throw new CoppiceError('unknown-outcome', 'The container does not tell whether its agent runs.', next);
  }

  async #neverRan(spec: RunSpec, state: Inspected | undefined): Promise<CoppiceError> {
    await this.#undo(spec);
    const { image } = spec.container ?? defaultPolicy;
    return endedAtOnce(this.#daemon, image, spec.command, state);
  }

  async #look(run: RunRef): Promise<RunState> {
    const exit = await readExit(run);
    if (exit !== undefined) return exit;
    const state = await this.#inspect(run);
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

  async #inspect({ session, run }: RunRef): Promise<Inspected | undefined> {
    const found = await this.#daemon.find((docker) => docker.getContainer(containerName(session, run)).inspect());
    return found?.State;
  }

  async #kill({ session, run }: RunRef, signal: NodeJS.Signals): Promise<void> {
    try {
      await this.#daemon.find((docker) => docker.getContainer(containerName(session, run)).kill({ signal }));
    } catch (error) {
      if (statusOf(error) !== 409) throw error; // it has ended
    }
  }

  async #inside({ session, run }: RunRef, command: readonly string[]): Promise<void> {
    await this.#daemon.ask(async (docker) => {
      const exec = await docker.getContainer(containerName(session, run)).exec({ Cmd: [...command] });
      // Nothing is to be read, but the connection is free when it has been.
      (await exec.start({ Detach: true })).resume();
    });
  }

  /** Takes back a start that came to nothing. */
  async #undo(run: RunRef): Promise<void> {
    await this.#remove(run);
    await this.#model.close(run.session);
  }

  /** Removes the container; how its agent ended goes on record, when nobody else could say so. `killed`: it was, and by us. */
  async #remove(run: RunRef, killed = false): Promise<void> {
    const state = await this.#inspect(run);
    if (state === undefined) return;
    await this.#removeContainer(containerName(run.session, run.run));
    const unsaid = (await readProcesses(run)) !== undefined && (await readExit(run)) === undefined;
    if (!unsaid || !(await exists(run.directory))) return;
    if (!killed && !state.Running && state.ExitCode === killedCode) return; // by whom, nobody knows
    const code = state.Running ? killedCode : state.ExitCode;
    await writeWhole(runPaths(run.directory).exit, JSON.stringify({ code, at: Math.floor(Date.now() / 1000) }));
  }

  async #removeContainer(id: string): Promise<void> {
    for (let again = removals; ; again -= 1) {
      try {
        await this.#daemon.find((docker) => docker.getContainer(id).remove({ force: true, v: true }));
        return;
      } catch (error) {
        if (statusOf(error) === 409) return; // somebody else removes it
        // Podman fails to remove one that ends at this very moment.
        if (statusOf(error) !== 500 || again === 1) throw error;
        await pause(200);
      }
    }
  }

  async #containers({ session, running = false }: { session?: string; running?: boolean }): Promise<string[]> {
    const label = [
      `${labels.home}=${this.#engine}`,
      ...(session === undefined ? [] : [`${labels.session}=${session}`]),
    ];
    const filters = JSON.stringify({ label });
    const found = await this.#daemon.ask((docker) => docker.listContainers({ all: !running, filters }));
    return found.map(({ Id }) => Id);
  }
}

const defaultPolicy = {
  image: 'my-claude:authenticated',
  memoryMegabytes: 4096,
  cpus: 2,
  processes: 512,
  network: 'open',
} as const;

function record(spec: RunRef, processes: Awaited<ReturnType<typeof readProcesses>>): RunRecord {
  const { session, run, directory, streamPath, stderrPath } = spec;
  if (processes === undefined) throw new CoppiceError('internal', 'No process.', 'Report this as a bug.');
  return { session, run, directory, streamPath, stderrPath, ...processes };
}
