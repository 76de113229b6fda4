/** Questions about entities as data, turned into SQL with bound parameters. Column names are checked, values never pasted. */
import { CoppiceError } from '../core/errors.ts';

export type Cell = string | number | null;

/** A value to be equal to (null: no value), or a comparison. */
export type Condition =
  | Cell
  | { readonly in: readonly (string | number)[] }
  | { readonly not: Cell }
  | {
      readonly lt?: string | number;
      readonly lte?: string | number;
      readonly gt?: string | number;
      readonly gte?: string | number;
    };

/** A question about the entities of one kind. Without members it asks for all of them, ordered by id. */
export interface EntityQuery {
  /** All of these hold. Columns are those of the domain for the kind, and `id`. */
  readonly where?: Readonly<Record<string, Condition>>;
  /** The first decides first; what is equal is ordered by id. */
  readonly orderBy?: readonly { readonly column: string; readonly descending?: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
}

/** One SELECT with a `?` for every value, and the values in the order of these. */
export interface BoundSelect {
  readonly sql: string;
  readonly params: Cell[];
}

const comparisons = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** An SQL name, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * The select that gives the ids a query asks for.
 * @throws CoppiceError `bad-usage` for a column the kind does not have, or a limit that is no whole number from 0.
 */
export function selectIds(kind: string, columns: readonly string[], query: EntityQuery): BoundSelect {
  const column = (name: string): string => {
    if (name !== 'id' && !columns.includes(name)) throw badQuery(`there is no column ${name} of ${kind}`);
    return quoted(name);
  };
  const params: Cell[] = [];
  const conditions = Object.entries(query.where ?? {}).flatMap(([name, condition]) =>
    terms(column(name), condition, params),
  );
  const order = (query.orderBy ?? []).map(
    ({ column: name, descending }) => `${column(name)}${descending ? ' DESC' : ''}`,
  );
  params.push(wholeNumber(query.limit ?? -1, 'limit', query.limit === undefined));
  params.push(wholeNumber(query.offset ?? 0, 'offset'));
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return {
    sql: `SELECT id FROM ${quoted(kind)}${where} ORDER BY ${[...order, 'id'].join(', ')} LIMIT ? OFFSET ?`,
    params,
  };
}

function terms(column: string, condition: Condition, params: Cell[]): string[] {
  if (typeof condition !== 'object' || condition === null) {
    params.push(condition);
    return [`${column} IS ?`];
  }
  if ('in' in condition) {
    params.push(JSON.stringify(condition.in));
    return [`${column} IN (SELECT value FROM json_each(?))`];
  }
  if ('not' in condition) {
    params.push(condition.not);
    return [`${column} IS NOT ?`];
  }
  return Object.entries(comparisons).flatMap(([name, operator]) => {
    const bound = condition[name as keyof typeof comparisons];
    if (bound === undefined) return [];
    params.push(bound);
    return [`${column} ${operator} ?`];
  });
}

function wholeNumber(value: number, what: string, unlimited = false): number {
  if (!unlimited && (!Number.isSafeInteger(value) || value < 0))
    throw badQuery(`${what} ${value} is no whole number from 0`);
  return value;
}

/**
 * The error, `bad-usage`, for a query that cannot be answered.
 * @param reason a clause without an end, e.g. `there is no kind x`.
 */
export function badQuery(reason: string, cause?: unknown): CoppiceError {
  return new CoppiceError('bad-usage', `The query cannot be answered: ${reason}.`, 'Correct the query.', { cause });
}
