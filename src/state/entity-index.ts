import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Domain, Entity, EntityRef } from '../core/domain.ts';
import { CoppiceError } from '../core/errors.ts';
import type { Entities } from './entities.ts';
import { badQuery, selectIds } from './entity-query.ts';
import type { Cell, EntityQuery } from './entity-query.ts';
import { EntityTables } from './entity-tables.ts';
import type { Row } from './entity-tables.ts';

/** One answer to a query; `entity` is the frozen object that the state holds, not a copy out of the tables. */
export interface FoundEntity {
  readonly id: string;
  readonly entity: Entity;
}

/**
 * Finds entities by SQL: one table per kind in an in-memory SQLite, `(id, json, <columns of the domain>)`. Made at the
 * first question, then brought up to date with what has changed before each answer. Never written to a file.
 */
export class EntityIndex {
  readonly #domain: Domain;
  readonly #entities: Entities;
  readonly #wasmFile: string | undefined;
  #tables: Promise<EntityTables> | undefined;
  /** What has changed since the tables were brought up to date, kind by kind. */
  readonly #changed = new Map<string, Set<string>>();
  #closed = false;

  /** @param wasmFile path of `sql-wasm.wasm`; without it, that of the sql.js package. */
  constructor(domain: Domain, entities: Entities, wasmFile: string | undefined) {
    this.#domain = domain;
    this.#entities = entities;
    this.#wasmFile = wasmFile;
  }

  /** Notes that entities have changed. */
  touch(refs: readonly EntityRef[]): void {
    if (this.#tables === undefined) return;
    for (const { kind, id } of refs) {
      const ids = this.#changed.get(kind);
      if (ids === undefined) this.#changed.set(kind, new Set([id]));
      else ids.add(id);
    }
  }

  /**
   * The entities of a kind that a query asks for.
   * @throws CoppiceError `bad-usage`
   */
  async query(kind: string, query: EntityQuery = {}): Promise<readonly FoundEntity[]> {
    const columns = this.#domain.columns[kind];
    if (columns === undefined) throw badQuery(`there is no kind ${kind}`);
    const { sql, params } = selectIds(kind, columns, query);
    const tables = await this.#upToDate();
    return tables.select(sql, params).flatMap(({ id }) => {
      const entity = this.#entities.get(kind, String(id));
      return entity === undefined ? [] : [{ id: String(id), entity }];
    });
  }

  /**
   * The rows of one SELECT over the tables. For our own statements: it may run as long as it likes.
   * @throws CoppiceError `bad-usage` for anything else than one SELECT.
   */
  async sql(select: string, params: readonly Cell[] = []): Promise<readonly Row[]> {
    const tables = await this.#upToDate();
    return tables.select(select, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const tables = await this.#tables?.catch(() => undefined);
    tables?.close();
  }

  async #upToDate(): Promise<EntityTables> {
    this.#checkOpen();
    this.#tables ??= this.#build().catch((error: unknown) => {
      this.#tables = undefined;
      throw error;
    });
    const tables = await this.#tables;
    this.#checkOpen();
    for (const [kind, ids] of this.#changed) {
      tables.put(
        kind,
        [...ids].map((id) => [id, this.#entities.get(kind, id)] as const),
      );
      this.#changed.delete(kind);
    }
    return tables;
  }

  async #build(): Promise<EntityTables> {
    const { default: initSqlJs } = await import('sql.js');
    const path = this.#wasmFile ?? createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
    const wasm = await readFile(path);
    const { Database } = await initSqlJs({ wasmBinary: new Uint8Array(wasm).buffer });
    const tables = new EntityTables(new Database(), this.#domain);
    this.#changed.clear();
    for (const kind of Object.keys(this.#domain.columns)) tables.put(kind, this.#entities.byId(kind));
    return tables;
  }

  #checkOpen(): void {
    if (this.#closed) throw new CoppiceError('read-only', 'The state is closed.', 'Open it again.');
  }
}
