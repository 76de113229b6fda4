import { CoppiceError } from '../core/errors.ts';
import type { Executor } from '../executors/executor.ts';
import { LocalExecutor } from '../executors/local/local-executor.ts';
import { TmuxServer } from '../executors/tmux/server.ts';
import { TmuxExecutor } from '../executors/tmux/tmux-executor.ts';
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
  /** Name of the socket of our tmux server. */
  readonly tmuxSocket: string;
}

/** The places where agents can run, by their ids. */
export class ExecutorDirectory {
  /** This host, without anything else: what is always there. */
  readonly local: LocalExecutor;
  readonly tmux: TmuxServer;
  readonly #known: ReadonlyMap<string, Executor>;

  constructor({ home, wrapper, cli, env, log, tmuxSocket }: ExecutorDirectoryOptions) {
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
    this.#known = new Map<string, Executor>([
      [this.local.id, this.local],
      [tmux.id, tmux],
    ]);
  }

  /** Ids as they are named with `--executor`. */
  get ids(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Throws `executor-missing` for an id that nobody knows. */
  executor(id: string): Executor {
    const executor = this.#known.get(id);
    if (executor !== undefined) return executor;
    throw new CoppiceError('executor-missing', `There is no executor "${id}".`, `Use one of: ${this.ids.join(', ')}.`);
  }

  /** Makes what is asked of the system once, so that the first start need not. */
  async warmUp(): Promise<void> {
    await this.local.warmUp();
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
