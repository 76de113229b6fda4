/** The start of a run in a container of its own: exactly once, with what an earlier attempt left taken up or cleared away. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { ContainerPolicy, RunRecord, RunRef, RunSpec } from '../executor.ts';
import { pause } from '../pause.ts';
import { isLocked, prepareRun, readProcesses } from '../run-files.ts';
import { startText } from '../ssh/start-text.ts';
import { containerName, containerOf, within, type ContainerPlace, type DaemonMachine } from './container.ts';
import type { Containers, Inspected } from './containers.ts';
import { statusOf, type Daemon } from './daemon.ts';
import { endedAtOnce, foreignImage, noMemory, refusal } from './failures.ts';
import type { ModelNetwork } from './model-network.ts';
import type { DockerTree } from './tree.ts';

/** What a start is made with. */
export interface ContainerStartOptions {
  readonly daemon: Daemon;
  readonly containers: Containers;
  readonly tree: DockerTree;
  readonly model: ModelNetwork;
  /** Absolute path of `media/run.sh`. */
  readonly wrapperPath: string;
  /** Folder for what a session keeps for its containers. */
  folder(session: string): string;
}

const startMs = 60_000;

/** Starts agents in containers. */
export class ContainerStart {
  readonly #options: ContainerStartOptions;
  #creating: Promise<void> = Promise.resolve();

  constructor(options: ContainerStartOptions) {
    this.#options = options;
  }

  /** The record of a run that was started, by this call or an earlier one. Throws a sentence about what is in the way. */
  async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    signal.throwIfAborted();
    const earlier = await this.#earlier(spec, signal);
    if (earlier !== undefined) return earlier;
    const info = (await this.#options.daemon.ask((docker) => docker.info())) as DaemonMachine & { Name?: string };
    const { image } = spec.container ?? defaultPolicy;
    await prepareRun(spec, info.Name ?? 'docker');
    const place = await this.#place(spec);
    try {
      await this.#create(spec, place, info);
    } catch (error) {
      // Somebody else made the container at the same moment: theirs is the run.
      if (statusOf(error) === 409) return this.#known(spec, signal);
      throw await this.#failed(spec, image, error);
    }
    const input = await this.#begin(spec, image);
    try {
      return await this.#known(spec, signal);
    } finally {
      // It was read whole by then; nobody in the container reads it again.
      input.destroy();
    }
  }

  /** Makes the container, one after the other: what each may use depends on those that are there. */
  #create(spec: RunSpec, place: ContainerPlace, machine: DaemonMachine): Promise<void> {
    const { daemon, containers } = this.#options;
    const made = this.#creating.then(async () => {
      const policy = within(spec.container ?? defaultPolicy, machine, await containers.shares());
      if (policy === undefined) throw noMemory(machine);
      await daemon.ask((docker) => docker.createContainer(containerOf(spec, place, policy, containers.engine)));
    });
    this.#creating = made.catch(() => undefined);
    return made;
  }

  async #place(spec: RunSpec): Promise<ContainerPlace> {
    const { ssh, network, endpoints = [] }: ContainerPolicy = spec.container ?? defaultPolicy;
    const folder = this.#options.folder(spec.session);
    const home = join(folder, 'home');
    // Made here, a folder below which another is mounted belongs to the user; Docker would make it for root.
    await mkdir(ssh === undefined ? home : join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const dotGit = join(folder, 'dot-git');
    await writeFile(dotGit, 'gitdir: /git\n', { mode: 0o644 });
    const nothing = join(folder, 'nothing');
    await writeFile(nothing, '', { mode: 0o644 });
    const { uid, gid } = await stat(spec.cwd);
    const model = network === 'model' ? await this.#options.model.open(spec.session, endpoints) : undefined;
    const wrapper = this.#options.wrapperPath;
    return {
      ...{ wrapper, home, dotGit, nothing, uid, gid },
      ...defined({ model }),
      ...(await this.#options.tree.mounts(spec.session)),
    };
  }

  /** The run that was started in this directory before; a container that never came to run an agent is cleared away. */
  async #earlier(spec: RunSpec, signal: AbortSignal): Promise<RunRecord | undefined> {
    const processes = await readProcesses(spec);
    if (processes !== undefined) return record(spec, processes);
    const state = await this.#options.containers.inspect(spec);
    if (state === undefined) {
      if (!(await isLocked(spec))) return undefined;
      throw new CoppiceError(
        'unknown-outcome',
        'The run was started before, but its container is gone and it cannot be told whether its agent ever ran.',
        'Continue the session.',
      );
    }
    if (state.Running || (await isLocked(spec))) return this.#known(spec, signal);
    await this.#options.containers.remove(spec);
    return undefined;
  }

  /** Starts the container that was made, and hands it its environment and command line. */
  async #begin(spec: RunSpec, image: string): Promise<Duplex> {
    try {
      const name = containerName(spec.session, spec.run);
      // Attached before the start, so that nothing is missed.
      const input = await this.#options.daemon.input(name);
      await this.#options.daemon.ask((docker) => docker.getContainer(name).start());
      return input.end(startText(spec, { path: '' }));
    } catch (error) {
      throw await this.#failed(spec, image, error);
    }
  }

  /** Takes back a start that came to nothing, and says why it did. */
  async #failed(spec: RunSpec, image: string, error: unknown): Promise<unknown> {
    await this.#undo(spec);
    return (await foreignImage(this.#options.daemon, image)) ?? refusal(error, image, spec);
  }

  /** The record, once the agent is known. */
  async #known(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    const begin = performance.now();
    for (let elapsed = 0; elapsed < startMs; elapsed = performance.now() - begin) {
      const state = await this.#options.containers.inspect(spec);
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
    return endedAtOnce(this.#options.daemon, image, spec.command, state);
  }

  /** Takes back a start that came to nothing. */
  async #undo(run: RunRef): Promise<void> {
    await this.#options.containers.remove(run);
    await this.#options.model.close(run.session);
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
