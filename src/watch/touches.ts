import type { Touched } from '../core/watch/touched.ts';

/** More paths than this are no help: whoever takes them looks at every file instead. */
const mostPaths = 20_000;

interface Taken {
  paths: Set<string>;
  gap: string | undefined;
}

/** Paths that changed since each taker took them the last time. */
export class Touches {
  readonly #byTaker = new Map<string, Taken>();

  add(paths: Iterable<string>): void {
    for (const taken of this.#byTaker.values()) put(taken, paths);
  }

  /** Changes may have been missed. */
  gap(why: string): void {
    for (const taken of this.#byTaker.values()) taken.gap = why;
  }

  /** The first time of a taker is a gap. */
  take(taker: string): Touched {
    const { paths, gap } = this.#byTaker.get(taker) ?? { paths: [], gap: 'nothing was taken before' };
    this.#byTaker.set(taker, { paths: new Set(), gap: undefined });
    return { paths: [...paths], ...(gap === undefined ? {} : { gap }) };
  }

  giveBack(taker: string, { paths, gap }: Touched): void {
    const taken = this.#byTaker.get(taker) ?? { paths: new Set<string>(), gap: undefined };
    this.#byTaker.set(taker, taken);
    put(taken, paths);
    if (gap !== undefined) taken.gap = gap;
  }
}

function put(taken: Taken, paths: Iterable<string>): void {
  if (taken.gap !== undefined) return; // every file is looked at anyway
  for (const path of paths) taken.paths.add(path);
  if (taken.paths.size <= mostPaths) return;
  taken.gap = `more than ${mostPaths} files changed`;
  taken.paths = new Set();
}
