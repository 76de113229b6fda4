import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import { prepareHome } from '../protocol/client/home.ts';
import type { Check } from '../protocol/schemas.ts';
import type { Shell } from './shell.ts';
import { nextText } from './ways.ts';

/** The oldest Node.js that the engine runs on (`engines` in package.json). */
const oldestNode = [20, 19] as const;

/** What can be found out without an engine, and without running anything. */
export async function localChecks(shell: Shell): Promise<Check[]> {
  return [nodeCheck(shell.nodeVersion), await gitCheck(shell), await homeCheck(shell)];
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const fix = `Install Node.js ${oldestNode.join('.')} or later.`;
  return { name: 'node', ok, detail: version, required: true, ...(ok ? {} : { fix }) };
}

async function gitCheck({ env }: Shell): Promise<Check> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const file = join(folder, 'git');
    if (await isExecutable(file)) return { name: 'git', ok: true, detail: file, required: true };
  }
  return { name: 'git', ok: false, detail: 'no git on the PATH', fix: 'Install git 2.38 or later.', required: true };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function homeCheck(shell: Shell): Promise<Check> {
  const name = 'data directory';
  try {
    const { home } = shell;
    await prepareHome(home);
    return { name, ok: true, detail: home, required: true };
  } catch (error) {
    if (isCoppiceError(error)) return { name, ok: false, detail: error.message, fix: nextText(error), required: true };
    const detail = `${shell.home} cannot be written to (${systemCode(error) ?? String(error)})`;
    const fix = 'Make it writable, or name another one in COPPICE_HOME.';
    return { name, ok: false, detail, fix, required: true };
  }
}
