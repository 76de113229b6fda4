/** The folder that holds the engine's socket: short, on this host, and nobody else's. */
import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** Where a folder for sockets could be, and the user whose it has to be. */
export interface RuntimePlaces {
  /** `$XDG_RUNTIME_DIR`. */
  readonly xdg: string | undefined;
  /** Folders for temporary files that may be shared with other users, in order of preference. */
  readonly temporary: readonly string[];
  readonly uid: number;
}

/**
 * Makes or finds the folder: `$XDG_RUNTIME_DIR/coppice`, else `<temporary folder>/coppice-<uid>`. It has to be a real folder
 * of ours with mode 0700, and nobody else may be able to put another one in its place.
 *
 * @param longest bytes that its path may have
 * @throws CoppiceError `isolation-failed` that names what is wrong with each place
 */
export async function runtimeDirectory({ xdg, temporary, uid }: RuntimePlaces, longest: number): Promise<string> {
  const places = temporary.map((folder) => join(folder, `coppice-${uid}`));
  if (xdg !== undefined && isAbsolute(xdg)) places.unshift(join(xdg, 'coppice'));
  const problems: string[] = [];
  for (const place of new Set(places)) {
    const problem = Buffer.byteLength(place) > longest ? 'its path is too long' : await use(place, uid);
    if (problem === undefined) return place;
    problems.push(`${place}: ${problem}`);
  }
  throw new CoppiceError(
    'isolation-failed',
    `There is no safe folder for the engine's socket. ${problems.join('; ')}.`,
    'Find out who made it, and remove it; or set XDG_RUNTIME_DIR to a folder of your own with mode 0700.',
  );
}

/** Undefined if the folder may be used, else why not. */
async function use(path: string, uid: number): Promise<string | undefined> {
  try {
    const parent = await stat(dirname(path));
    const shared = (parent.mode & 0o022) !== 0 && (parent.mode & 0o1000) === 0; // others may write, and it is not sticky
    if (shared || (parent.uid !== uid && parent.uid !== 0)) return 'others can replace it';
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return 'it is a symbolic link';
    if (!stats.isDirectory()) return 'it is no folder';
    if (stats.uid !== uid) return `it belongs to another user (uid ${stats.uid})`;
    return (stats.mode & 0o077) === 0 ? undefined : `others may use it (mode ${(stats.mode & 0o777).toString(8)})`;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return `it cannot be made (${code})`;
  }
}
