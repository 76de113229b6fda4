import { isCoppiceError } from '../core/errors.ts';
import type { ParamsOf, Requests, ResultOf } from '../protocol/contract.ts';
import type { Method } from '../protocol/client/wire.ts';
import { isLost } from './connection.ts';
import type { Context } from './context.ts';

/** Pauses between attempts, in milliseconds: from the first to the longest, doubled each time. */
const pauses = { firstMs: 100, longestMs: 2_000 } as const;

/**
 * Asks again, also another engine, when one went away before it answered. Only for what may be asked twice: questions, and
 * work that has an id or a key of its own. The last error is thrown when no engine stays.
 */
export async function insist<K extends Method>(
  { engine, shell }: Pick<Context, 'engine' | 'shell'>,
  method: K,
  params: ParamsOf<Requests, K>,
): Promise<ResultOf<Requests, K>> {
  for (let delay: number = pauses.firstMs; ; delay *= 2) {
    try {
      return await engine.request(method, params);
    } catch (error) {
      if (!isAway(error) || delay > pauses.longestMs) throw error;
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
  try {
    await context.engine.request('session/answer', params);
    return;
  } catch (error) {
    if (!isAway(error)) throw error;
  }
  try {
    await insist(context, 'session/answer', params);
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state')) throw error;
  }
}

/** The engine went away before it answered, or is about to. */
function isAway(error: unknown): boolean {
  return isLost(error) || (isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined);
}
