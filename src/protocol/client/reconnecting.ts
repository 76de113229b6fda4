/** For front ends that live long: a connection that comes back, and every record of the journal once, in order. */
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import type { ParamsOf, Requests, ResultOf } from '../contract.ts';
import { connect, type Connection, type ConnectOptions } from './connect.ts';
import type { LaunchPlan } from './launch.ts';
import { pause, within, withResolvers, type Resolvers } from './deadline.ts';
import type { Method, NotificationOf, RequestOptions } from './wire.ts';

export type Records = NotificationOf<'records'>['records'];

export type LiveState =
  | { readonly status: 'connected'; readonly connection: Connection }
  /** The next attempt comes after `retryMs` milliseconds. */
  | { readonly status: 'disconnected'; readonly problem: CoppiceError; readonly retryMs: number }
  /** No further attempt is made. */
  | { readonly status: 'ended'; readonly problem: CoppiceError };

/** What a lasting connection delivers, and how it comes back. */
export interface LiveOptions extends Omit<ConnectOptions, 'signal' | 'launch'> {
  /** How to start an engine if none answers; a function is asked at each attempt. */
  readonly launch?: LaunchPlan | (() => LaunchPlan | undefined);
  /** Sequence number of the first record that is wanted, 1 or more; `end`: what comes after the first connection. */
  readonly from: number | 'end';
  /** Called with records from `from` on, each once, without a gap, whatever becomes of engines and connections. */
  readonly onRecords: (records: Records) => void;
  readonly onState?: (state: LiveState) => void;
  /** Milliseconds between attempts: from the first to the longest, doubled each time. */
  readonly backOff?: { readonly firstMs: number; readonly longestMs: number };
}

/** A connection that outlives engines; it lasts until `dispose`. */
export interface Live {
  /** The last record that was delivered; `from - 1` if none was, and 0 until the end of the journal is known. */
  lastSeq(): number;
  /** Makes the next attempt at once instead of after its pause. */
  retry(): void;
  /**
   * Asks the engine once it is connected. It is never sent twice: if the connection ends before the answer, this rejects with
   * `unknown-outcome`. Other errors are those of `Wire.request`.
   */
  request<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    options?: RequestOptions,
  ): Promise<ResultOf<Requests, K>>;
  dispose(): Promise<void>;
}

const usualBackOff = { firstMs: 100, longestMs: 10_000 };
/** A connection that held that long, in milliseconds, makes the next attempt come soon again. */
const steadyMs = 10_000;
const answerMs = 60_000;

/** Connects, and connects again for as long as it is not disposed. */
export function stayConnected(options: LiveOptions): Live {
  const stop = new AbortController();
  const subscription = new Subscription(options.from, options.onRecords);
  const presence = new Presence();
  const haste = new Haste();
  const running = run(options, { subscription, presence, haste }, stop.signal);
  return {
    lastSeq: () => subscription.lastSeq,
    retry: () => haste.now(),
    async request(method, params, { timeoutMs = answerMs, signal } = {}) {
      const begun = performance.now();
      const connection = await presence.connection(timeoutMs, signal);
      const left = Math.max(1, timeoutMs - (performance.now() - begun));
      return connection.request(method, params, { timeoutMs: left, ...(signal !== undefined && { signal }) });
    },
    async dispose() {
      stop.abort();
      presence.end(disposed());
      await running;
    },
  };
}

/** What one lasting connection is made of. */
interface Parts {
  readonly subscription: Subscription;
  readonly presence: Presence;
  readonly haste: Haste;
}

async function run(options: LiveOptions, parts: Parts, signal: AbortSignal): Promise<void> {
  const { presence, haste } = parts;
  const { firstMs, longestMs } = options.backOff ?? usualBackOff;
  const over = (): boolean => signal.aborted;
  let retryMs = firstMs;
  while (!over()) {
    const begun = performance.now();
    const problem = await attempt(options, parts, signal);
    if (over()) return;
    if (isCoppiceError(problem, 'corrupt')) {
      presence.end(problem);
      options.onState?.({ status: 'ended', problem });
      return;
    }
    if (performance.now() - begun > steadyMs) retryMs = firstMs;
    options.onState?.({ status: 'disconnected', problem, retryMs });
    retryMs = (await haste.pause(retryMs, signal)) ? firstMs : Math.min(retryMs * 2, longestMs);
  }
}

