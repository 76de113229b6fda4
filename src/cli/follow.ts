import { defined } from '../core/defined.ts';
import { CoppiceError } from '../core/errors.ts';
import type { SessionDetail, StreamEventView } from '../protocol/schemas.ts';
import { isSettled } from '../protocol/session-status.ts';
import { isLost, listen, type Connection, type Dispose } from './connection.ts';
import { deferred, type Deferred } from './deferred.ts';
import type { EngineLink } from './engine-link.ts';
import type { Shell } from './shell.ts';

/** Sees what becomes of a session. */
export interface Follower {
  /** Each event of the stream, in order, each once, also when the engine is replaced meanwhile. */
  event(seen: StreamEventView): void;
  /** The session as it stands, whenever it may have changed. */
  changed(detail: SessionDetail): void;
  /** The engine went away; it is there again when the next thing is reported. */
  lost(): void;
}

/** How long an engine may be away before following is given up, and how often it is looked for. */
const patience = { totalMs: 60_000, firstMs: 100, longestMs: 2_000 } as const;
/** Pause before looking again at a session whose stretch of work ended while the next one began. */
const againMs = 200;

interface Progress {
  readonly session: string;
  /** End of the last stream line that was reported, in bytes. */
  offset: number;
  /** Somebody stopped the engine on purpose, so this front end does not start it again. */
  stopped: boolean;
}

/**
 * Follows a session, from a byte of its stream on, until its present stretch of work has ended. Gives the session as it
 * then stands, or undefined when `signal` was aborted. A lost engine is started again, unless it was stopped on purpose.
 */
export async function follow(
  { engine, shell }: { readonly engine: EngineLink; readonly shell: Shell },
  { session, from, signal }: { readonly session: string; readonly from: number; readonly signal: AbortSignal },
  follower: Follower,
): Promise<SessionDetail | undefined> {
  const progress: Progress = { session, offset: from, stopped: false };
  let lostAt: number | undefined;
  let delay: number = patience.firstMs;
  while (!signal.aborted) {
    try {
      const connection = await engine.open({ launch: !progress.stopped });
      const detail = await watch(connection, progress, signal, {
        event: (seen) => follower.event(seen),
        lost: () => follower.lost(),
        changed: (seen) => {
          [lostAt, delay] = [undefined, patience.firstMs];
          progress.stopped = false;
          follower.changed(seen);
        },
      });
      if (detail === undefined || isSettled(detail)) return detail;
      await shell.sleep(againMs, signal);
    } catch (error) {
      if (!isLost(error)) throw error;
      if (lostAt === undefined) follower.lost();
      lostAt ??= shell.steady();
      if (shell.steady() - lostAt > patience.totalMs) throw givenUp(session, error);
      await shell.sleep(delay, signal);
      delay = Math.min(delay * 2, patience.longestMs);
    }
  }
  return undefined;
}

function givenUp(session: string, cause: unknown): CoppiceError {
  return new CoppiceError(
    'unreachable',
    'The engine went away and did not come back within a minute.',
    `The session is kept; \`coppice session attach ${session}\` starts the engine and comes back to it.`,
    { cause },
  );
}

/** Follows over one connection. */
async function watch(
  connection: Connection,
  progress: Progress,
  signal: AbortSignal,
  follower: Follower,
): Promise<SessionDetail | undefined> {
  const { session } = progress;
  const over = deferred<'ended' | 'aborted'>();
  const disposals: Dispose[] = [];
  const abort = (): void => over.resolve('aborted');
  signal.addEventListener('abort', abort, { once: true });
  // It may have come while the engine was looked for.
  if (signal.aborted) abort();
  const gone = (): void =>
    over.reject(new CoppiceError('unreachable', 'The connection to the engine ended.', 'Try again.'));
  connection.closed.then(gone, gone);
  try {
    disposals.push(await watchRecords(connection, progress, follower, over));
    disposals.push(await watchStream(connection, progress, follower, over));
    if ((await over.promise) === 'aborted') return undefined;
    const detail = await connection.request('session/show', { session });
    follower.changed(detail);
    return detail;
  } finally {
    signal.removeEventListener('abort', abort);
    for (const dispose of disposals) dispose();
  }
}

/** Looks at the session again after each record that may have changed it: a place in the line changes with other sessions. */
async function watchRecords(
  connection: Connection,
  progress: Progress,
  follower: Follower,
  over: Deferred<'ended' | 'aborted'>,
): Promise<Dispose> {
  const { session } = progress;
  let queued = true;
  let isOver = false;
  const look = singly(async () => {
    const detail = await connection.request('session/show', { session });
    // Whoever followed has gone on, and may ask a person on the very line that news would be drawn over.
    if (isOver) return;
    queued = detail.status === 'queued';
    follower.changed(detail);
  }, over.reject);
  const { lastSeq } = await connection.request('engine/status', {});
  const { number, dispose } = await listen(
    connection,
    'records',
    async () => (await connection.request('events/subscribe', { from: lastSeq + 1 })).subscription,
    (notification) => notification.subscription,
    ({ records, problem }) => {
      if (problem !== undefined) over.reject(CoppiceError.fromRecord(defined(problem)));
      if (records.some(({ type }) => type === 'engine.stopped')) progress.stopped = true;
      if (queued || records.some(({ data }) => data['session'] === session)) look();
    },
  );
  look();
  return () => {
    isOver = true;
    dispose();
    quietly(connection.request('events/unsubscribe', { subscription: number }));
  };
}

async function watchStream(
  connection: Connection,
  progress: Progress,
  follower: Follower,
  over: Deferred<'ended' | 'aborted'>,
): Promise<Dispose> {
  const { session, offset: from } = progress;
  const { number, dispose } = await listen(
    connection,
    'stream',
    async () => (await connection.request('session/follow', { session, from })).follow,
    (notification) => notification.follow,
    ({ events, ended, problem }) => {
      for (const seen of events) {
        if (from > 0 && seen.offset <= from) continue;
        progress.offset = Math.max(progress.offset, seen.offset);
        follower.event(seen);
      }
      if (problem !== undefined) over.reject(CoppiceError.fromRecord(defined(problem)));
      else if (ended) over.resolve('ended');
    },
  );
  return () => {
    dispose();
    quietly(connection.request('session/unfollow', { follow: number }));
  };
}

/** Runs `work` at most once at a time; a call while it runs makes it run once more afterwards. */
function singly(work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let wanted = 0;
  let done = 0;
  const run = async (): Promise<void> => {
    while (done < wanted) {
      const upTo = wanted;
      await work();
      done = upTo;
    }
  };
  return () => {
    wanted += 1;
    if (wanted === done + 1) run().catch(failed);
  };
}

/** Taking back a subscription of a connection that may be gone already. */
function quietly(request: Promise<unknown>): void {
  request.catch(() => undefined);
}
