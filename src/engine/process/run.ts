/** The life of an engine process: takes the data directory, opens the app, serves front ends, and ends in good order. */
import { CoppiceError, toErrorRecord } from '../../core/errors.ts';
import { withResolvers, within } from '../../protocol/client/deadline.ts';
import { prepareHome, readable } from '../../protocol/client/home.ts';
import type { RpcLimits } from '../rpc/limits.ts';
import { serve, type RpcServer } from '../rpc/server.ts';
import { Endpoint, runtimePlaces } from './endpoint.ts';
import type { EngineApp, EngineContext } from './engine.ts';
import { homeLayout, type HomeLayout } from './home.ts';
import { thisHost } from './host.ts';
import { watchIdle } from './idle.ts';
import { acquireLock, type Lock } from './lock.ts';
import { forgetOldCopies, isDeleted } from './old-copies.ts';
import { openLog, type FileLog, type Level } from './log.ts';

/** What an engine process is started with. */
export interface EngineOptions {
  /** The data directory (see `homePath` in `protocol/client/home.ts`). */
  readonly home: string;
  /** Release version. */
  readonly version: string;
  /**
   * Opens the app once the data directory is this process's alone, within 5 minutes. What it throws is told to whoever started
   * the engine; it has to have stopped writing by then.
   */
  readonly open: (context: EngineContext) => Promise<EngineApp>;
  /** The present environment unless told. `XDG_RUNTIME_DIR` counts. */
  readonly env?: NodeJS.ProcessEnv;
  /** Seconds without front ends and work after which the engine ends; 300 unless told. */
  readonly idleSeconds?: number;
  /** Whether results of handlers are checked against the contract: for tests and development. */
  readonly checkResults?: boolean;
  readonly limits?: Partial<RpcLimits>;
  readonly logLevel?: Level;
}

interface Stop {
  readonly reason: string;
  /** The data directory is another engine's by this time: nothing of it is touched. */
  readonly lost?: boolean;
}

/** What belongs to one run of an engine. */
interface Run {
  readonly options: EngineOptions;
  readonly home: HomeLayout;
  readonly log: FileLog;
  readonly lock: Lock;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Only the first counts. */
  readonly stop: (stop: Stop) => void;
  readonly stopped: Promise<Stop>;
  /** Made after the app, which may ask for them. */
  server?: RpcServer;
  endpoint?: Endpoint;
}

const usualIdleSeconds = 300;
const openMs = 300_000;
const stopMs = 15_000;
/** How often lock, socket and address are looked at, milliseconds. */
const guardMs = 1_000;

/**
 * Runs an engine until it is idle, asked to stop, or in trouble, then ends the process: exit code 0 if it stopped in good order
 * or a living engine already owns the data directory, else 1.
 */
export async function runEngine(options: EngineOptions): Promise<never> {
  let log: FileLog | undefined;
  try {
    const home = homeLayout(await prepareHome(options.home));
    log = openLog({ path: home.log, clock: Date.now, pid: process.pid, level: options.logLevel ?? 'info' });
    const code = await live(options, home, log);
    return process.exit(code);
  } catch (error) {
    if (log !== undefined) log.failure(error);
    else
      process.stderr.write(`${JSON.stringify({ level: 'error', pid: process.pid, failure: toErrorRecord(error) })}\n`);
    return process.exit(1);
  }
}

/** Resolves to the exit code. Rejects if the engine cannot be started. */
async function live(options: EngineOptions, home: HomeLayout, log: FileLog): Promise<number> {
  const { promise: stopped, resolve: stop } = withResolvers<Stop>();
  endOnTrouble(log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop({ reason: signal }));
  process.on('SIGHUP', () => undefined); // a terminal that is closed is no reason to end

  const acquired = await acquireLock({ home: home.root, host: await thisHost(), version: options.version }).catch(
    (error: unknown) => {
      throw readable(home.root, error);
    },
  );
  if (acquired.status === 'held') {
    if (acquired.verdict !== 'alive') throw acquired.error;
    log.info('made way for the engine that is there', { owner: acquired.owner.pid });
    return 0;
  }
  if (isDeleted()) {
    // By an engine that was there meanwhile. Whoever started this one installs a copy anew.
    log.info('made way, because the copy that it runs from was deleted');
    await acquired.lock.release();
    return 0;
  }
  const run: Run = { options, home, log, lock: acquired.lock, startedAt: new Date().toISOString(), stop, stopped };
  const app = await open(run);
  if (app === undefined) return 1;
  let rest: () => Promise<void>;
  try {
    rest = await begin(run, app);
  } catch (error) {
    await giveUp(run, app);
    throw error;
  }
  const reason = await stopped;
  await rest();
  return end(run, app, reason);
}

/** The app is open and cannot be reached. */
async function giveUp({ endpoint, lock, log }: Run, app: EngineApp): Promise<void> {
  try {
    await within(stopMs, app.stop('the engine cannot be reached'), slowStop);
    await endpoint?.remove();
    await lock.release();
  } catch (error) {
    log.error('the engine could not stop in good order', { error }); // the lock stays until the process is gone
  }
}

