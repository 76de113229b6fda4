/** The containers of one data directory, as the daemon has them. */
import { createHash } from 'node:crypto';
import type { ContainerInspectInfo } from 'dockerode';
import type { RunRef } from '../executor.ts';
import { pause } from '../pause.ts';
import { exists, readExit, readProcesses, runPaths, writeWhole } from '../run-files.ts';
import { containerName, labels, type Share } from './container.ts';
import { statusOf, type Daemon } from './daemon.ts';

/** How a container is, as the daemon says it. */
export type Inspected = ContainerInspectInfo['State'];

/** Of a container that was killed as a whole; an agent that is killed inside of one is recorded by its wrapper. */
export const killedCode = 137;
const removals = 5;

/** Finds, signals and removes containers that carry the label of a data directory; those of anybody else are left alone. */
export class Containers {
  /** Names the data directory in labels. */
  readonly engine: string;
  readonly #daemon: Daemon;

  constructor(daemon: Daemon, home: string) {
    this.#daemon = daemon;
    this.engine = createHash('sha256').update(home).digest('hex').slice(0, 16);
  }

  /** How the container of a run is; undefined when there is none. */
  async inspect({ session, run }: RunRef): Promise<Inspected | undefined> {
    const found = await this.#daemon.find((docker) => docker.getContainer(containerName(session, run)).inspect());
    return found?.State;
  }

  /** Sends a signal to the first process of its container; nothing when it has ended. */
  async kill({ session, run }: RunRef, signal: NodeJS.Signals): Promise<void> {
    try {
      await this.#daemon.find((docker) => docker.getContainer(containerName(session, run)).kill({ signal }));
    } catch (error) {
      if (statusOf(error) !== 409) throw error; // it has ended
    }
  }

  /** Runs a command in the container of a run, without waiting for its end. */
  async inside({ session, run }: RunRef, command: readonly string[]): Promise<void> {
    await this.#daemon.ask(async (docker) => {
      const exec = await docker.getContainer(containerName(session, run)).exec({ Cmd: [...command] });
      // Nothing is to be read, but the connection is free when it has been.
      (await exec.start({ Detach: true })).resume();
    });
  }

  /** Removes the container; how its agent ended goes on record, when nobody else could say so. `killed`: it was, and by us. */
  async remove(run: RunRef, killed = false): Promise<void> {
    const state = await this.inspect(run);
    if (state === undefined) return;
    await this.removeById(containerName(run.session, run.run));
    const unsaid = (await readProcesses(run)) !== undefined && (await readExit(run)) === undefined;
    if (!unsaid || !(await exists(run.directory))) return;
    if (!killed && !state.Running && state.ExitCode === killedCode) return; // by whom, nobody knows
    const code = state.Running ? killedCode : state.ExitCode;
    await writeWhole(runPaths(run.directory).exit, JSON.stringify({ code, at: Math.floor(Date.now() / 1000) }));
  }

  /** Removes a container by its id or name, running or not, unless it is gone. */
  async removeById(id: string): Promise<void> {
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

  /** Ids of the containers of a session, or of all. `running`: of those that run alone. */
  async list({ session, running = false }: { session?: string; running?: boolean }): Promise<string[]> {
    const label = [`${labels.home}=${this.engine}`, ...(session === undefined ? [] : [`${labels.session}=${session}`])];
    const filters = JSON.stringify({ label });
    const found = await this.#daemon.ask((docker) => docker.listContainers({ all: !running, filters }));
    return found.map(({ Id }) => Id);
  }

  /** What containers that run or are about to may use, whichever engine of this machine made them. */
  async shares(): Promise<readonly Share[]> {
    const filters = JSON.stringify({ label: [labels.ours], status: ['created', 'running', 'paused'] });
    const found = await this.#daemon.ask((docker) => docker.listContainers({ all: true, filters }));
    const shares = await Promise.all(
      found.map(async ({ Id, Labels }): Promise<Share | undefined> => {
        const container = await this.#daemon.find((docker) => docker.getContainer(Id).inspect());
        if (container === undefined) return undefined;
        const { Memory: memoryBytes = 0, NanoCpus: nano = 0 } = container.HostConfig;
        return { memoryBytes, cpus: nano / 1e9, own: Labels[labels.home] === this.engine };
      }),
    );
    return shares.filter((each) => each !== undefined);
  }

  /** Removes containers of this data directory whose sessions are at work no more: a crash left them. Returns how many. */
  async removeOrphans(atWork: (session: string) => boolean): Promise<number> {
    const filters = JSON.stringify({ label: [`${labels.home}=${this.engine}`] });
    const found = await this.#daemon.ask((docker) => docker.listContainers({ all: true, filters }));
    const orphans = found.filter(({ Labels }) => !atWork(Labels[labels.session] ?? ''));
    for (const { Id } of orphans) await this.removeById(Id);
    return orphans.length;
  }
}
