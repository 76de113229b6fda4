/**
 * Canonical JSON (RFC 8785): keys in the order of their UTF-16 code units, no white space, numbers as ECMAScript writes
 * them. Equal values give equal text, so texts can be hashed and compared.
 */
import { CoppiceError } from '../core/errors.ts';

/** Far above any real data, far below the depth at which a recursive walk would exhaust the stack. */
const maxDepth = 500;

/**
 * The canonical text of a JSON value. An object's undefined members are left out, as `JSON.stringify` does.
 * @throws CoppiceError `internal` for what JSON cannot say (NaN, a Date, a function …), `bad-usage` for nesting deeper
 * than 500 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object') throw notJson(value);
  if (depth >= maxDepth) {
    throw new CoppiceError(
      'bad-usage',
      `The data is nested deeper than ${maxDepth} levels.`,
      'Store it as text instead.',
    );
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item: unknown) => write(item, depth + 1)).join(',')}]`;
  return writeObject(value, depth + 1);
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson(value);
  const members: string[] = [];
  for (const [key, member] of Object.entries(value).sort(byKey)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${write(member, depth)}`);
  }
  return `{${members.join(',')}}`;
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

/**
 * The error, `internal`, for a value that JSON cannot say. It names the kind of the value (of a number the number
 * itself) and none of its content.
 */
export function notJson(value: unknown): CoppiceError {
  const what = typeof value === 'number' ? value : Object.prototype.toString.call(value);
  return new CoppiceError('internal', `The data holds something that is not JSON: ${what}.`, 'Report this as a bug.');
}
