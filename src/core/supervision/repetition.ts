/** Notices an agent that goes in circles: the same tool with the same input, again and again. */

/** The latest uses of tools, oldest first, each as a key of `useKey`. */
export type Uses = readonly string[];

export const noUses: Uses = [];

const remembered = 20;
/** Uses in a row, and among those remembered, from which on it is a circle. */
const inARow = 3;
const amongAll = 6;
const keyLimit = 4096;

/** One use of a tool as a key: equal exactly when tool and input are equal (of very long inputs the beginning and the length). */
export function useKey(tool: string, input: Readonly<Record<string, unknown>>): string {
  const text = `${tool} ${JSON.stringify(input, sorted)}`;
  return text.length <= keyLimit ? text : `${text.slice(0, keyLimit)}${text.length}`;
}

/** The order in which an agent writes the fields of an input says nothing. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The uses with one more. */
export function withUse(uses: Uses, key: string): Uses {
  return [...uses, key].slice(-remembered);
}

/** How often the latest use was repeated, when that makes a circle that was not told yet; undefined otherwise. */
export function circle(uses: Uses): number | undefined {
  const key = uses.at(-1);
  if (key === undefined) return undefined;
  const last = uses.findLastIndex((each) => each !== key);
  const row = uses.length - 1 - last;
  const all = uses.filter((each) => each === key).length;
  if (row === inARow || (row > inARow && isPowerOfTwoTimes(row, inARow))) return row;
  return all === amongAll && row < inARow ? all : undefined;
}

/** Told at 3, 6, 12, … so that a long circle is not told at every turn. */
function isPowerOfTwoTimes(count: number, base: number): boolean {
  return Number.isInteger(Math.log2(count / base));
}

/** Milliseconds of silence of an agent that should be at work, when they are more than the limit; undefined otherwise. */
export function silence(lastAt: number, now: number, limitMs: number): number | undefined {
  const passed = now - lastAt;
  // A clock that was set back says nothing.
  return passed > limitMs ? passed : undefined;
}
