import type { Actor, Domain, JournalRecord, NewEvent } from '../core/domain.ts';
import { CoppiceError } from '../core/errors.ts';
import type { Change, Entities, StateView } from './entities.ts';
import { EntityIndex } from './entity-index.ts';
import type { FoundEntity } from './entity-index.ts';
import type { Cell, EntityQuery } from './entity-query.ts';
import type { Row } from './entity-tables.ts';
import { diskFiles } from './file-operations.ts';
import type { FileOperations } from './file-operations.ts';
import type { Damage } from './journal-damage.ts';
import { openToWrite } from './journal-open.ts';
import type { Transaction } from './journal-record.ts';
import type { Verification } from './journal-verify.ts';
import type { WriterStart } from './journal-writer.ts';
import { Journal } from './journal.ts';
import { Projections, type Project, type ProjectionsOptions } from './projections.ts';
import { RecordFeed } from './record-feed.ts';
import type { Dispose, RecordsListener, RecordsReceiver } from './record-feed.ts';
import { restore, statePaths } from './restore.ts';
import type { Restored } from './restore.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

export type { StateView } from './entities.ts';

/** What the state is opened with; everything optional has a default for the real disk. */
export interface StateOptions {
  /** The data directory; made if missing. */
  readonly home: string;
  readonly domain: Domain;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Called before every write to the journal; if it throws, nothing is written and the state is read-only for good. */
  readonly beforeCommit?: () => Promise<void> | void;
  /** Nothing is changed on the disk. */
  readonly readOnly?: boolean;
  readonly fileOps?: FileOperations;
  /**
   * Longest segment of the journal in bytes, 8 MB unless told: opening reads the last one, at about 8 µs a record (20,000
   * records in 170 ms, measured on one of two cores of a busy x86-64 server).
   */
  readonly segmentBytes?: number;
  /** A snapshot is written after so many records, 2,000 unless told. */
  readonly snapshotEvery?: number;
  /** Path of `sql-wasm.wasm`; that of the sql.js package unless told. */
  readonly sqlWasm?: string;
  /** Told of troubles in the background: a failed snapshot, a listener that throws. A process warning unless told. */
  readonly onProblem?: (problem: CoppiceError) => void;
}

/** What opening found. */
export interface OpenReport {
  readonly lastSeq: number;
  readonly segments: number;
  /** The record of the snapshot that was used; 0 if all records were replayed. */
  readonly snapshotSeq: number;
  /** Why the snapshot was not used, as a clause. */
  readonly snapshotUnusable: string | undefined;
  /** Bytes of an interrupted write at the journal's end. They were cut off, unless the state is read-only. */
  readonly tornBytes: number;
}

/** Often enough for a person who looks at the files, and seldom enough not to compete with the journal for the disk. */
const projectionMs = 250;

/** Files that follow the state. */
export interface ProjectedFiles {
  /** Writes what is left and follows no more. */
  close(): Promise<void>;
}

/**
 * The only door to the state of an engine. A decision is taken on the state in memory, its events are folded at once
 * and are acknowledged when the journal has them on the disk.
 */
export class StateManager {
  /** The state including what is accepted and still on its way to the disk. */
  readonly view: StateView;
  readonly openReport: OpenReport;

  readonly #files: FileOperations;
  readonly #domain: Domain;
  readonly #clock: () => number;
  readonly #entities: Entities;
  readonly #journal: Journal;
  readonly #feed: RecordFeed;
  readonly #index: EntityIndex;
  readonly #snapshots: SnapshotKeeper;
  /** What accepted transactions changed that are not on the disk yet, in order. */
  readonly #unacknowledged: (readonly Change[])[] = [];
  /** What opening found: that records are missing at the end does not show in those that are there. */
  readonly #damage: Damage | undefined;
  #deciding = false;
  #closed: Promise<void> | undefined;

