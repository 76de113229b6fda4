/** A connection to the engine of a data directory, which is started, or replaced by a newer one, if need be. */
import { access } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { CoppiceError, isCoppiceError, systemCode } from '../../core/errors.ts';
import { isOwnSocket, readAddress, type EngineAddress } from './address.ts';
import { pause, within } from './deadline.ts';
import { greet, type EngineFacts, type FrontEnd } from './handshake.ts';
import { prepareHome } from './home.ts';
import { logPath, startEngine, startFailed, type Exit, type LaunchPlan, type Started } from './launch.ts';
import { readStartLog } from './start-log.ts';
import { openSocket, wire, type SecretsHandler, type Wire } from './wire.ts';

/** Who connects, to which data directory, and how far it may go to be answered. */
export interface ConnectOptions extends FrontEnd {
  /** The data directory (see `homePath`). */
  readonly home: string;
  /** How to start an engine if none answers, and in the place of an older one. Without it neither is done. */
  readonly launch?: LaunchPlan;
  /** Longest wait in milliseconds for a connection, start included; 20 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly secrets?: SecretsHandler;
}

/** A socket to an engine that has welcomed this front end, and what the engine said of itself. */
export interface Connection extends Wire {
  readonly engine: EngineFacts;
}

const connectMs = 20_000;
/** Time between two looks for an engine that is starting, milliseconds. Most are there in a quarter of a second. */
const looks = { soonMs: 10, soonForMs: 300, laterMs: 100 } as const;
/** An engine that makes way for one that then cannot be reached is started again, a little later each time. */
const restarts = { firstMs: 50, longestMs: 2_000 } as const;

/**
 * Connects to the engine of a data directory.
 *
 * @throws CoppiceError `unreachable` if no engine runs and none may be started; `timed-out` if one holds the data directory
 *   and does not answer (it is never replaced: it may be alive); `version-mismatch`; what keeps an engine from starting, e.g.
 *   `read-only` or `engine-busy` (another host holds the data directory). Or the signal's reason.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  return new Connecting(options).connection();
}

/** What is found at the address of an engine. `gone`: one that ended, or makes way, while we looked. */
type Found = { readonly status: 'connected'; readonly connection: Connection } | { readonly status: 'none' | 'gone' };

class Connecting {
  readonly #options: ConnectOptions;
  readonly #deadline: number;
  #started: Started | undefined;
  /** Size of the engine's log before anything was started. */
  #logOffset: number | undefined;
  #startAgainAt = 0;
  #restartMs: number = restarts.firstMs;
  /** Why the published address is not used. */
  #distrust: CoppiceError | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#deadline = performance.now() + (options.timeoutMs ?? connectMs);
  }

