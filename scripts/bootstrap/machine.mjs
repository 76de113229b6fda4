/** What the machine itself must bring, looked for before anything starts. Plain JavaScript without packages. */
import { spawnSync } from 'node:child_process';
import { installMissing, succeeds } from './parts.mjs';

const lowestNode = [20, 19];
const lowestGit = [2, 38];

/** @type {readonly import('./parts.mjs').Part[]} */
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
 * @param {{ say: (line: string) => void }} options
 * @returns {Promise<readonly string[]>} one sentence with its fix for each part that is still missing
 */
export async function checkMachine({ say }) {
  if (process.platform === 'win32') return ['Native Windows is not supported: use WSL, with the clone inside WSL.'];
  if (!atLeast(process.versions.node, lowestNode)) {
    return [`Node ${process.versions.node} is too old: install Node ${lowestNode.join('.')} or later.`];
  }
  return installMissing(parts, { say });
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
