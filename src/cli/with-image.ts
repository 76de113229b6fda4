import { isCoppiceError } from '../core/errors.ts';
import { oneLine } from '../core/printable.ts';
import { buildImage, buildOf } from './build-image.ts';
import type { Context } from './context.ts';
import { isYes } from './with-trust.ts';

/**
 * Does `work`; where the image of containers is not there, a person at the terminal is asked whether it is to be built, sees how that
 * goes, and the work is done when it is there. Without a person, and after a no, the refusal stands; a build that fails says so.
 */
export async function withImage<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const { person, shell } = context;
  try {
    return await work();
  } catch (error) {
    if (!isCoppiceError(error, 'executor-missing') || person === undefined || shell.exec === undefined) throw error;
    const { image } = error.context;
    if (image === undefined) throw error;
    const build = await buildOf(context, { image });
    if (!isYes(await person.ask(`${oneLine(error.message)} Build it? It takes some minutes. [y/N] `))) throw error;
    await buildImage(context, build);
    return work();
  }
}
