/** The manifests of a trash: one file beside each removed worktree, which says what it was and under which ref its files are kept. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import { isFolder } from './admin.ts';
import { replaceFile } from './files.ts';
import type { Saved } from './save.ts';
import { unreadable } from './trashes.ts';

/** What a manifest says. */
export interface Manifest {
  readonly v: 1;
  readonly state: 'kept' | 'deleting';
  /** Where it was. */
  readonly path: string;
  readonly saved: Saved;
  /** Milliseconds since 1970. */
  readonly removedAt: number;
  readonly keepUntil: number;
}

/** A manifest with the id that it has in its trash. */
export interface Filed {
  readonly id: string;
  readonly trash: string;
  readonly manifest: Manifest;
}

/** The file of a manifest. */
export function manifestFile(trash: string, id: string): string {
  return join(trash, `${id}${ending}`);
}

const ending = '.json';

/** Writes it over the one that is there, on disk when this returns. */
export async function writeManifest(trash: string, id: string, manifest: Manifest): Promise<void> {
  await replaceFile(manifestFile(trash, id), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Undefined when there is none.
 *
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`) when it cannot be read; `corrupt` when it is none.
 */
export async function readManifest(trash: string, id: string): Promise<Manifest | undefined> {
  const file = manifestFile(trash, id);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
  const manifest = manifestFrom(text);
  if (manifest !== undefined) return manifest;
  throw new CoppiceError(
    'corrupt',
    `${file} does not say what the folder beside it is.`,
    `Take what you need out of ${join(trash, id)}, move both away, and try again.`,
    { context: { file } },
  );
}

/** Those that can be read of the names in a trash, and why others cannot; one that is gone by now is left out. */
export async function readManifests(
  trash: string,
  names: readonly string[],
): Promise<{ readonly filed: readonly Filed[]; readonly unread: readonly Unread[] }> {
  const filed: Filed[] = [];
  const unread: Unread[] = [];
  for (const name of names.filter((each) => each.endsWith(ending)).sort()) {
    const id = basename(name, ending);
    try {
      const manifest = await readManifest(trash, id);
      if (manifest !== undefined) filed.push({ id, trash, manifest });
    } catch (error) {
      if (!isCoppiceError(error)) throw error;
      // Without a folder, nothing waits for it.
      if (error.code !== 'corrupt' || (await isFolder(join(trash, id)))) unread.push({ id, error });
    }
  }
  return { filed, unread };
}

/** A manifest that cannot be read. */
export interface Unread {
  readonly id: string;
  readonly error: CoppiceError;
}

function manifestFrom(text: string): Manifest | undefined {
  try {
    const { v, state, path, saved, removedAt, keepUntil } = JSON.parse(text) as Record<string, unknown>;
    const { ref, commit, tree } = saved as Record<string, unknown>;
    if (v !== 1 || (state !== 'kept' && state !== 'deleting') || typeof path !== 'string') return undefined;
    if (typeof ref !== 'string' || typeof commit !== 'string' || typeof tree !== 'string') return undefined;
    if (typeof removedAt !== 'number' || typeof keepUntil !== 'number') return undefined;
    return { v, state, path, saved: { ref, commit, tree }, removedAt, keepUntil };
  } catch {
    return undefined;
  }
}
