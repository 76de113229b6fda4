import { existsSync } from 'node:fs';
import { CoppiceError } from '../core/errors.ts';
import type { Executor } from '../executors/executor.ts';
import { socketOf } from '../executors/docker/daemon.ts';
import { DockerExecutor } from '../executors/docker/docker-executor.ts';
import { LocalExecutor } from '../executors/local/local-executor.ts';
import { WrapExecutor, wrapPattern } from '../executors/local/wrap-executor.ts';
import { SshExecutor } from '../executors/ssh/ssh-executor.ts';
import { hostPattern } from '../executors/ssh/target.ts';
import { TmuxServer } from '../executors/tmux/server.ts';
import { TmuxExecutor } from '../executors/tmux/tmux-executor.ts';
import { refusalText, type PluginFolder } from './plugins/plugin-folder.ts';
import type { Log } from './process/log.ts';

/** What executors are made with. Paths are absolute. */
export interface ExecutorDirectoryOptions {
  /** The data directory. */
  readonly home: string;
  /** `media/run.sh`. */
  readonly wrapper: string;
  /** The program of the command line, which windows of sessions run. */
  readonly cli: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Folder of a session. */
  readonly sessionFolder: (session: string) => string;
  /** Name of the socket of our tmux server. */
  readonly tmuxSocket: string;
  /** Where the Docker daemon listens; undefined: where it is found. */
  readonly dockerSocket?: string | undefined;
  /** Executors that files of the user's own define. */
  readonly plugins: Pick<PluginFolder, 'current'>;
}

/** The places where agents can run, by their ids. */
export class ExecutorDirectory {
  /** This host, without anything else: what is always there. */
  readonly local: LocalExecutor;
  readonly tmux: TmuxServer;
  /** Containers of this host. */
  readonly docker: DockerExecutor;
  readonly #options: ExecutorDirectoryOptions;
  /** Socket of the key agent of whoever asked last. */
  #keyAgent: string | undefined;
  #tidying: Promise<void> = Promise.resolve();
  readonly #hosts = new Map<string, SshExecutor>();
  readonly #wraps = new Map<string, WrapExecutor>();
  readonly #known: ReadonlyMap<string, Executor>;

