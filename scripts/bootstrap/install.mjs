/** Brings node_modules to what the lockfile says, if it is not there yet. Plain JavaScript without packages. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './command.mjs';

const limitMs = 8 * 60_000;

/** The Node that runs tests and tools: a pinned devDependency. @param {string} root */
export function pinnedNode(root) {
  return join(root, 'node_modules', '.bin', 'node');
}

/**
 * @param {{ root: string, say: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<string | undefined>} what is wrong and how to mend it; undefined when all is in place
 */
export async function install({ root, say, signal }) {
  const reason = whyNotInstalled(root);
  if (reason === undefined) return undefined;
  say(`npm ci, because ${reason} (a minute on a fresh clone; limit ${limitMs / 60_000} min)`);
  const begun = performance.now();
  const progress = setInterval(() => say(`npm ci: ${Math.round((performance.now() - begun) / 1000)} s`), 15_000);
  /** @type {string[]} */
  const output = [];
  // npm ci deletes node_modules, and with it the Node there: it is run by the Node of the machine.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const ended = await run('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    limitMs,
    output: (text) => output.push(text),
    ...(signal && { signal }),
  });
  clearInterval(progress);
  if (ended.code !== 0) {
    say(output.join('').trimEnd());
    const how = ended.how === 'over-limit' ? `was not done after ${limitMs / 60_000} minutes` : 'failed';
    return `npm ci ${how}. Check that npm can reach its packages (npm ping), then run it again.`;
  }
  const still = whyNotInstalled(root);
  if (still === undefined) say(`installed in ${Math.round(ended.ms / 1000)} s`);
  return still && `After npm ci, ${still}. If npm is set to ignore install scripts, run: npm ci --ignore-scripts=false`;
}

/** Why the packages that are there will not do, or undefined. @param {string} root @returns {string | undefined} */
export function whyNotInstalled(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'no packages are installed';
  if (wanted === undefined) return 'package-lock.json cannot be read';
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    if (!found && optional) continue; // for another platform
    if (found?.version !== version || found?.integrity !== integrity) return `${path} is not as in package-lock.json`;
  }
  const extra = Object.keys(present).find((path) => !(path in wanted));
  if (extra !== undefined) return `${extra} is not in package-lock.json`;
  return whyNodeWillNotDo(root, wanted['node_modules/node']?.version);
}

/** @param {string} root @param {string | undefined} version */
function whyNodeWillNotDo(root, version) {
  const node = pinnedNode(root);
  if (!existsSync(node)) return 'the pinned Node is not there';
  const answer = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const fits = answer.error === undefined && answer.stdout.trim() === `v${version}`;
  return fits ? undefined : `the pinned Node does not answer with v${version}`;
}

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Packages */

/** @param {string} file @returns {Packages | undefined} */
function packagesOf(file) {
  try {
    return /** @type {{ packages: Packages }} */ (JSON.parse(readFileSync(file, 'utf8'))).packages;
  } catch {
    return undefined;
  }
}
