import { CoppiceError } from '../../../src/core/errors.ts';
import type { Connection } from '../../../src/cli/connection.ts';
import type { Method, NotificationName, NotificationOf } from '../../../src/protocol/client/wire.ts';
import {
  requests,
  type ParamsOf,
  type ParsedOf,
  type Requests,
  type ResultOf,
} from '../../../src/protocol/contract.ts';
import type { SessionDetail } from '../../../src/protocol/schemas.ts';

type Handlers = {
  [K in Method]?: (params: ParsedOf<Requests, K>) => ResultOf<Requests, K> | Promise<ResultOf<Requests, K>>;
};

export const sessionId = '1f2e3d4c-0000-4000-8000-000000000001';

/** A session as the engine shows it. */
export function aSession(changes: Partial<SessionDetail> = {}): SessionDetail {
  return {
    id: sessionId,
    task: 'coppice.parser.1f2e3d4',
    title: 'Add a test',
    prompt: 'Add a test',
    mode: 'autonomous',
    agent: 'demo',
    executor: 'local',
    status: 'running',
    priority: 'normal',
    repository: '/repo',
    worktree: '/repo-worktrees/parser',
    branch: 'feature/parser',
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:01.000Z',
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    turns: 1,
    archived: false,
    needs: [],
    base: 'main',
    baseCommit: 'abc',
    stream: '/home/sessions/1/stream.jsonl',
    ...changes,
  };
}

export function reported(changes: Partial<SessionDetail> = {}): SessionDetail {
  return aSession({
    status: 'reported',
    // A day in which a person was asked.
    endedAt: '2026-01-02T00:00:43.000Z',
    workedMs: 42_000,
    changes: { tree: 't', files: 2, insertions: 3, deletions: 1 },
    text: 'Done.',
    lastTurn: { outcome: 'success', reason: 'completed', denials: 0 },
    ...changes,
  });
}

/** An engine made of handlers. What is asked and what is answered has to fit the contract. */
export class FakeEngine {
  readonly asked: { method: Method; params: unknown }[] = [];
  readonly launches: boolean[] = [];
  handlers: Handlers;
  /** Thrown instead of connecting. */
  refusal: CoppiceError | undefined;
  readonly #open = new Set<FakeConnection>();
  #numbers = 0;

  constructor(handlers: Handlers = {}) {
    this.handlers = {
      'engine/status': () => this.status(),
      'events/subscribe': () => ({ subscription: ++this.#numbers, lastSeq: 7 }),
      'events/unsubscribe': () => ({}),
      'session/follow': ({ session }) => ({ follow: ++this.#numbers, session }),
      'session/unfollow': () => ({}),
      'session/logs': ({ from }) => ({ events: [], next: from, live: false }),
      ...handlers,
    };
  }

  status(): ResultOf<Requests, 'engine/status'> {
    return {
      pid: 4242,
      version: '9.9.9',
      socket: '/run/coppice/x.sock',
      home: '/home/.coppice',
      startedAt: '2026-01-01T00:00:00.000Z',
      lastSeq: 7,
      clients: 1,
      sessions: { running: 1, queued: 0, needsYou: 0, total: 1 },
      limits: { running: 3, waiting: 10 },
    };
  }

  connect = async ({ launch }: { readonly launch: boolean }): Promise<Connection> => {
    this.launches.push(launch);
    if (this.refusal !== undefined) throw this.refusal;
    const connection = new FakeConnection(this, (each) => this.#open.delete(each));
    this.#open.add(connection);
    return connection;
  };

  get connections(): number {
    return this.#open.size;
  }

  /** Parameters of every request of this method. */
  paramsOf<K extends Method>(method: K): ParamsOf<Requests, K>[] {
    return this.asked.filter((each) => each.method === method).map((each) => each.params as ParamsOf<Requests, K>);
  }

  /** The answers that it was given, without the keys that their senders call them. */
  get answers(): Omit<ParamsOf<Requests, 'session/answer'>, 'key'>[] {
    return this.paramsOf('session/answer').map(({ key: _, ...given }) => given);
  }

  notify<N extends NotificationName>(name: N, notification: NotificationOf<N>): void {
    for (const connection of this.#open) connection.deliver(name, notification);
  }

  /** A record of the journal about a session, to every subscription. */
  record(session: string, type = 'turn.started'): void {
    const record = { seq: 8, at: 0, type, v: 1, actor: 'engine', data: { session }, prev: '', hash: '' };
    for (let n = 1; n <= this.#numbers; n++) this.notify('records', { subscription: n, records: [record] });
  }

  /** Events of a session's stream, to every follower. */
  stream(events: NotificationOf<'stream'>['events'], ended = false): void {
    for (let n = 1; n <= this.#numbers; n++) this.notify('stream', { follow: n, events, ended });
  }

  /** The process is gone. */
  crash(): void {
    for (const connection of [...this.#open]) connection.end();
  }
}

class FakeConnection implements Connection {
  readonly engine = { pid: 4242, version: '9.9.9' };
  readonly closed: Promise<void>;
  readonly #engine: FakeEngine;
  readonly #listeners = new Set<readonly [NotificationName, (notification: never) => void]>();
  readonly #ended: (connection: FakeConnection) => void;
  #close: () => void = () => undefined;
  #over = false;

  constructor(engine: FakeEngine, ended: (connection: FakeConnection) => void) {
    this.#engine = engine;
    this.#ended = ended;
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  async request<K extends Method>(method: K, params: ParamsOf<Requests, K>): Promise<ResultOf<Requests, K>> {
    if (this.#over) throw new CoppiceError('unreachable', 'Gone.', 'Connect again.');
    this.#engine.asked.push({ method, params });
    const parsed = requests[method].params.parse(params) as ParsedOf<Requests, K>;
    const handler = this.#engine.handlers[method];
    if (handler === undefined) throw new CoppiceError('internal', `The fake does not answer ${method}.`, '-');
    const result = await handler(parsed);
    if (this.over()) throw new CoppiceError('unknown-outcome', 'Gone before the answer.', '-');
    requests[method].result.parse(result);
    return result;
  }

  on<N extends NotificationName>(name: N, listener: (notification: NotificationOf<N>) => void): () => void {
    const entry = [name, listener] as const;
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  deliver<N extends NotificationName>(name: N, notification: NotificationOf<N>): void {
    for (const [own, listener] of [...this.#listeners]) if (own === name) listener(notification as never);
  }

  over(): boolean {
    return this.#over;
  }

  end(): void {
    this.#over = true;
    this.#ended(this);
    this.#close();
  }

  dispose(): void {
    this.end();
  }
}
