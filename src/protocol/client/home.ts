/**
 * The data directory: the folder in which a person's engine and front ends meet. It belongs to one user and is closed to all
 * others; everything that is kept in it relies on that.
 */
import { constants, type Stats } from 'node:fs';
import { access, chmod, lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** `COPPICE_HOME` if it is set, else `~/.coppice`. Throws `bad-usage` if it is not an absolute path. */
export function homePath(env: NodeJS.ProcessEnv): string {
  const chosen = env['COPPICE_HOME'];
  if (chosen === undefined || chosen === '') return join(homedir(), '.coppice');
  const path = /^~(\/|$)/.test(chosen) ? join(homedir(), chosen.slice(1)) : chosen;
  if (isAbsolute(path)) return normalize(path);
  throw new CoppiceError(
    'bad-usage',
    `COPPICE_HOME is '${chosen}', which is not an absolute path.`,
    'Set it to a path that begins with / or ~/, so that it means the same folder everywhere.',
  );
}

/**
 * Makes the data directory (mode 0700) unless it is there, checks that it is the user's own and that nobody else can write to
 * it. Resolves to its real path.
 *
 * @throws CoppiceError `read-only`, `config-invalid` (somebody else's, or open to others), `path-in-the-way`, `disk-full`, or
 *   `bad-usage` on native Windows
 */
export async function prepareHome(path: string, platform: NodeJS.Platform = process.platform): Promise<string> {
  requirePlatform(platform);
  try {
    await makeFolders(path);
    const real = await realpath(path);
    const stats = await lstat(real);
    requireOwn(real, stats);
    if ((stats.mode & 0o077) !== 0) await close(real, stats);
    await access(real, constants.W_OK | constants.X_OK);
    return real;
  } catch (error) {
    throw readable(path, error);
  }
}

/** `mkdir` with `recursive` tries for ever where nothing can be made below a folder that is there (`/proc`). */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || (await isThere(dirname(path)))) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Another process may make the same folders. */
function ignoreExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

function requirePlatform(platform: NodeJS.Platform): void {
  if (platform !== 'win32') return;
  throw new CoppiceError(
    'bad-usage',
    'Coppice runs on Linux, macOS and WSL, not on Windows itself.',
    'Open the repository in WSL (`code --remote wsl+<distribution>`), where Coppice then runs.',
  );
}

function requireOwn(path: string, stats: Stats): void {
  if (!stats.isDirectory()) throw inTheWay(path);
  if (stats.uid === process.getuid?.()) return;
  throw new CoppiceError(
    'config-invalid',
    `The data directory ${path} belongs to another user (uid ${stats.uid}).`,
    'Set COPPICE_HOME to a folder of your own; `sudo` often keeps the HOME of the user before.',
    { context: { path, uid: String(stats.uid) } },
  );
}

/** Closes a data directory to others. Any other folder that somebody named by mistake keeps its mode: it may be `/`. */
async function close(path: string, { mode }: Stats): Promise<void> {
  const used = await access(join(path, 'engine', 'engine.log')).then(
    () => true,
    () => false,
  );
  if (used || (await readdir(path)).length === 0) return chmod(path, 0o700);
  if ((mode & 0o022) === 0) return;
  throw new CoppiceError(
    'config-invalid',
    `The data directory ${path} is open to others (mode ${(mode & 0o7777).toString(8)}).`,
    `Run \`chmod 700 ${path}\` if it is meant for Coppice alone, or set COPPICE_HOME to another folder.`,
    { context: { path } },
  );
}

function inTheWay(path: string, cause?: unknown): CoppiceError {
  return new CoppiceError(
    'path-in-the-way',
    `The data directory ${path} cannot be made: a file is in the way.`,
    'Move the file away, or set COPPICE_HOME to another folder.',
    { context: { path }, cause },
  );
}

/** What the system says about the data directory, as an error that a person can act on; any other error as it is. */
export function readable(path: string, error: unknown): unknown {
  const code = systemCode(error) ?? '';
  const context = { context: { path, code }, cause: error };
  if (code === 'EEXIST' || code === 'ENOTDIR') return inTheWay(path, error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CoppiceError(
      'disk-full',
      `There is no space left in the data directory ${path}.`,
      'Free some.',
      context,
    );
  }
  if (!['EROFS', 'EACCES', 'EPERM', 'ENOENT'].includes(code)) return error;
  return new CoppiceError(
    'read-only',
    `The data directory ${path} cannot be written to (${code}).`,
    'Make it writable for your user, or set COPPICE_HOME to a folder that is.',
    context,
  );
}
