import { queues } from '../session/mode.ts';
import type { Session } from '../session/state.ts';
import { isLive } from '../session/status.ts';

/**
 * How many sessions an executor may have at work at once as things stand: all places but those that sessions take elsewhere, and one for
 * each at work there that takes no place. `running` is the limit of the engine.
 */
export function placesIn(executor: string, sessions: readonly Session[], running: number): number {
  const atWork = sessions.filter((each) => each.admission === 'admitted' || isLive(each));
  const placed = atWork.filter(({ mode }) => queues(mode));
  const here = atWork.filter((each) => each.executor === executor).length;
  // A limit that was lowered ends nobody.
  return here + Math.max(0, running - placed.length);
}