  private constructor(options: Complete, restored: Restored, start: WriterStart | CoppiceError) {
    const { domain, clock, files, paths, onProblem } = options;
    const { entities, layout, scan } = restored;
    this.view = entities;
    this.openReport = report(restored);
    this.#damage = scan.damage;
    this.#files = files;
    this.#domain = domain;
    this.#clock = clock;
    this.#entities = entities;
    const onCommitted = (transactions: readonly Transaction[]): void => this.#onCommitted(transactions);
    const onFailed = (): void => this.#onFailed();
    this.#journal = new Journal(
      { ...options, directory: paths.journal, onCommitted, onFailed },
      layout,
      scan.head,
      start,
    );
    this.#index = new EntityIndex(domain, entities, options.sqlWasm);
    this.#snapshots = new SnapshotKeeper({
      files,
      path: paths.snapshot,
      reducerVersion: domain.reducerVersion,
      entries: () => [...entities.entries()],
      every: options.snapshotEvery,
      lastSeq: restored.snapshotSeq,
      onProblem,
    });
    if (this.readOnlyReason !== undefined) this.#snapshots.stop();
    this.#feed = new RecordFeed({
      lastSeq: scan.head.seq,
      read: (from, until) => this.#read(from, until),
      onProblem,
    });
  }

  /**
   * Opens the state of a data directory. Damage, a newer format, a full or read-only disk never throw: the state up to there
   * can be read, `readOnlyReason` says what is wrong and nothing on the disk is changed.
   * @throws CoppiceError `internal` if a reducer fails on a record.
   */
  static async open(options: StateOptions): Promise<StateManager> {
    const complete = withDefaults(options);
    const { files, paths, domain, beforeCommit, readOnly } = complete;
    const restored = await restore(files, paths, domain);
    const { layout, scan } = restored;
    const start = await openToWrite({ files, directory: paths.journal, beforeCommit, readOnly }, layout, scan);
    return new StateManager(complete, restored, start);
  }

  /** The last record that is on the disk. */
  get lastSeq(): number {
    return this.#journal.committed.seq;
  }

  /** Why nothing can be written; undefined while it can. */
  get readOnlyReason(): CoppiceError | undefined {
    return this.#journal.readOnlyReason;
  }

  /**
   * Takes a decision and records its events. `decide` runs at once, on the state with all that was accepted before; it must
   * be pure. If it throws, nothing has happened. Resolves to the records when all of them are on the disk; after a crash they
   * are found all or none. Where there are none, what was accepted before is on the disk by then.
   * @throws what `decide` throws; CoppiceError `read-only`, `disk-full` and the like if the events are not recorded.
   */
  async transact(actor: Actor, decide: (view: StateView) => readonly NewEvent[]): Promise<readonly JournalRecord[]> {
    if (this.readOnlyReason !== undefined) throw this.readOnlyReason;
    const events = this.#decide(decide);
    if (events.length === 0) {
      // That nothing is left to do may follow from what is still on its way to the disk.
      await this.#journal.settled();
      return [];
    }
    const transaction = this.#journal.prepare(this.#clock(), actor, events);
    const records = this.#upcast(transaction.records);
    const changes = this.#entities.evaluate(records);
    const committed = this.#journal.append(transaction);
    this.#entities.apply(changes);
    this.#unacknowledged.push(changes);
    this.#index.touch(changes.map(({ ref }) => ref));
    await committed;
    return records;
  }

  /** Calls a listener with records once they are on the disk, in order. What it throws disturbs nobody else. */
  onRecords(listener: RecordsListener): Dispose {
    return this.#feed.onRecords(listener);
  }

  /** The records from `from` on, up to the last one on the disk when the reader gets there. */
  records(from: number): AsyncIterable<JournalRecord> {
    return this.#feed.records(from);
  }

  /** Replays the records from `from` on and follows; see `RecordFeed.subscribe`. */
  subscribe(from: number, receiver: RecordsReceiver, signal: AbortSignal): Promise<void> {
    return this.#feed.subscribe(from, receiver, signal);
  }

  /** Writes files that show the state, from the records that come. Close it before the state. */
  project(project: Project, onFailure: ProjectionsOptions['onFailure']): ProjectedFiles {
    const projections = new Projections({
      files: this.#files,
      view: this.view,
      project,
      onFailure,
      intervalMs: projectionMs,
    });
    const dispose = this.onRecords((records) => projections.apply(records));
    return {
      close: async () => {
        dispose();
        await projections.close();
      },
    };
  }

  /** The entities of a kind that a query asks for; see `EntityIndex.query`. */
  query(kind: string, query?: EntityQuery): Promise<readonly FoundEntity[]> {
    return this.#index.query(kind, query);
  }

  /** The rows of one SELECT over the entities; see `EntityIndex.sql`. */
  sql(select: string, params?: readonly Cell[]): Promise<readonly Row[]> {
    return this.#index.sql(select, params);
  }

  /** Canonical JSON of all entities: equal states give equal text. */
  canonicalState(): string {
    return this.#entities.canonical();
  }

  /**
   * Waits until everything that was accepted at the call is on the disk, then checks every byte of it, and that no record is
   * missing at its end.
   */
  async verify(): Promise<Verification> {
    const found = await this.#journal.verify();
    const lost = this.#damage;
    if (!found.ok || lost === undefined || found.records >= lost.seq) return found;
    const { segment, line, seq, reason } = lost;
    return { ok: false, segment, line, seq, reason };
  }

  /** Waits for what is under way, writes a snapshot, ends subscriptions. Later decisions are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#journal.close();
    await this.#snapshots.close(this.#journal.committed);
    this.#feed.close();
    await this.#index.close();
  }

  #decide(decide: (view: StateView) => readonly NewEvent[]): readonly NewEvent[] {
    if (this.#deciding) {
      throw new CoppiceError('internal', 'A decision was asked for within another one.', 'Report this as a bug.');
    }
    this.#deciding = true;
    try {
      return decide(this.view);
    } finally {
      this.#deciding = false;
    }
  }

  #onCommitted(transactions: readonly Transaction[]): void {
    this.#unacknowledged.splice(0, transactions.length);
    this.#snapshots.committed(this.#journal.committed, this.#journal.accepted);
    this.#feed.publish(this.#upcast(transactions.flatMap(({ records }) => records)));
  }

  /** Takes back what will never be recorded. */
  #onFailed(): void {
    this.#snapshots.stop();
    for (const changes of this.#unacknowledged.splice(0).reverse()) {
      this.#entities.revert(changes);
      this.#index.touch(changes.map(({ ref }) => ref));
    }
  }

  async *#read(from: number, until: () => number): AsyncGenerator<readonly JournalRecord[], void, undefined> {
    for await (const batch of this.#journal.read(from, until)) yield this.#upcast(batch);
  }

  #upcast(records: readonly JournalRecord[]): readonly JournalRecord[] {
    return records.map((record) => this.#domain.upcast(record));
  }
}

function withDefaults(options: StateOptions) {
  return {
    domain: options.domain,
    clock: options.clock,
    files: options.fileOps ?? diskFiles,
    paths: statePaths(options.home),
    beforeCommit: options.beforeCommit ?? (() => undefined),
    readOnly: options.readOnly ?? false,
    segmentBytes: options.segmentBytes ?? 8 * 1024 * 1024,
    snapshotEvery: options.snapshotEvery ?? 2000,
    sqlWasm: options.sqlWasm,
    onProblem: options.onProblem ?? ((problem: CoppiceError) => process.emitWarning(problem)),
  };
}

type Complete = ReturnType<typeof withDefaults>;

function report({ layout, scan, snapshotSeq, snapshotUnusable }: Restored): OpenReport {
  return {
    lastSeq: scan.head.seq,
    segments: layout.segments.length,
    snapshotSeq,
    snapshotUnusable,
    tornBytes: scan.tornBytes + (layout.unfinished?.bytes ?? 0),
  };
}
