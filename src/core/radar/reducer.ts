import type { Recorded } from '../events.ts';
import type { Overlap } from './state.ts';

/** The overlap of a pair after the event; undefined when there is none. */
export function reduceOverlap(overlap: Overlap | undefined, event: Recorded): Overlap | undefined {
  if (event.type === 'overlap.gone') return undefined;
  if (event.type !== 'overlap.found') return overlap;
  const { overlap: id, ...data } = event.data;
  return { id, ...data, since: overlap?.since ?? event.at, changedAt: event.at };
}
