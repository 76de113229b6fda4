import { join } from 'node:path';
import { engineFiles } from '../../protocol/client/engine-files.ts';
import type { LaunchPlan } from '../../protocol/client/launch.ts';

/**
 * How the extension starts an engine that it finds missing: with the program that runs the extension host (which the launcher
 * turns into Node where it is Electron), from a copy of the files, because an update of the extension deletes them.
 *
 * @param extension folder of the installed extension
 * @param env environment of the user's shell with the settings of the editor
 */
export function launchPlan(extension: string, env: NodeJS.ProcessEnv): LaunchPlan {
  return { dist: join(extension, 'dist'), files: engineFiles, entry: 'engine.js', env };
}
