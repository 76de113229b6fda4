/** Puts the files right that hold the path of a repository, after somebody has moved it. Runs no git and can be repeated. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { adminEntries } from './admin.ts';
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
 * Lets the linked worktrees of the git directory `to`, which was at `from`, point to it, and our notes of them as well. A pointer
 * that does not read exactly as git had written it is somebody else's business and is left. Gives the paths of the worktrees whose
 * pointer is not right afterwards.
 */
export async function relocate(from: string, to: string): Promise<readonly string[]> {
  for (const note of await listNotes(to)) {
    if (note.place.common !== from) continue;
    await replaceNote({ ...note, place: placeIn(note.place, to) });
  }
  const wrong: string[] = [];
  for (const { admin, path } of await adminEntries(to)) {
    if (path === undefined || !existsSync(path)) continue;
    const pointer = join(path, '.git');
    const right = `gitdir: ${admin}`;
    const present = isFile(pointer) ? (await readSmall(pointer))?.trimEnd() : undefined;
    if (present === `gitdir: ${join(from, 'worktrees', basename(admin))}`) await replaceFile(pointer, `${right}\n`);
    else if (present !== right) wrong.push(path);
  }
  return wrong;
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
