/** Where a session works, and what a path is to it. Only names are looked at: links are not followed. */
import { posix } from 'node:path';
import { unknown, unknownAt } from './text.ts';

/** What the monitor has to know of a session. Paths are absolute, as the agent sees them. */
export interface Place {
  readonly worktree: string;
  readonly home: string;
  /** Directories that hold other people's or agents' work: the main checkout, other worktrees, the folder of all worktrees. */
  readonly others: readonly string[];
  /** Directories where anybody may write, such as the one for temporary files. */
  readonly scratch: readonly string[];
  /** Hosts that may be spoken to; a name also stands for those below it. */
  readonly hosts: readonly string[];
  /** Branches that nobody pushes to directly. */
  readonly protectedBranches: readonly string[];
}

export const usualScratch = ['/tmp', '/var/tmp', '/dev', '~/.cache'] as const;
export const usualHosts = ['localhost', '127.0.0.1', '::1', '0.0.0.0'] as const;
export const usualBranches = ['main', 'master'] as const;

/**
 * What a path is to a session: inside its worktree (`root` and `git`: the worktree itself, and git's own files in it), in
 * `scratch` space, in an `other` worktree, elsewhere (`outside`), or not to be told.
 */
export type Whereabouts = 'inside' | 'root' | 'git' | 'scratch' | 'other' | 'outside' | 'unknown';

/** The absolute path without `.` and `..`, or undefined when its beginning cannot be told. */
export function absolute(path: string, cwd: string): string | undefined {
  // What begins with something unknown may be an absolute path as well.
  if (unknownAt(path) === 0) return undefined;
  const joined = path.startsWith('/') ? path : `${cwd}/${path}`;
  const cut = unknownAt(joined);
  if (cut === -1) return posix.normalize(joined);
  const known = joined.slice(0, joined.lastIndexOf('/', cut) + 1);
  return known === '' ? undefined : `${posix.normalize(known)}${unknown}`;
}

/** What the path is to the session. */
export function whereIs(path: string, cwd: string, place: Place): Whereabouts {
  const full = absolute(path, cwd);
  if (full === undefined || full === `/${unknown}`) return 'unknown';
  const bare = withoutPattern(full);
  const worktree = trimmed(posix.normalize(place.worktree));
  if (bare === worktree || (bare === `${worktree}/` && full !== `${worktree}/${unknown}`)) return 'root';
  if (isBelow(bare, worktree)) return /^\.git(\/|$)/u.test(bare.slice(worktree.length + 1)) ? 'git' : 'inside';
  if (place.others.some((each) => isBelow(bare, each))) return 'other';
  return scratchOf(place).some((each) => isBelow(bare, each)) && !isDevice(bare) ? 'scratch' : 'outside';
}

/** Whether the path is the directory or something in it. */
export function isBelow(path: string, directory: string): boolean {
  const bare = trimmed(path);
  const above = trimmed(directory);
  return bare === above || bare.startsWith(above === '/' ? '/' : `${above}/`);
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function scratchOf({ scratch, home }: Place): readonly string[] {
  return scratch.map((each) => (each.startsWith('~') ? `${home}${each.slice(1)}` : each));
}

function isDevice(path: string): boolean {
  return /^\/dev\/(sd|hd|vd|xvd|nvme|mmcblk|disk|dm-|mem|kmem|port|mapper|loop)/u.test(path);
}

/** The part of a path before a pattern: `/a/*` is about `/a/`. */
function withoutPattern(path: string): string {
  const cut = path.search(/[*?[\uE000-\uE003]/u);
  return cut === -1 ? path : path.slice(0, path.lastIndexOf('/', cut) + 1);
}
