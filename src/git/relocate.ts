/** Puts the files right that hold the path of a repository, after somebody has moved it. Runs no git and can be repeated. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { adminEntries, pointers } from './admin.ts';
import { readText, replaceFile } from './files.ts';
import { listNotes, replaceNote } from './notes.ts';
import { readSmall } from './locate.ts';

/** Sessions that keep something in a git directory, by its refs `refs/coppice/<session>/…`, packed or not. */
export async function sessionsIn(commonDir: string): Promise<ReadonlySet<string>> {
  const loose = foldersIn(join(commonDir, 'refs', 'coppice'));
  const packed = readText(join(commonDir, 'packed-refs'), mostPacked) ?? '';
  return new Set([...loose, ...[...packed.matchAll(/ refs\/coppice\/([^/\s]+)\//gu)].map(([, id = '']) => id)]);
}

const mostPacked = 256 * 1024 * 1024;

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Lets the linked worktrees of the git directory `to`, which was at `from`, point to it, and our notes of them as well; where git had
 * written paths relative, they stay so. A pointer that does not read exactly as git had written it is somebody else's business and is left. Gives the paths of the worktrees whose
 * pointer is not right afterwards.
 */
export async function relocate(from: string, to: string): Promise<readonly string[]> {
  for (const note of await listNotes(to)) {
    if (note.place.common !== from) continue;
    await replaceNote({ ...note, place: placeIn(note.place, to) });
  }
  const wrong: string[] = [];
  for (const { admin, path: known } of await adminEntries(to)) {
    const was = join(from, 'worktrees', basename(admin));
    const path = known !== undefined && existsSync(known) ? known : await leftBehind(admin, was);
    if (path === undefined) continue;
    if (!(await repoint(path, was, admin))) wrong.push(path);
    else if (path !== known) await replaceFile(join(admin, 'gitdir'), `${relative(admin, join(path, '.git'))}\n`);
  }
  return wrong;
}

/** The worktree that an entry names relative to the place where it was; undefined when there is none. */
async function leftBehind(admin: string, was: string): Promise<string | undefined> {
  const back = (await readSmall(join(admin, 'gitdir')))?.trimEnd();
  if (back === undefined || isAbsolute(back) || basename(back) !== '.git') return undefined;
  const path = dirname(resolve(was, back));
  return existsSync(path) ? path : undefined;
}

/** Lets a worktree that points to the entry `was` point to `is`, in the way in which it did; false when it points to neither. */
async function repoint(path: string, was: string, is: string): Promise<boolean> {
  const pointer = join(path, '.git');
  const present = isFile(pointer) ? (await readSmall(pointer))?.trimEnd() : undefined;
  const isPresent = (to: string): boolean => present === `gitdir: ${to}`;
  const ways = pointers(path, is);
  if (ways.some(isPresent)) return true;
  const right = ways[pointers(path, was).findIndex(isPresent)];
  if (right === undefined) return false;
  await replaceFile(pointer, `gitdir: ${right}\n`);
  return true;
}

function placeIn(place: Place, common: string): Place {
  const admin = place.admin === '' ? '' : join(common, 'worktrees', basename(place.admin));
  return { ...place, common, admin };
}

/** A link is followed nowhere: what it points to may be anything. */
function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}
