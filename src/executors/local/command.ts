/** Finds the program of a command before anything is started, so that a missing agent is named as one. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/**
 * A command as it is to be started. `command` is a name or a path, `cwd` is absolute, `env` is the complete
 * environment.
 */
export interface Command {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Absolute path of the program that `command` names: a name with a slash is relative to `cwd`, any other is looked for on
 * the `PATH` of `env`. Only absolute folders of it count: an agent must not come out of the worktree by its name. Throws
 * `agent-missing`, or `agent-unusable` if it may not be executed, or `not-found` if there is no such working directory.
 */
export async function findProgram({ command, cwd, env }: Command): Promise<string> {
  if (!(await isFolder(cwd))) {
    const next = 'Create the worktree of the session again, or continue in another one.';
    throw new CoppiceError('not-found', `The working directory does not exist: ${cwd}`, next, { context: { cwd } });
  }
  const path = env['PATH'] ?? '';
  const candidates = command.includes('/')
    ? [isAbsolute(command) ? command : resolve(cwd, command)]
    : path
        .split(':')
        .filter(isAbsolute)
        .map((folder) => join(folder, command));
  const found = await Promise.all((command === '' ? [] : candidates).map(look));
  const usable = candidates[found.indexOf('usable')];
  if (usable !== undefined) return usable;
  const unusable = candidates[found.indexOf('unusable')];
  if (unusable !== undefined) {
    const next = 'Make it executable (`chmod +x`), or set another command for the agent.';
    throw new CoppiceError('agent-unusable', `The agent's program may not be executed: ${unusable}`, next, {
      context: { program: unusable },
    });
  }
  throw new CoppiceError(
    'agent-missing',
    `The agent's program was not found: ${command}`,
    'Install it, or check the PATH of the shell that starts the session.',
    { context: { command, path } },
  );
}

async function look(path: string): Promise<'usable' | 'unusable' | 'absent'> {
  try {
    if (!(await stat(path)).isFile()) return 'absent';
    await access(path, constants.X_OK);
    return 'usable';
  } catch (error) {
    return systemCode(error) === 'EACCES' ? 'unusable' : 'absent';
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
