import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineFiles } from '../protocol/client/engine-files.ts';
import type { LaunchPlan } from '../protocol/client/launch.ts';

/** How the command line starts an engine that it finds missing. */
export function launchPlan(env: NodeJS.ProcessEnv): LaunchPlan {
  const here = dirname(fileURLToPath(import.meta.url));
  const dist = basename(here) === 'dist' ? here : join(here, '..', '..', 'dist');
  return { dist, files: engineFiles, entry: 'engine.js', env };
}
