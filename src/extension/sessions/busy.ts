/** Whether something goes on of which no row tells. Pure. */
import type { LandingView } from '../../protocol/landing.ts';
import type { LinkState } from '../engine/link.ts';
import type { Entry } from './entry.ts';

/**
 * The engine is being reached, gates are asked about work that is at rest, or work comes home. A landing that is held waits for
 * something else, for days perhaps: nothing goes on. Nor is anything known to go on while the engine is away.
 */
export function isBusy(
  engine: LinkState['status'],
  entries: Iterable<Entry>,
  landings: readonly Pick<LandingView, 'held'>[],
): boolean {
  if (engine !== 'connected') return engine === 'connecting';
  if (landings.some(({ held }) => held === undefined)) return true;
  return [...entries].some(({ detail }) => detail?.supervision?.verifying === true);
}
