import { isCoppiceError } from '../core/errors.ts';
import { oneLine } from '../core/printable.ts';
import type { Context } from './context.ts';
import { isYes } from './with-trust.ts';

/**
 * Does `work`; where memory or disk would run out with one more session, a person at the terminal is asked, and a yes does it
 * anyway. Without a person the refusal stands, and says how to start it all the same.
 */
export async function withRoom<T>({ person }: Context, work: (anyway: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!isCoppiceError(error, 'no-room') || person === undefined) throw error;
    if (!isYes(await person.ask(`${oneLine(error.message, 800)} Start it anyway? [y/N] `))) throw error;
    return work(true);
  }
}
