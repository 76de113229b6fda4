/** Reads JSON that somebody else wrote: nothing is believed, nothing throws. */

/** An object of JSON whose fields have not been looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object, unless it is something else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The value as text, unless it is something else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as text that is not empty, unless it is something else. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value as a finite number, unless it is something else. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** No session consumes more of anything. Sums of larger ones could be more than a number can be, and then they are nothing. */
const largestAmount = 1e12;

/** The value as an amount up to 10^12: anything that is not a number above 0 is 0. */
export function amountOf(value: unknown): number {
  return Math.min(Math.max(0, numberOf(value) ?? 0), largestAmount);
}

/** The value as a count: anything that is not a number from 1 on is 0, and a part of one does not count. */
export function countOf(value: unknown): number {
  return Math.floor(amountOf(value));
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Deeper JSON than a tool's input ever is; what is handed on must survive being written out again, which recurses. */
const deepest = 64;

/** The value as an object that is nested at most 64 deep, unless it is something else. */
export function shallowOf(value: unknown): Fields | undefined {
  const fields = fieldsOf(value);
  return fields !== undefined && fits(fields, deepest) ? fields : undefined;
}

function fits(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => fits(each, depth - 1));
}

/** A line of JSON as an object; undefined when it is not one. */
export function parseFields(line: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}