/** Connects and stays until the connection ends. Resolves to why it is over. */
async function attempt(
  { launch, ...options }: LiveOptions,
  { subscription, presence }: Parts,
  signal: AbortSignal,
): Promise<CoppiceError> {
  let connection: Connection | undefined;
  try {
    const plan = typeof launch === 'function' ? launch() : launch;
    connection = await connect({ ...options, ...(plan !== undefined && { launch: plan }), signal });
    signal.addEventListener('abort', connection.dispose, { once: true });
    if (signal.aborted) connection.dispose();
    await subscription.resume(connection);
    presence.set(connection);
    options.onState?.({ status: 'connected', connection });
    const { text } = await connection.closed;
    return new CoppiceError('unreachable', text, 'It is tried again by itself.');
  } catch (error) {
    if (isCoppiceError(error)) return error;
    return new CoppiceError('internal', String(error), 'Report this as a bug.', { cause: error });
  } finally {
    presence.set(undefined);
    if (connection !== undefined) signal.removeEventListener('abort', connection.dispose);
    connection?.dispose();
  }
}

/** The pause between attempts, which can be cut short. */
class Haste {
  #cut: AbortController | undefined;

  now(): void {
    this.#cut?.abort();
  }

  /** Tells whether it was cut short. */
  async pause(ms: number, signal: AbortSignal): Promise<boolean> {
    const cut = new AbortController();
    this.#cut = cut;
    await pause(ms, AbortSignal.any([signal, cut.signal])).catch(() => undefined); // disposed, or in a hurry
    this.#cut = undefined;
    return cut.signal.aborted;
  }
}

/** Who waits for a connection, and the one that is there. */
class Presence {
  #connection: Connection | undefined;
  #arrival: Resolvers<Connection> = withResolvers();
  #over: CoppiceError | undefined;

  constructor() {
    this.#arrival.promise.catch(() => undefined); // nobody may be waiting
  }

  set(connection: Connection | undefined): void {
    if (connection !== undefined) this.#arrival.resolve(connection);
    else if (this.#connection !== undefined) {
      this.#arrival = withResolvers();
      this.#arrival.promise.catch(() => undefined);
    }
    this.#connection = connection;
  }

  /** Nobody waits in vain. */
  end(reason: CoppiceError): void {
    this.#over ??= reason;
    this.#arrival.reject(reason);
  }

  async connection(ms: number, signal: AbortSignal | undefined): Promise<Connection> {
    if (this.#over !== undefined) throw this.#over;
    return within(ms, this.#arrival.promise, away, signal);
  }
}

/** Delivers each record once: what comes twice is left out, and after a gap, or where none can be sent, that connection is given up. */
class Subscription {
  readonly #deliver: (records: Records) => void;
  /** 0 until the end of the journal is known. */
  #next: number;

  constructor(from: number | 'end', deliver: (records: Records) => void) {
    this.#next = from === 'end' ? 0 : from;
    this.#deliver = deliver;
  }

  get lastSeq(): number {
    return Math.max(0, this.#next - 1);
  }

  async resume(connection: Connection): Promise<void> {
    if (this.#next === 0) this.#next = (await connection.request('engine/status', {})).lastSeq + 1;
    let own: number | undefined = undefined;
    const early: NotificationOf<'records'>[] = [];
    const take = (given: NotificationOf<'records'>): void => {
      if (given.subscription !== own) return;
      if (given.problem !== undefined || !this.#take(given.records)) connection.dispose();
    };
    connection.on('records', (given) => {
      if (own === undefined) early.push(given);
      else take(given);
    });
    const { subscription, lastSeq } = await connection.request('events/subscribe', { from: this.#next });
    if (lastSeq < this.#next - 1) throw shrunk(lastSeq, this.#next - 1);
    own = subscription;
    early.forEach(take);
  }

  /** False after a gap. */
  #take(records: Records): boolean {
    const fresh: Records = [];
    let whole = true;
    for (const record of records) {
      if (record.seq < this.#next) continue;
      whole = record.seq === this.#next;
      if (!whole) break;
      fresh.push(record);
      this.#next++;
    }
    if (fresh.length > 0) this.#deliver(fresh);
    return whole;
  }
}

function shrunk(there: number, seen: number): CoppiceError {
  return new CoppiceError(
    'corrupt',
    `The journal ends at record ${there}, and record ${seen} was already seen: it is another one, or was cut.`,
    'Start this front end again, after the journal was verified.',
    { way: 'verify-journal' },
  );
}

function away(): CoppiceError {
  return new CoppiceError(
    'unreachable',
    'There is no connection to the engine.',
    'It is tried again by itself; wait a little.',
  );
}

function disposed(): CoppiceError {
  return new CoppiceError('unreachable', 'This front end has ended its connection.', 'Start it again.');
}
