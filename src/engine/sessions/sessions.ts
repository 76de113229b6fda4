import type { JournalRecord } from '../../core/domain.ts';
import { admissions } from '../../core/session/commands.ts';
import type { Limits } from '../../core/queue/policy.ts';
import { isAtRest } from '../../core/session/status.ts';
import { watchEventTypes } from '../../core/watch/state.ts';
import { engineActor, type SessionContext } from './context.ts';
import { Worker } from './worker.ts';

/** Events after which a place may have become free, or somebody may have joined the line. */
const moves = new Set(['session.settled', 'session.queued', 'run.exited']);

/** The limits of the engine, and word of others. */
export interface LimitsSource {
  readonly limits: Limits;
  onLimits(listener: () => void): void;
}

/** Keeps a worker for every session that has something to do, and admits from the line when a place is free. */
export class Sessions {
  readonly #context: SessionContext;
  readonly #source: LimitsSource;
  readonly #workers = new Map<string, Worker>();
  #unsubscribe: () => void = () => undefined;
  #scheduling: Promise<void> = Promise.resolve();

  constructor(context: SessionContext, source: LimitsSource) {
    this.#context = context;
    this.#source = source;
  }

  /** Takes up all that an earlier engine left unfinished. */
  start(): void {
    const { store } = this.#context;
    this.#unsubscribe = store.state.onRecords((records) => this.#observe(records));
    this.#source.onLimits(() => this.#admit());
    for (const session of store.all('session')) {
      if (!isAtRest(session)) this.wake(session.id);
    }
    this.#admit();
  }

  /** Leaves the agents alone and ends all of this process's own work. Call it after `stopping` was aborted. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#scheduling;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stopped()));
  }

  /** Nothing runs, waits or could need this process. */
  get idle(): boolean {
    return this.#context.store.all('session').every(isAtRest);
  }

  worker(session: string): Worker | undefined {
    return this.#workers.get(session);
  }

  wake(id: string): void {
    const session = this.#context.store.get('session', id);
    if (session === undefined) return;
    let worker = this.#workers.get(id);
    if (worker === undefined) {
      if (isAtRest(session)) return;
      worker = new Worker(this.#context, id, () => this.#workers.delete(id));
      this.#workers.set(id, worker);
    }
    worker.wake();
  }

  #observe(records: readonly JournalRecord[]): void {
    for (const record of records) {
      const { session } = record.data;
      if (typeof session === 'string' && !watchEventTypes.has(record.type)) this.wake(session);
      if (moves.has(record.type)) this.#admit();
    }
  }

  /** Lets those begin for whom there is a place. */
  #admit(): void {
    const { store, log, stopping } = this.#context;
    this.#scheduling = this.#scheduling
      .then(async () => {
        if (stopping.aborted || store.state.readOnlyReason !== undefined) return;
        await store.commit(engineActor, () => admissions(store.all('session'), this.#source.limits));
      })
      .catch((error: unknown) => log.error('cannot admit from the queue', { error: String(error) }));
  }
}
