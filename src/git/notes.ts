/**
 * Our note of every worktree that we make, in `<common dir>/coppice/worktrees/`, which no container mounts for writing.
 * It is written before git makes anything and marked `ready` after the last step, so that what a killed process left
 * half-made can be told from a worktree in which somebody works.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { isAbsent } from './admin.ts';
import { createFile, namesIn, replaceFile, readText } from './files.ts';
import { hashOf } from './names.ts';
import { engineMarkFrom, type EngineMark } from './owner.ts';

/** The content of a note: what is being made or was made, and by which engine. */
export interface Note {
  readonly v: 1;
  readonly state: 'making' | 'ready';
  /** `admin` is empty while the worktree is being made. */
  readonly place: Place;
  /** The branch was there before; otherwise it goes with a half-made worktree. */
  readonly branchExisted: boolean;
  readonly by: EngineMark;
  /** Number of the file system it was made on: a folder that is missing on another one is not gone, but not mounted. */
  readonly device: number;
}

function folderOf(commonDir: string): string {
  return join(commonDir, 'coppice', 'worktrees');
}

function fileOf(place: Pick<Place, 'common' | 'path'>): string {
  return join(folderOf(place.common), `${basename(place.path)}-${hashOf(place.path, 8)}.json`);
}

/** False when there is a note for this path already. */
export async function writeFirstNote(note: Note): Promise<boolean> {
  return createFile(fileOf(note.place), `${JSON.stringify(note, undefined, 2)}\n`);
}

/** Writes a note over the one for the same path, in one step. */
export async function replaceNote(note: Note): Promise<void> {
  await replaceFile(fileOf(note.place), `${JSON.stringify(note, undefined, 2)}\n`);
}

/** Removes the note for a path; one that is not there is no error. */
export async function removeNote(place: Pick<Place, 'common' | 'path'>): Promise<void> {
  await rm(fileOf(place), { force: true });
}

/** The note for a path; undefined when there is none that can be read. */
export async function readNote(commonDir: string, path: string): Promise<Note | undefined> {
  return read(fileOf({ common: commonDir, path }));
}

/** Whether there is a note file for a path, readable or not. */
export async function hasNote(commonDir: string, path: string): Promise<boolean> {
  return !(await isAbsent(fileOf({ common: commonDir, path })));
}

/** All notes of a repository, sorted by path. */
export async function listNotes(commonDir: string): Promise<Note[]> {
  const names = namesIn(folderOf(commonDir)).filter((name) => name.endsWith('.json'));
  const notes = names.map((name) => read(join(folderOf(commonDir), name)));
  return notes.filter((note) => note !== undefined).sort((a, b) => (a.place.path < b.place.path ? -1 : 1));
}

function read(file: string): Note | undefined {
  try {
    return noteFrom(JSON.parse(readText(file) ?? ''));
  } catch {
    return undefined;
  }
}

function noteFrom(value: unknown): Note | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, state, place, branchExisted, by, device } = value as Record<string, unknown>;
  const mark = engineMarkFrom(by);
  if (v !== 1 || (state !== 'making' && state !== 'ready') || typeof branchExisted !== 'boolean') return undefined;
  if (mark === undefined || !isPlace(place) || typeof device !== 'number') return undefined;
  return { v, state, place, branchExisted, by: mark, device };
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const place = value as Record<string, unknown>;
  return ['path', 'slug', 'branch', 'base', 'baseCommit', 'admin', 'common', 'origin'].every(
    (key) => typeof place[key] === 'string',
  );
}
