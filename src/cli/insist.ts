import { randomUUID } from 'node:crypto';
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
      const leaving = isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined;
      if ((!isLost(error) && !leaving) || delay > pauses.longestMs) throw error;
    }
    await shell.sleep(delay);
  }
}

/** Answers what a session waits for, also where the engine goes away meanwhile: the answer is given once. */
export async function answerOnce(
  context: Pick<Context, 'engine' | 'shell'>,
  params: Omit<ParamsOf<Requests, 'session/answer'>, 'key'>,
): Promise<void> {
  await insist(context, 'session/answer', { ...params, key: randomUUID() });
}
