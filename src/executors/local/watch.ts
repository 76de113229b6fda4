/** Processes that a program of this host starts, gathered while it runs, so that they are ended also when they cleared their environment. */
import { pause } from '../pause.ts';
import type { StopLimits, StopReport } from '../executor.ts';
import { Family } from './family.ts';
import { endFamily, type Host } from './stop.ts';

/** A program that is watched from before its start on. `end` is called once, when nobody waits for it any more. */
export interface Watch {
  /** Ends everything that carries the mark or was seen below what does. */
  end(limits: StopLimits): Promise<Pick<StopReport, 'killed' | 'left'>>;
}

/** A program that is done within this time is not looked at: most are. */
const firstMs = 250;
const everyMs = 500;

/**
 * Looks now and then at what carries the mark `session`, and at what descends from that. What was seen once belongs to it for good; a process that
 * loses its parent and its environment between two looks is not found.
 */
export function watchMarked(session: string, host: Host): Watch {
  const { table, self } = host;
  const family = new Family({ table, self, processes: undefined, belongs: (mark) => mark.session === session });
  const over = new AbortController();
  const looking = look(family, over.signal);
  return {
    async end(limits) {
      over.abort();
      await looking;
      return endFamily(family, limits, host);
    },
  };
}

async function look(family: Family, signal: AbortSignal): Promise<void> {
  for (let wait = firstMs; ; wait = everyMs) {
    await pause(wait, signal);
    if (signal.aborted) return;
    // A look that fails is made again; the last one, at the end, says what is wrong.
    await family.look().catch(() => undefined);
  }
}
