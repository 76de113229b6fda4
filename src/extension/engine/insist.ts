import { isCoppiceError } from '../../core/errors.ts';
import type { Method } from '../../protocol/client/wire.ts';
import type { ParamsOf, Requests, ResultOf } from '../../protocol/contract.ts';
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
 * Asks again when the engine went away before it answered: the request waits for the next connection. Where the first one was
 * carried out after all, the second is refused as `wrong-state`, which is then no error: undefined comes back.
 */
export async function insist<K extends Repeatable>(
  link: Pick<EngineLink, 'request'>,
  method: K,
  params: ParamsOf<Requests, K>,
): Promise<ResultOf<Requests, K> | undefined> {
  let repeated = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await link.request(method, params);
    } catch (error) {
      if (repeated && isCoppiceError(error, 'wrong-state')) return undefined;
      const leaving = isCoppiceError(error, 'engine-busy') && error.context['stopping'] !== undefined;
      if (attempt === attempts || !(leaving || isCoppiceError(error, 'unknown-outcome'))) throw error;
      repeated ||= !leaving;
    }
  }
}