/** Undefined if it has to stop before the app is open: then the process ends as it is, like one that was killed. */
async function open(run: Run): Promise<EngineApp | undefined> {
  const { options, log, lock } = run;
  const opened = options.open(context(run)).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const app = await within(openMs, Promise.race([opened, run.stopped]), slowOpen);
  if ('handlers' in app) return app;
  log.warn('the engine ends before it was up', { reason: app.reason });
  return undefined;
}

function context(run: Run): EngineContext {
  const { home, log, lock, startedAt } = run;
  const { version } = run.options;
  const clients = (): ReturnType<RpcServer['clients']> => run.server?.clients() ?? [];
  return {
    ...{ home, version, log },
    checkLock: () => lock.check(),
    status: () => {
      const socket = run.endpoint?.address.socket ?? '';
      return { pid: process.pid, version, socket, home: home.root, startedAt, clients: clients().length };
    },
    clients: () => [...clients()].reverse(),
    requestStop: (reason) => run.stop({ reason }),
  };
}

/** Serves. Resolves to what ends the timers. */
async function begin(run: Run, app: EngineApp): Promise<() => Promise<void>> {
  const { home, lock, log, startedAt } = run;
  const { version, checkResults, limits, env = process.env } = run.options;
  const server = serve({
    version,
    handlers: {
      ...app.handlers,
      'engine/stop': ({ reason }, { name }) => {
        run.stop({ reason: `asked by ${name}: ${reason}` });
        return {};
      },
    },
    readOnly: () => app.readOnly?.(),
    log: log.component('rpc'),
    ...(checkResults !== undefined && { checkResults }),
    ...(limits !== undefined && { limits }),
  });
  run.server = server;
  const places = runtimePlaces(env);
  run.endpoint = await Endpoint.open({
    home,
    lock,
    places,
    version,
    startedAt,
    accept: (each) => server.accept(each),
    log,
  });
  await run.endpoint.publish();
  await app.begin?.();
  log.info('the engine is up', { version, socket: run.endpoint.address.socket, home: home.root });
  await forgetOldCopies(home, version, log);
  const idle = watchIdle({
    seconds: run.options.idleSeconds ?? usualIdleSeconds,
    busy: () => server.clients().length > 0 || !app.idle(),
    now: () => performance.now(),
    onIdle: () => {
      server.refuse(stoppingError('idle')); // at once: nobody is welcomed by an engine that has decided to end
      run.stop({ reason: 'idle' });
    },
  });
  const guard = watchOver(run, run.endpoint);
  return async () => {
    idle();
    await guard();
  };
}

/** Looks at lock, socket and address from time to time. Returns what ends that; it resolves when nothing is under way. */
function watchOver({ lock, log, stop }: Run, endpoint: Endpoint): () => Promise<void> {
  let healing: Promise<void> | undefined;
  let problem = ''; // told once, not every second
  const timer = setInterval(() => {
    const lost = lock.look() === 'lost';
    if (lost) stop({ reason: 'the data directory is lost', lost });
    if (lost) return;
    healing ??= endpoint
      .heal()
      .catch((error: unknown) => {
        if (String(error) !== problem) log.warn('front ends may not find the engine', { error });
        problem = String(error);
      })
      .finally(() => (healing = undefined));
  }, guardMs);
  return async () => {
    clearInterval(timer);
    await healing;
  };
}

async function end({ server, endpoint, lock, log }: Run, app: EngineApp, { reason, lost }: Stop): Promise<number> {
  log.info('the engine stops', { reason });
  server?.refuse(stoppingError(reason));
  endpoint?.stopAccepting();
  try {
    await within(stopMs, app.stop(reason), slowStop);
  } catch (error) {
    // What it is still writing is not known, so the lock stays until the process is gone.
    log.error('the engine could not stop in good order', { error });
    return 1;
  }
  if (lost === true) {
    log.error('this engine does not own the data directory any more; its files are left alone');
    return 1;
  }
  await endpoint?.remove();
  await lock.release();
  await server?.close(); // last: whoever asked for the stop knows by it that everything is given up
  log.info('the engine has stopped');
  return 0;
}

/** A process in an unknown state ends at once: nothing is flushed, the lock is left to be proven dead. */
function endOnTrouble(log: FileLog): void {
  const die = (kind: string) => (error: unknown) => {
    log.error(kind, { error: error instanceof Error ? error : String(error) });
    process.exit(1);
  };
  process.on('uncaughtException', die('an error was not caught'));
  process.on('unhandledRejection', die('a rejection was not handled'));
}

function stoppingError(reason: string): CoppiceError {
  return new CoppiceError('engine-busy', `The engine is stopping (${reason}).`, 'Ask again: another one is started.', {
    context: { stopping: reason },
  });
}

function slowStop(): Error {
  return new Error(`the app has not stopped within ${stopMs / 1000} s`);
}

function slowOpen(): Error {
  const seconds = openMs / 1000;
  return new CoppiceError(
    'timed-out',
    `The state was not open after ${seconds} s.`,
    'Look at the disk, then try again.',
  );
}
