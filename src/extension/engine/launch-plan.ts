import { join } from 'node:path';
import type { LaunchPlan } from '../../protocol/client/launch.ts';

/** What the engine runs from; the build puts all of it beside the extension's bundle. */
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

/**
 * How the extension starts an engine that it finds missing: with the program that runs the extension host (which the launcher
 * turns into Node where it is Electron), from a copy of the files, because an update of the extension deletes them.
 *
 * @param extension folder of the installed extension
 * @param env environment of the user's shell with the settings of the editor
 */
export function launchPlan(extension: string, env: NodeJS.ProcessEnv): LaunchPlan {
  return { dist: join(extension, 'dist'), files, entry: 'engine.js', env };
}
