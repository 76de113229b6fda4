/** JSON data that nobody can change any more. */
import { notJson } from './canonical-json.ts';

const jsonTypes = new Set(['undefined', 'boolean', 'string', 'object']);

/**
 * Freezes JSON data to its leaves and gives it back. Parts that are frozen already are not walked again: structure shared
 * with an older state costs nothing. Undefined passes, as no data or as a member that JSON leaves out.
 * @throws CoppiceError `internal` for what JSON cannot say; the data may then be frozen in part.
 */
export function freezeJson<T>(value: T): T {
  if (typeof value === 'number' ? !Number.isFinite(value) : !jsonTypes.has(typeof value)) throw notJson(value);
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) throw notJson(value);
  for (const member of Object.values(Object.freeze(value))) freezeJson(member);
  return value;
}
