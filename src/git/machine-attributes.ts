import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { absolutePathEntries } from './environment.ts';

/**
 * Where a git that is found on the `PATH` may have attributes for the whole machine. Git does not tell where; when none of
 * these is there, it is told to look for none (`door.ts`), so that both agree.
 */
export function machineAttributes(env: Readonly<Record<string, string | undefined>>): string[] {
  const prefixes = absolutePathEntries(env['PATH']).map((folder) => join(dirname(folder), 'etc'));
  return [...new Set(['/etc', ...prefixes])].map((folder) => join(folder, 'gitattributes'));
}

/** What git is told about attributes of the whole machine. */
export function machineAttributesEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return machineAttributes(env).some((file) => existsSync(file)) ? {} : { GIT_ATTR_NOSYSTEM: '1' };
}
