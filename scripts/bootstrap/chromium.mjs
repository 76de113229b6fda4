/** The browser in which the tests of the workbench look at it. Plain JavaScript without packages. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installMissing } from './parts.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const applications = ['Chromium', 'Google Chrome', 'Microsoft Edge'];

/**
 * A browser of the Chromium family: the one that `COPPICE_CHROMIUM` names, else one on the PATH or among the applications.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function installedChromium(env) {
  const chosen = env['COPPICE_CHROMIUM'];
  if (chosen) return runs(chosen) ? chosen : undefined;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const apps = applications.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  return [...onPath, ...apps].find(runs);
}

/**
 * Finds a browser, or on Debian as root installs one.
 * @param {{ env: NodeJS.ProcessEnv, say: (line: string) => void, signal?: AbortSignal | undefined }} options
 * @returns {Promise<{ path: string } | { problem: string }>}
 */
export async function installChromium({ env, say, signal }) {
  const part = { name: 'Chromium', present: () => installedChromium(env) !== undefined, debian: 'chromium' };
  const missing = await installMissing([part], { say, signal });
  const path = installedChromium(env);
  return path === undefined ? { problem: missing.join('\n') } : { path };
}

/** @param {string} path */
function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
