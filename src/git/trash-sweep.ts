/** Deletes what is in the trash and over its time, once it is sure that all of it is kept. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ours, systemCode } from '../core/errors.ts';
import { isAbsent, isFolder } from './admin.ts';
import { deleteSlowly, type Slowly } from './delete-slowly.ts';
import { keepGitDirectories } from './inside.ts';
import type { Repository } from './repository.ts';
import { keepMore } from './save.ts';
import { adminTrash, look } from './trash.ts';
import { type Filed, manifestFile, readManifest, readManifests, writeManifest } from './trash-manifest.ts';
import { trashesOf } from './trashes.ts';
import { filesOf } from './tree.ts';

/** What is due, and how gently it is deleted. */
export interface SweepOptions extends Slowly {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What was deleted, by the path where it was, and what stays. */
export interface SweepReport {
  readonly deleted: readonly string[];
  /** Not deleted, since its files could not be shown to be kept; nothing is ever deleted on doubt. */
  readonly doubtful: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Deletes what is over its time, in every trash of the repository. Before it deletes, it reads the files once more: what was written
 * after the removal (by a process that was still inside) is saved too, and so are repositories inside (`inside.ts`). Can be aborted and
 * repeated at any point.
 */
export async function sweepTrash(repository: Repository, root: string, options: SweepOptions): Promise<SweepReport> {
  const deleted: string[] = [];
  const { listed, unsure } = await look(await trashesOf(repository, root));
  const present = unsure.filter(({ error }) => error.context['code'] !== 'ENOENT');
  const doubtful = present.map(({ trash, error }) => ({ path: trash, reason: error.message }));
  for (const { trash, names } of listed) {
    const { filed, unread } = await readManifests(trash, names);
    doubtful.push(...unread.map(({ id, error }) => ({ path: manifestFile(trash, id), reason: error.message })));
    for (const each of filed) {
      options.signal?.throwIfAborted();
      if (options.now < each.manifest.keepUntil) continue;
      const left = await sweepOne(repository, each, options);
      if (left === undefined) deleted.push(each.manifest.path);
      else if (left !== '') doubtful.push({ path: each.manifest.path, reason: left });
    }
  }
  return { deleted, doubtful };
}

/** Gives the reason why it stays, empty when nothing has to be told; undefined when it was deleted. */
async function sweepOne(
  repository: Repository,
  { id, trash, manifest }: Filed,
  options: SweepOptions,
): Promise<string | undefined> {
  const folder = join(trash, id);
  // Looked at first: whoever removes it renames it from there to the folder.
  const gone = await isAbsent(manifest.path);
  if (!(await isAbsent(folder))) {
    if (!(await isFolder(folder))) return 'it is no folder, or cannot be looked at';
    const sure = (): Promise<string | undefined> => makeSure(repository, { id, trash, manifest }, options.signal);
    const doubt = manifest.state === 'deleting' ? undefined : await repository.exclusive('trash', sure);
    if (doubt !== undefined) return doubt;
    const left = await deleteSlowly(folder, options).then(() => undefined, leftBehind(options.signal));
    if (left !== undefined) return left;
  } else if (manifest.state === 'kept' && !gone) {
    return ''; // it is on its way here or was brought back
  }
  await rm(adminTrash(repository, id), { recursive: true, force: true });
  await rm(manifestFile(trash, id), { force: true });
  return undefined;
}

/** Gives the reason why the folder may not be deleted, empty when it is not there any more; otherwise marks it as being deleted. */
async function makeSure(
  repository: Repository,
  { id, trash, manifest }: Filed,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // Whoever brings it back meanwhile takes it from here under the same turn.
  if ((await readManifest(trash, id))?.state !== 'kept') return '';
  const { ref, commit } = manifest.saved;
  const kept = await repository.run(['merge-base', '--is-ancestor', commit, ref], { okCodes: [0, 1, 128] });
  if (kept.code !== 0) return `${ref} does not hold it any more`;
  const tree = await filesOf(repository, join(trash, id), signal).catch(ours);
  if (typeof tree !== 'string') return tree.message;
  const inside = await keepGitDirectories(repository, join(trash, id), adminTrash(repository, id), signal).catch(ours);
  if (!Array.isArray(inside)) return inside.message;
  if (tree !== manifest.saved.tree || inside.length > 0) {
    await keepMore(repository, manifest.saved, tree, manifest.path, inside);
  }
  await writeManifest(trash, id, { ...manifest, state: 'deleting' });
  return undefined;
}

/** What of a folder cannot be deleted (a path too long, files of another user) stays, and holds up nothing else. */
function leftBehind(signal: AbortSignal | undefined): (error: unknown) => string {
  return (error) => {
    if (signal?.aborted === true || systemCode(error) === undefined) throw error;
    return `some of it cannot be deleted (${systemCode(error) ?? 'unknown'})`;
  };
}
