/** What was seen of paths in one look, and what that means. */
import type { Stats } from 'node:fs';
import type { FileChange } from '../core/watch/state.ts';

/** A path: whether a file was known there before, and what is there. */
export interface Sighting {
  readonly path: string;
  readonly was: boolean;
  /** Undefined when no file or link is there. */
  readonly now: Stats | undefined;
}

/** Sightings by path. What is seen later counts; whether something was there before is what was seen first. */
export class Sightings {
  readonly #byPath = new Map<string, Sighting>();

  note(path: string, was: boolean, now: Stats | undefined): void {
    const known = this.#byPath.get(path);
    this.#byPath.set(path, { path, was: known?.was ?? was, now });
  }

  /** All but those of paths that were not there and are not. */
  all(): Sighting[] {
    return [...this.#byPath.values()].filter(({ was, now }) => was || now !== undefined);
  }
}

/** The one change that a sighting is, before hashes are known. */
export function kindOf({ was, now }: Sighting): 'created' | 'modified' | 'deleted' {
  if (now === undefined) return 'deleted';
  return was ? 'modified' : 'created';
}

/**
 * Makes renames of deletions and creations with the same content. Of several with the same content those with the same
 * name belong together, else the first ones; empty files only with the same name.
 */
export function withRenames(changes: readonly FileChange[], emptyBlob: string): FileChange[] {
  const sources = new Map<string, FileChange[]>();
  for (const change of changes) {
    if (change.kind !== 'deleted' || typeof change.before !== 'string') continue;
    const same = sources.get(change.before);
    if (same === undefined) sources.set(change.before, [change]);
    else same.push(change);
  }
  const moved = new Set<FileChange>();
  const result = new Map<FileChange, FileChange>();
  const pair = (change: FileChange, from: FileChange): void => {
    moved.add(from);
    result.set(change, { ...change, kind: 'renamed', from: from.path, before: change.after ?? null });
  };
  const created = changes.filter(({ kind, after }) => kind === 'created' && typeof after === 'string');
  for (const sameName of [true, false]) {
    for (const change of created) {
      if (result.has(change) || (!sameName && change.after === emptyBlob)) continue;
      const candidates = sources.get(change.after ?? '')?.filter((source) => !moved.has(source)) ?? [];
      const from = candidates.find((source) => !sameName || nameOf(source.path) === nameOf(change.path));
      if (from !== undefined) pair(change, from);
    }
  }
  return changes.filter((change) => !moved.has(change)).map((change) => result.get(change) ?? change);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
