/** Parts of the system that are looked for, installed where that can be done, and else named with their fix. Without packages. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { run } from './command.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {() => boolean} present
 * @property {string} debian package that brings it
 */

/** Debian's packages are large and slow where the network is. */
const installLimitMs = 6 * 60_000;

/**
 * Looks for parts; on Debian as root, installs what is missing.
 * @param {readonly Part[]} parts
 * @param {{ say: (line: string) => void, signal?: AbortSignal | undefined }} options
 * @returns {Promise<readonly string[]>} one sentence with its fix for each part that is still missing
 */
export async function installMissing(parts, { say, signal }) {
  let missing = parts.filter((part) => !part.present());
  if (missing.length === 0) return [];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const names = [...new Set(missing.map((part) => part.debian))];
    say(`missing: ${missing.map((part) => part.name).join(', ')}; installing ${names.join(', ')} with apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const output = (/** @type {string} */ text) => say(text.trimEnd());
    const options = { cwd: tmpdir(), env, limitMs: installLimitMs, output, ...(signal && { signal }) };
    await run('apt-get', ['update', '-qq'], options);
    const wait = ['-o', 'DPkg::Lock::Timeout=120']; // a desktop may be at its own updates
    await run('apt-get', [...wait, 'install', '-y', '-qq', '--no-install-recommends', ...names], options);
    missing = parts.filter((part) => !part.present());
  }
  return missing.map((part) => `${part.name} is missing. ${fix(part)}`);
}

/** @param {Part} part */
function fix(part) {
  if (process.platform === 'darwin')
    return ['git', 'g++', 'make', 'python3'].includes(part.debian)
      ? 'Run: xcode-select --install'
      : `Run: brew install ${part.debian}`;
  return existsSync('/etc/debian_version')
    ? `Run: sudo apt-get install ${part.debian}`
    : `Install the package ${part.debian} of your system.`;
}

/** Whether a command ends well within 20 seconds. @param {string} command @param {readonly string[]} args */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
