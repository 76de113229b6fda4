import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

/**
 * An absolute path as the system has it: without links, `..` and a slash at its end. Of what is not there any more, as much as is
 * there. Anything else, e.g. a name, stays as it is.
 */
export async function realPathOf(given: string): Promise<string> {
  if (!isAbsolute(given)) return given;
  const path = resolve(given);
  const above = dirname(path);
  return realpath(path).catch(async () => (above === path ? path : join(await realPathOf(above), basename(path))));
}