  constructor(options: ExecutorDirectoryOptions) {
    this.#options = options;
    const { home, wrapper, cli, env, log, tmuxSocket, sessionFolder } = options;
    this.local = new LocalExecutor({ wrapperPath: wrapper });
    this.tmux = new TmuxServer({ socket: tmuxSocket, env: terminalEnvironment(env) });
    const electron = process.versions['electron'] === undefined ? [] : ['ELECTRON_RUN_AS_NODE=1'];
    const view = ['/usr/bin/env', `COPPICE_HOME=${home}`, ...electron, process.execPath, cli, 'session', 'attach'];
    const tmux = new TmuxExecutor({
      wrapperPath: wrapper,
      server: this.tmux,
      view: (session) => [...view, session],
      onTrouble: (session, error) => log.warn('no window could be opened', { session, error: String(error) }),
    });
    this.docker = new DockerExecutor({
      ...{ wrapperPath: wrapper, home, sessionFolder },
      socketPath: options.dockerSocket ?? socketOf(env),
      onRefused: (session, endpoint) => log.info('an endpoint was refused to a container', { session, endpoint }),
    });
    this.#known = new Map<string, Executor>([
      [this.local.id, this.local],
      [tmux.id, tmux],
      [this.docker.id, this.docker],
    ]);
  }

  /** Ids as they are named with `--executor`. */
  get ids(): readonly string[] {
    return [...this.#known.keys(), ...[...this.#options.plugins.current.executors.keys()].map((id) => `wrap:${id}`)];
  }

  /**
   * `env` is the environment of whoever the work is for: the key agent of their shell counts. Throws `executor-missing` for an
   * id that nobody knows.
   */
  executor(id: string, env: Readonly<Record<string, string>> = {}): Executor {
    const executor = this.#known.get(id) ?? this.#wrap(id) ?? this.#host(id, env['SSH_AUTH_SOCK']);
    if (executor !== undefined) return executor;
    const known = [...this.ids, 'ssh:<host>'].join(', ');
    throw new CoppiceError('executor-missing', `There is no executor "${id}".`, `Use one of: ${known}.`);
  }

  /**
   * This host with a command of the user's before the agent's. It is there also when its file is not any more, so that what was
   * started with it is followed and ended; only a start then says what is wrong.
   */
  #wrap(id: string): Executor | undefined {
    const name = wrapPattern.exec(id)?.[1];
    if (name === undefined) return undefined;
    const known = this.#wraps.get(id);
    if (known !== undefined) return known;
    const { plugins, wrapper } = this.#options;
    const made = new WrapExecutor({
      ...{ id, wrapperPath: wrapper },
      wrap: () => {
        const { executors, refused } = plugins.current;
        const found = executors.get(name);
        if (found !== undefined) return found.wrap;
        const why = refused.find((each) => each.id === name);
        throw new CoppiceError(
          'executor-missing',
          why === undefined ? `There is no plugin "${name}".` : `The plugin "${name}" is not used. ${refusalText(why)}`,
          why?.fix ?? `Put its file \`${name}.yaml\` into the folder \`plugins\` of the data directory.`,
        );
      },
    });
    this.#wraps.set(id, made);
    return made;
  }

  /** Any host that `ssh` knows; one connection for each. */
  #host(id: string, keyAgent: string | undefined): Executor | undefined {
    const host = id.startsWith('ssh:') ? id.slice('ssh:'.length) : '';
    if (!hostPattern.test(host)) return undefined;
    const known = this.#hosts.get(id);
    if (keyAgent !== undefined) this.#keyAgent = keyAgent;
    if (known !== undefined) return known;
    const { wrapper, env, log } = this.#options;
    const made = new SshExecutor({
      ...{ wrapperPath: wrapper, host },
      env: () => (this.#keyAgent === undefined ? env : { ...env, SSH_AUTH_SOCK: this.#keyAgent }),
      log: (message, details) => log.info(message, { ...details }),
    });
    this.#hosts.set(id, made);
    return made;
  }

  /**
   * Asks the system once for what every start needs, so that the first one need not. Beside that, what an earlier engine left of
   * sessions that are not `atWork` goes: a daemon that does not answer holds up nobody.
   */
  async begin(atWork: (session: string) => boolean): Promise<void> {
    this.#tidying = this.#removeOrphans(atWork);
    await this.local.warmUp();
  }

  /**
   * Removes what an earlier engine left of sessions that are at work no more, where that can be told: of containers. Without a
   * daemon there are none.
   */
  async #removeOrphans(atWork: (session: string) => boolean): Promise<void> {
    const { log } = this.#options;
    try {
      if (!existsSync(this.docker.socketPath)) return;
      const removed = await this.docker.removeOrphans(atWork);
      if (removed > 0) log.info('containers of sessions that are over were removed', { containers: removed });
    } catch (error) {
      log.warn('left containers cannot be looked for', { error: String(error) });
    }
  }

  /** Ends connections. Agents go on. */
  async dispose(): Promise<void> {
    await this.#tidying;
    await Promise.all([this.docker, ...this.#hosts.values()].map((each) => each.dispose()));
  }
}

/** What a server that outlives the engine, and shells of the user in it, may have of the engine's environment: no secrets. */
function terminalEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = [
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'LANG',
    'LC_ALL',
    'TMUX_TMPDIR',
    'XDG_RUNTIME_DIR',
    'TMPDIR',
  ];
  const found = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { TERM: 'xterm-256color', LC_CTYPE: 'C.UTF-8', ...Object.fromEntries(found) };
}
