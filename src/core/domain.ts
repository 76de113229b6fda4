/**
 * The shape of event sourcing in Coppice: what a journal record is, and what a set of reducers must offer so that
 * `state/` can fold, index and snapshot it without knowing what the events mean.
 */

/** Who caused an event: `user:<front end>`, `engine`, `agent:<id>`, `supervisor`. */
export type Actor = `user:${string}` | 'engine' | `agent:${string}` | 'supervisor';

/** An event that is not yet in the journal. `data` is JSON. */
export interface NewEvent {
  readonly type: string;
  /** Version of this event type's data, 1 or more. */
  readonly v: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One line of the journal. `hash` covers all other fields; `prev` is the hash of the record before. */
export interface JournalRecord extends NewEvent {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** Milliseconds since 1970 by the engine's clock when the event was accepted; never read by a rule as "now". */
  readonly at: number;
  readonly actor: Actor;
  readonly prev: string;
  readonly hash: string;
}

/** Plain JSON data; a reducer returns the same object when nothing changed. */
export type Entity = Readonly<Record<string, unknown>>;

/** Names one entity: its kind, e.g. `session`, and its id within the kind. */
export interface EntityRef {
  readonly kind: string;
  readonly id: string;
}

/** Values by which entities of a kind can be searched; a missing column is null. */
export type Columns = Readonly<Record<string, string | number | null>>;

/** The pure rules of one set of aggregates. */
export interface Domain {
  /** Raised with every change of a reducer: a snapshot of another version is not used. */
  readonly reducerVersion: number;
  /** Brings a record of an older version to the present one, and leaves every other record as it is. Pure. */
  upcast(record: JournalRecord): JournalRecord;
  /** The entities that a record changes, in a stable order. Records of unknown types touch none. */
  touches(record: JournalRecord): readonly EntityRef[];
  /** The entity after the record; undefined removes it. Pure. */
  reduce(ref: EntityRef, entity: Entity | undefined, record: JournalRecord): Entity | undefined;
  /** Column names per kind, all indexed. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** The column values of an entity. Pure. */
  columnsOf(kind: string, entity: Entity): Columns;
}
