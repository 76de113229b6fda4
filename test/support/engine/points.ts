import type { Chance } from './chance.ts';

/** Whether every point is tried (`npm run test:kills-long`), or some of them, others in each run. */
export const everyPoint = process.env['COPPICE_KILL_POINTS'] === 'all';

/** All points, or one of every `portion` of them, taken by chance from each portion so that they lie over the whole. */
export function somePoints<T>(points: readonly T[], portion: number, chance: Chance): T[] {
  if (everyPoint) return [...points];
  const chosen: T[] = [];
  for (let from = 0; from < points.length; from += portion) {
    const present = points.slice(from, from + portion);
    const point = present[chance.below(present.length)];
    if (point !== undefined) chosen.push(point);
  }
  return chosen;
}
