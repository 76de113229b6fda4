/** What the machine itself must bring, looked for before anything starts. Plain JavaScript without packages. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from './command.mjs';

const lowestNode = [20, 19];
const lowestGit = [2, 38];

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {() => boolean} present
 * @property {string} debian package that brings it
 */

/** @type {readonly Part[]} */
const parts = [
  {
    name: `git ${lowestGit.join('.')} or later`,
    present: () => atLeast(firstLine('git', ['--version']), lowestGit),
    debian: 'git',
  },
  { name: 'sh', present: () => succeeds('sh', ['-c', ':']), debian: 'dash' },
  { name: 'mkfifo', present: () => succeeds('sh', ['-c', 'command -v mkfifo']), debian: 'coreutils' },
  { name: 'tar', present: () => succeeds('sh', ['-c', 'command -v tar']), debian: 'tar' },
  { name: 'npm', present: () => succeeds('npm', ['--version']), debian: 'npm' },
];

/**
 * Looks for what is needed; on Debian as root, installs what is missing.
 * @param {{ root: string, say: (line: string) => void }} options
 * @returns {Promise<readonly string[]>} one sentence with its fix for each part that is still missing
 */
export async function checkMachine({ root, say }) {
  if (process.platform === 'win32') return ['Native Windows is not supported: use WSL, with the clone inside WSL.'];
  if (!atLeast(process.versions.node, lowestNode)) {
    return [`Node ${process.versions.node} is too old: install Node ${lowestNode.join('.')} or later.`];
  }
  let missing = parts.filter((part) => !part.present());
  if (missing.length === 0) return [];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const names = [...new Set(missing.map((part) => part.debian))];
    say(`missing: ${missing.map((part) => part.name).join(', ')}; installing ${names.join(', ')} with apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { cwd: root, env, limitMs: 180_000, output: (/** @type {string} */ text) => say(text.trimEnd()) };
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options);
    missing = parts.filter((part) => !part.present());
  }
  return missing.map((part) => `${part.name} is missing. ${fix(part)}`);
}

/** @param {Part} part */
function fix(part) {
  if (process.platform === 'darwin')
    return part.debian === 'git' ? 'Run: xcode-select --install' : `Run: brew install ${part.debian}`;
  return existsSync('/etc/debian_version')
    ? `Run: sudo apt-get install ${part.debian}`
    : `Install the package ${part.debian} of your system.`;
}

/** @param {string} command @param {readonly string[]} args */
function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** @param {string} command @param {readonly string[]} args @returns {string} empty when it cannot be run */
function firstLine(command, args) {
  const answer = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
  return answer.error === undefined ? (answer.stdout.split('\n')[0] ?? '') : '';
}

/** Whether the first version in a text is at least `lowest`. @param {string} text @param {readonly number[]} lowest */
function atLeast(text, lowest) {
  const found = /(\d+)\.(\d+)/.exec(text);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [lowestMajor = 0, lowestMinor = 0] = lowest;
  return major > lowestMajor || (major === lowestMajor && minor >= lowestMinor);
}
