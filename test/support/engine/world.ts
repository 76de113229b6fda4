/** A data directory, a repository and the engines that live with them one after the other, in a temporary folder. */
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { connect, type Connection } from '../../../src/protocol/client/connect.ts';
import type { ParamsOf, Requests } from '../../../src/protocol/contract.ts';
import { sharedBundle, type SharedBundle } from './bundle.ts';
import { EngineProcess, engineProgram } from './engine-process.ts';
import { readLedger, type Entry } from './ledger.ts';
import type { KillPoint } from './plan.ts';
import { agentProcesses, type Seen } from './processes.ts';
import { copyRepository, gitEnvironment, makeRepository } from './repository.ts';
import { until } from './waiting.ts';

const agent = fileURLToPath(new URL('agent.sh', import.meta.url));
export const wrapper = fileURLToPath(new URL('../../../media/run.sh', import.meta.url));
const prompts = fileURLToPath(new URL('../../../media/prompts', import.meta.url));
const command = fileURLToPath(new URL('command.sh', import.meta.url));

export interface WorldOptions {
  /** Where the engine of a life (counted from 1) ends itself; undefined lets it live on. */
  readonly kill?: (life: number) => KillPoint | undefined;
  /** The real demo agent's program instead of the stand-in. */
  readonly demo?: string;
  /** Worktrees that are kept warm; none unless told. */
  readonly pool?: number;
  /** More lines for `config.yaml`. */
  readonly config?: string;
  /**
   * Whether what the engines run counts for the coverage, if that is measured: they then run from the sources. It counts only
   * where the engine ends in good order (`stop`): one that is killed writes nothing.
   */
  readonly covered?: boolean;
  /** The engines' clock is ahead of the time by the milliseconds in a file, `setClock`. */
  readonly clock?: boolean;
  /** Makes what starts agents in the place of `media/run.sh`, in a folder of the world. */
  readonly wrapper?: (folder: string) => Promise<string>;
  /** Makes what is put before the `PATH` of the engines, in a folder of the world. */
  readonly bin?: (folder: string) => Promise<string>;
}

/** What all worlds of a suite share. */
export class Worlds {
  readonly #folder: string;
  readonly #template: string;
  readonly #shared: SharedBundle;

  private constructor(folder: string, shared: SharedBundle) {
    this.#folder = folder;
    this.#template = join(folder, 'template');
    this.#shared = shared;
  }

