import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LaunchPlan } from '../protocol/client/launch.ts';

/** What the engine runs from; `esbuild.mjs` puts all of it beside the bundle of the command line. */
const files = [
  'engine.js',
  'cli.js',
  'demo-agent.js',
  'remote.sh',
  'run.sh',
  'sql-wasm.wasm',
  'prompt-continue.md',
  'prompt-escalate.md',
  'prompt-check.md',
  'prompt-review.md',
];

/** How the command line starts an engine that it finds missing. */
export function launchPlan(env: NodeJS.ProcessEnv): LaunchPlan {
  const here = dirname(fileURLToPath(import.meta.url));
  const dist = basename(here) === 'dist' ? here : join(here, '..', '..', 'dist');
  return { dist, files, entry: 'engine.js', env };
}
