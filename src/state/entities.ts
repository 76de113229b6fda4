import type { Domain, Entity, EntityRef, JournalRecord } from '../core/domain.ts';
import { CoppiceError } from '../core/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { freezeJson } from './frozen-json.ts';

/** What rules and readers see of the state. Entities are frozen. */
export interface StateView {
  get(kind: string, id: string): Entity | undefined;
  /** The entities of a kind in the order of their creation. */
  all(kind: string): Iterable<Entity>;
}

/** What records do to one entity: enough to apply it and to take it back. Undefined stands for no entity. */
export interface Change {
  readonly ref: EntityRef;
  readonly before: Entity | undefined;
  readonly after: Entity | undefined;
  /** It was removed and made again in between, so it comes last in the order of creation. */
  readonly recreated: boolean;
}

/** All entities, in memory, folded from records by the reducers of a domain. */
export class Entities implements StateView {
  readonly #domain: Domain;
  readonly #kinds = new Map<string, Map<string, Entity>>();

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  get(kind: string, id: string): Entity | undefined {
    return this.#kinds.get(kind)?.get(id);
  }

  all(kind: string): Iterable<Entity> {
    return this.#kinds.get(kind)?.values() ?? [];
  }

  /** The entities of a kind with their ids, in the order of their creation. */
  byId(kind: string): Iterable<readonly [string, Entity]> {
    return this.#kinds.get(kind) ?? [];
  }

  /** All entities, kind by kind, in the order of their creation. */
  *entries(): Generator<{ readonly ref: EntityRef; readonly entity: Entity }, void, undefined> {
    for (const [kind, entities] of this.#kinds) {
      for (const [id, entity] of entities) yield { ref: { kind, id }, entity };
    }
  }

  put({ kind, id }: EntityRef, entity: Entity | undefined): void {
    const entities = this.#kinds.get(kind) ?? new Map<string, Entity>();
    if (entity === undefined) entities.delete(id);
    else entities.set(id, entity);
    if (entities.size === 0) this.#kinds.delete(kind);
    else this.#kinds.set(kind, entities);
  }

  /**
   * What records (of the present versions) change, one entry for each entity that differs; nothing is changed yet. However
   * records are grouped, applying the outcome gives the same entities in the same order.
   * @throws CoppiceError `internal` if a reducer throws.
   */
  evaluate(records: readonly JournalRecord[]): readonly Change[] {
    const changes = new Map<string, Change>();
    for (const record of records) {
      try {
        for (const ref of this.#domain.touches(record)) this.#reduce(ref, record, changes);
      } catch (error) {
        const message = `Event ${record.seq} (${record.type}) cannot be applied to the state.`;
        throw new CoppiceError('internal', message, 'Report this as a bug.', { cause: error });
      }
    }
    return [...changes.values()].filter(({ before, after }) => before !== after);
  }

  #reduce(ref: EntityRef, record: JournalRecord, changes: Map<string, Change>): void {
    const key = JSON.stringify([ref.kind, ref.id]);
    const known = changes.get(key);
    const before = known === undefined ? this.get(ref.kind, ref.id) : known.before;
    const present = known === undefined ? before : known.after;
    const after = freezeJson(this.#domain.reduce(ref, present, record));
    const created = present === undefined && after !== undefined;
    if (created) changes.delete(key);
    changes.set(key, { ref, before, after, recreated: known?.recreated === true || (created && before !== undefined) });
  }

  apply(changes: readonly Change[]): void {
    for (const { ref, after, recreated } of changes) {
      if (recreated) this.put(ref, undefined);
      this.put(ref, after);
    }
  }

  /** Takes back what `apply` did; the changes of several transactions from the last to the first. */
  revert(changes: readonly Change[]): void {
    for (const { ref, before } of changes) this.put(ref, before);
  }

  /** Canonical JSON of all entities: equal states give equal text. */
  canonical(): string {
    return canonicalJson(
      Object.fromEntries([...this.#kinds].map(([kind, entities]) => [kind, Object.fromEntries(entities)])),
    );
  }
}