  static async open(): Promise<Worlds> {
    const folder = await mkdtemp(join(tmpdir(), 'cw-'));
    const worlds = new Worlds(folder, await sharedBundle());
    await makeRepository(worlds.#template);
    return worlds;
  }

  async world(options: WorldOptions = {}): Promise<World> {
    const root = await mkdtemp(join(this.#folder, 'w'));
    const world = new World(root, this.#shared, options);
    const folders = [world.home, dirname(world.ledgerPath), world.userHome, world.runtime];
    for (const path of folders) await mkdir(path, { mode: 0o700 });
    await copyRepository(this.#template, world.repository);
    world.bin = await options.bin?.(root);
    world.wrapper = (await options.wrapper?.(root)) ?? wrapper;
    await writeFile(join(world.home, 'config.yaml'), configuration(world.ledgerPath, options));
    world.setClock(0);
    return world;
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

function configuration(ledger: string, { demo, config = '' }: WorldOptions): string {
  const custom = ['/bin/sh', command, ledger, '{prompt}'];
  const typed = ['/bin/sh', command, ledger];
  const own = demo === undefined ? "  demo:\n    command: '/bin/sh'\n" : '';
  return `stop:\n  graceSeconds: 2\nagents:\n${own}  custom:\n    once:\n      command: ${JSON.stringify(custom)}\n    typed:\n      command: ${JSON.stringify(typed)}\n${config}`;
}

export class World {
  readonly root: string;
  readonly home: string;
  readonly userHome: string;
  readonly runtime: string;
  readonly repository: string;
  readonly ledgerPath: string;
  readonly clockPath: string;
  wrapper = wrapper;
  /** Folder that comes first on the `PATH`. */
  bin: string | undefined;
  /** Every engine that was started, in order. */
  readonly engines: EngineProcess[] = [];
  readonly #options: WorldOptions;
  readonly #shared: SharedBundle;
  #peace = false;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;

  constructor(root: string, shared: SharedBundle, options: WorldOptions) {
    this.root = root;
    this.home = join(root, 'h');
    this.userHome = join(root, 'u');
    this.runtime = join(root, 'r');
    this.repository = join(root, 'repo');
    this.ledgerPath = join(this.home, 'agents', 'ledger');
    this.clockPath = join(root, 'clock');
    this.#shared = shared;
    this.#options = options;
  }

  /** The environment of the shell from which somebody works. */
  get env(): Record<string, string> {
    const path = process.env['PATH'] ?? '';
    return {
      PATH: this.bin === undefined ? path : `${this.bin}${delimiter}${path}`,
      HOME: this.userHome,
      COPPICE_HOME: this.home,
      XDG_RUNTIME_DIR: this.runtime,
      TMPDIR: tmpdir(),
      ...gitEnvironment,
    };
  }

  get requester(): ParamsOf<Requests, 'session/create'>['requester'] {
    return { env: { PATH: this.env['PATH'] ?? '', HOME: this.userHome }, secrets: {} };
  }

  /** The last engine that was started. */
  get engine(): EngineProcess | undefined {
    return this.engines.at(-1);
  }

  /** How many engines were killed. */
  get kills(): number {
    return this.engines.filter(({ end }) => end === 'SIGKILL').length;
  }

  /** A connection to the engine that runs; one is started if none does. */
  async connection(): Promise<Connection> {
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const { engine } = this;
      const runs = engine !== undefined && engine.end === undefined;
      if (runs && this.#connection !== undefined) return this.#connection;
      const connection = await (runs ? engine : this.#start()).connection();
      // The end of a connection is the end of its engine: whoever asks next waits for that.
      const forget = (): void => {
        if (this.#connection === connection) this.#connection = undefined;
      };
      connection?.closed.then(forget, forget);
      this.#connection = connection;
    }
    throw new Error(`No engine could be reached.\n${await this.log()}`);
  }

  /** One more front end. */
  another(client = 'other'): Promise<Connection> {
    return connect({ home: this.home, client, version: '0.0.0-source' });
  }

  #start(): EngineProcess {
    const life = this.engines.length + 1;
    const kill = this.#peace ? undefined : this.#options.kill?.(life);
    const coverage = this.#options.covered === true ? process.env['NODE_V8_COVERAGE'] : undefined;
    const env = {
      ...this.env,
      // What else there is of worktrees is counted.
      COPPICE_WORKTREES_POOL: String(this.#options.pool ?? 0),
      ...(coverage === undefined ? { NODE_COMPILE_CACHE: this.#shared.cache } : { NODE_V8_COVERAGE: coverage }),
    };
    const plan = {
      wrapper: this.wrapper,
      agent: this.#options.demo ?? agent,
      prompts,
      commits: join(this.root, `commits-${life}`),
      ...(kill === undefined ? {} : { kill }),
      ...(this.#options.clock === true ? { clock: this.clockPath } : {}),
    };
    const engine = EngineProcess.start({
      program: coverage === undefined ? this.#shared.program : engineProgram,
      home: this.home,
      env,
      plan,
      output: join(this.root, 'engine-output'),
    });
    this.engines.push(engine);
    return engine;
  }

  /** Waits until all that the engine has shown is in the journal. False if none runs, or if it ends before. */
  async settled(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined || this.engine?.end !== undefined) return false;
    try {
      await connection.request('audit/verify', {});
      return true;
    } catch (error) {
      if (!isCoppiceError(error, 'unknown-outcome') && !isCoppiceError(error, 'unreachable')) throw error;
      return false;
    }
  }

  /** Kills the engine that runs. */
  async kill(): Promise<void> {
    await this.engine?.kill();
    this.#connection?.dispose();
    this.#connection = undefined;
  }

  /** Lets the engine end in good order. Its exit code, or the signal that ended it before. None is killed from here on. */
  async stop(): Promise<NodeJS.Signals | number> {
    const { engine } = this;
    this.#peace = true;
    if (engine === undefined) throw new Error('No engine was started.');
    const connection = this.#connection;
    this.#connection = undefined;
    if (engine.end === undefined) engine.child.kill('SIGTERM');
    const end = await engine.ended;
    connection?.dispose();
    return end;
  }

  /** Sets the engines' clock ahead of the time by so many milliseconds, or back; see the option `clock`. */
  setClock(aheadMs: number): void {
    // Whole at each moment: an engine may be reading it.
    writeFileSync(`${this.clockPath}.new`, String(aheadMs));
    renameSync(`${this.clockPath}.new`, this.clockPath);
  }

  /** Types of the records of each commit of an engine's life, counted from 1. */
  async commits(life: number): Promise<string[]> {
    const text = await readFile(join(this.root, `commits-${life}`), 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }

  ledger(): Entry[] {
    return readLedger(this.ledgerPath);
  }

  /** Processes of agents of this world. */
  processes(): Seen[] {
    return agentProcesses(this.userHome);
  }

  /** The end of what the engines logged. */
  async log(): Promise<string> {
    const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
    const [log, output] = await Promise.all([
      read(join(this.home, 'engine', 'engine.log')),
      read(join(this.root, 'engine-output')),
    ]);
    return `${log.slice(-4000)}${output.slice(-2000)}`;
  }

  /** Ends everything of this world and removes it. */
  async dispose(): Promise<void> {
    await this.kill();
    // What one of them was about to start is seen at the next look.
    await until(
      () => {
        const left = this.processes();
        for (const { pid } of left) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It has ended meanwhile.
          }
        }
        return left.length === 0 ? true : undefined;
      },
      () => `the end of ${JSON.stringify(this.processes())}`,
    );
    await rm(this.root, { recursive: true, force: true, maxRetries: 20 });
  }
}
