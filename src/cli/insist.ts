import { isCoppiceError } from '../core/errors.ts';
import type { ParamsOf, Requests, ResultOf } from '../protocol/contract.ts';
import type { Method } from '../protocol/client/wire.ts';
import { isLost } from './connection.ts';
import type { Context } from './context.ts';

/** Pauses between attempts, in milliseconds: from the first to the longest, doubled each time. */
const pauses = { firstMs: 100, longestMs: 2_000 } as const;

/**
 * Asks again, also another engine, when one went away before it answered. Only for what may be asked twice: questions, and
 * work that has an id or a key of its own. The last error is thrown when no engine stays. `perhapsDone` is called where one that went
 * away may have done it.
 */
export async function insist<K extends Method>(
  { engine, shell }: Pick<Context, 'engine' | 'shell'>,
  method: K,
  params: ParamsOf<Requests, K>,
  perhapsDone: () => void = () => undefined,
): Promise<ResultOf<Requests, K>> {
  for (let delay: number = pauses.firstMs; ; delay *= 2) {
    try {
      return await engine.request(method, params);
    } catch (error) {
      if (isCoppiceError(error, 'unknown-outcome')) perhapsDone();
      const leaving = isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined;
      if ((!isLost(error) && !leaving) || delay > pauses.longestMs) throw error;
    }
    await shell.sleep(delay);
  }
}

/**
 * Answers what a session waits for, also where the engine goes away meanwhile. One that had taken the answer by then refuses the
 * second one as `wrong-state`, which is then no error.
 */
export async function answerOnce(
  context: Pick<Context, 'engine' | 'shell'>,
  params: ParamsOf<Requests, 'session/answer'>,
): Promise<void> {
  const first = { isPerhapsTaken: false };
  try {
    await insist(context, 'session/answer', params, () => (first.isPerhapsTaken = true));
  } catch (error) {
    if (!first.isPerhapsTaken || !isCoppiceError(error, 'wrong-state')) throw error;
  }
}
