import type { Database, SqlValue } from 'sql.js';
import type { Domain, Entity } from '../core/domain.ts';
import { badQuery, quoted } from './entity-query.ts';
import type { Cell } from './entity-query.ts';

export type Row = Readonly<Record<string, SqlValue>>;

/** The tables of the entity index in one in-memory SQLite database, which only `put` may write. */
export class EntityTables {
  readonly #database: Database;
  readonly #domain: Domain;

  /** Makes the tables, empty, in a database that is theirs from then on. */
  constructor(database: Database, domain: Domain) {
    this.#database = database;
    this.#domain = domain;
    for (const [kind, columns] of Object.entries(domain.columns)) {
      const names = columns.map((column) => `, ${quoted(column)}`).join('');
      database.run(`CREATE TABLE ${quoted(kind)} (id TEXT PRIMARY KEY, json TEXT NOT NULL${names})`);
      for (const column of columns) {
        database.run(`CREATE INDEX ${quoted(`${kind}.${column}`)} ON ${quoted(kind)} (${quoted(column)})`);
      }
    }
    database.run('PRAGMA query_only = ON');
  }

  /** Brings rows of a kind up to date; undefined removes one. A kind without columns in the domain has no table. */
  put(kind: string, entities: Iterable<readonly [string, Entity | undefined]>): void {
    const columns = this.#domain.columns[kind];
    if (columns === undefined) return;
    const table = quoted(kind);
    this.#database.run('PRAGMA query_only = OFF');
    this.#database.run('BEGIN');
    const remove = this.#database.prepare(`DELETE FROM ${table} WHERE id = ?`);
    const insert = this.#database.prepare(`INSERT INTO ${table} VALUES (?, ?${', ?'.repeat(columns.length)})`);
    try {
      for (const [id, entity] of entities) {
        remove.run([id]);
        if (entity === undefined) continue;
        const cells = this.#domain.columnsOf(kind, entity);
        insert.run([id, JSON.stringify(entity), ...columns.map((column) => cells[column] ?? null)]);
      }
      this.#database.run('COMMIT');
    } catch (error) {
      this.#database.run('ROLLBACK');
      throw error;
    } finally {
      remove.free();
      insert.free();
      this.#database.run('PRAGMA query_only = ON');
    }
  }

  /**
   * The rows of one SELECT.
   * @throws CoppiceError `bad-usage` for anything else.
   */
  select(sql: string, params: readonly Cell[]): readonly Row[] {
    if (!/^\s*(select|with)\b/i.test(sql)) throw badQuery('only a SELECT is answered');
    try {
      const rows: Row[] = [];
      const statements = this.#database.iterateStatements(sql);
      for (const statement of statements) {
        if (statements.getRemainingSQL().trim() !== '') throw new Error('there is more than one statement');
        statement.bind([...params]);
        while (statement.step()) rows.push(statement.getAsObject());
      }
      return rows;
    } catch (error) {
      throw badQuery(error instanceof Error ? error.message : String(error), error);
    }
  }

  close(): void {
    this.#database.close();
  }
}