  async connection(): Promise<Connection> {
    const { launch, home, signal } = this.#options;
    if (launch !== undefined) await prepareHome(home);
    let since = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      // What made the start fail may be an engine that can be reached by then: so it is looked for once more after the end.
      const exit = this.#started?.exit();
      const found = await this.#look();
      if (found.status === 'connected') return found.connection;
      if (launch === undefined) throw nobody(home);
      if (await this.#start(launch, exit)) since = performance.now();
      const waitMs = performance.now() - since < looks.soonForMs ? looks.soonMs : looks.laterMs;
      await pause(Math.min(waitMs, this.#remaining()), signal);
      if (this.#remaining() === 0) throw await this.#tooLate();
    }
  }

  #remaining(): number {
    return Math.max(0, this.#deadline - performance.now());
  }

  async #look(): Promise<Found> {
    const address = await readAddress(this.#options.home);
    if (address === undefined || !(await this.#trusted(address))) return { status: 'none' };
    const socket = await this.#open(address);
    if (socket === undefined) return { status: 'none' };
    const channel = wire(socket, this.#options.secrets);
    try {
      return await this.#greet(channel, address);
    } catch (error) {
      channel.dispose();
      if (isLeaving(error)) return { status: 'gone' };
      throw isCoppiceError(error, 'timed-out') ? silent(address) : error;
    }
  }

  /** An address that may not be trusted is that of no engine of ours: one that is started publishes a better one. */
  async #trusted({ socket }: EngineAddress): Promise<boolean> {
    try {
      this.#distrust = undefined;
      return await isOwnSocket(socket);
    } catch (error) {
      if (!isCoppiceError(error) || this.#options.launch === undefined) throw error;
      this.#distrust = error;
      return false;
    }
  }

  /** Undefined if nobody listens. */
  async #open(address: EngineAddress): Promise<Socket | undefined> {
    try {
      return await openSocket(address.socket, this.#remaining(), this.#options.signal);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return undefined;
      // EAGAIN: somebody listens, and has not taken those who came before us.
      throw code === 'EAGAIN' || isCoppiceError(error, 'timed-out') ? silent(address) : error;
    }
  }

  async #greet(channel: Wire, address: EngineAddress): Promise<Found> {
    const { signal, launch } = this.#options;
    const greeting = await greet(channel, this.#options, bounded(this.#remaining(), signal));
    if (greeting.status === 'welcome' && !(greeting.older && launch !== undefined)) {
      return { status: 'connected', connection: { ...channel, engine: greeting.engine } };
    }
    if (greeting.status === 'outdated' && launch === undefined) throw greeting.error;
    // Upgrade: the engine stops accepting, flushes, gives up the data directory and only then ends its connections.
    const reason = `version ${this.#options.version} takes over`;
    await channel.request('engine/stop', { reason }, bounded(this.#remaining(), signal));
    await within(this.#remaining(), channel.closed, () => silent(address), signal);
    return { status: 'gone' };
  }

  /** Starts an engine unless one is starting; `exit` is how the one before has ended. Tells whether it did. */
  async #start(plan: LaunchPlan, exit: Exit | undefined): Promise<boolean> {
    if (this.#started !== undefined && exit === undefined) return false;
    // It made way for another engine, which we look for, until that one turns out to be gone, too.
    const madeWay =
      exit !== undefined && 'code' in exit && (exit.code === 0 || !(await isThere(this.#started?.program)));
    if (exit !== undefined && !madeWay) throw await this.#failed(this.#started);
    if (performance.now() < this.#startAgainAt) return false;
    this.#started = await startEngine(this.#options.home, this.#options.version, plan);
    this.#logOffset ??= this.#started.logOffset;
    this.#startAgainAt = performance.now() + this.#restartMs;
    this.#restartMs = Math.min(this.#restartMs * 2, restarts.longestMs);
    return true;
  }

  async #failed(started: Started | undefined): Promise<CoppiceError> {
    const log = logPath(this.#options.home);
    const { failure, tail } = await readStartLog(log, this.#logOffset ?? 0, started?.pid);
    return failure ?? startFailed(started?.exit() ?? { signal: 'unknown' }, log, tail);
  }

  async #tooLate(): Promise<CoppiceError> {
    if (this.#distrust !== undefined) return this.#distrust;
    const log = logPath(this.#options.home);
    const { tail } = await readStartLog(log, this.#logOffset ?? 0, this.#started?.pid);
    const seconds = (this.#options.timeoutMs ?? connectMs) / 1000;
    const message = `No engine could be reached within ${seconds} s.${tail === '' ? '' : `\n${tail}`}`;
    return new CoppiceError('timed-out', message, `See ${log}, and run the doctor.`, {
      context: { log },
      way: 'run-doctor',
    });
  }
}

/** An engine from a copy that was deleted under it cannot have started. */
async function isThere(program = ''): Promise<boolean> {
  return access(program).then(
    () => true,
    () => false,
  );
}

/** Whether an error means that the engine is ending, not that it refuses us. */
function isLeaving(error: unknown): boolean {
  if (isCoppiceError(error, 'unknown-outcome') || isCoppiceError(error, 'unreachable')) return true;
  return isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined;
}

function bounded(timeoutMs: number, signal: AbortSignal | undefined): { timeoutMs: number; signal?: AbortSignal } {
  return signal === undefined ? { timeoutMs } : { timeoutMs, signal };
}

function nobody(home: string): CoppiceError {
  return new CoppiceError('unreachable', `No engine runs for ${home}.`, 'Any command that needs one starts it.', {
    context: { home },
    way: 'start-engine',
  });
}

function silent({ pid, socket }: EngineAddress): CoppiceError {
  return new CoppiceError(
    'timed-out',
    `The engine (process ${pid}) holds the data directory, but does not answer.`,
    `Look at process ${pid}: continue it if it is stopped, or end it. Its agents go on, and the next command starts another engine.`,
    { context: { pid: String(pid), socket } },
  );
}
