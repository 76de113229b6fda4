import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import type { SessionContext } from './context.ts';
import { pause } from './follower.ts';

/** Pause before something is tried again, in milliseconds. */
export const retryMs = 1000;
/** As often the pause is doubled: up to 16 s. */
const mostDoublings = 4;

/** Waits before the next try, longer after each that was `inVain`. */
export async function pauseAfter(inVain: number, stopping: AbortSignal): Promise<void> {
  await pause(retryMs * 2 ** Math.min(inVain, mostDoublings), stopping);
}

/** An agent whose host is away works on there: what it is to be told or asked for comes when the host is back. */
export class Reach {
  readonly #context: Pick<SessionContext, 'log' | 'stopping'>;
  readonly #session: string;
  /** How often in a row the place of the agent could not be reached. */
  #away = 0;

  constructor(context: Pick<SessionContext, 'log' | 'stopping'>, session: string) {
    this.#context = context;
    this.#session = session;
  }

  /** What the work says; true, so that it is decided anew, after a pause where the host was away. Other errors are thrown. */
  async whenThere(work: () => Promise<boolean>): Promise<boolean> {
    const { log, stopping } = this.#context;
    try {
      const decided = await work();
      this.#away = 0;
      return decided;
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warn('an agent cannot be reached', { session: this.#session, error: error.message });
      await pauseAfter(this.#away, stopping);
      this.#away += 1;
      return true;
    }
  }
}

/** Whether what was asked of an agent's host did not reach it, or its answer did not come. */
export function isAway(error: unknown): error is CoppiceError {
  return isCoppiceError(error, 'unreachable') || isCoppiceError(error, 'timed-out');
}
