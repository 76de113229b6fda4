import { randomUUID } from 'node:crypto';
import { isCoppiceError } from '../../core/errors.ts';
import type { Method } from '../../protocol/client/wire.ts';
import type { ParamsOf, Requests, ResultOf } from '../../protocol/contract.ts';
import type { Given } from '../needs-you/answers.ts';
import type { EngineLink } from './link.ts';

/** What may be asked twice: it has an id or key of its own, or the second time finds it done. */
export type Repeatable = Extract<
  Method,
  | 'session/create'
  | 'session/continue'
  | 'session/answer'
  | 'session/cancel'
  | 'session/archive'
  | 'trust/grant'
  | 'trust/revoke'
>;

const attempts = 4;

/**
 * Asks again when the engine went away before it answered: the request waits for the next connection. `carriedOut` is for what has no
 * id or key: it comes back where the second one is refused as `wrong-state`, since the first was carried out after all.
 */
export async function insist<K extends Repeatable>(
  link: Pick<EngineLink, 'request'>,
  method: K,
  params: ParamsOf<Requests, K>,
  carriedOut?: ResultOf<Requests, K>,
): Promise<ResultOf<Requests, K>> {
  let repeated = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await link.request(method, params);
    } catch (error) {
      if (repeated && carriedOut !== undefined && isCoppiceError(error, 'wrong-state')) return carriedOut;
      const leaving = isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined;
      if (attempt === attempts || !(leaving || isCoppiceError(error, 'unknown-outcome'))) throw error;
      repeated ||= !leaving;
    }
  }
}

/** Answers what a session asks: once, however often it has to be sent. Refused as `wrong-state` where another answer was first. */
export async function giveAnswer(
  link: Pick<EngineLink, 'request'>,
  session: string,
  breakpoint: string,
  given: Given,
): Promise<void> {
  await insist(link, 'session/answer', { session, breakpoint, key: randomUUID(), ...given });
}
