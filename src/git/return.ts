/** Brings a removed worktree back: out of the trash as it was, else made again from what was kept of it. */
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CoppiceError, isCoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { adminEntries, isFolder } from './admin.ts';
import { entryOf } from './content.ts';
import { createWorktree } from './create.ts';
import { textOf } from './door.ts';
import { alternate } from './edit-tree.ts';
import { readHead } from './facts.ts';
import { stagedTree } from './held.ts';
import { ownIdentity } from './identity.ts';
import { bringGitDirectoriesBack, hasOwnWork } from './inside.ts';
import { readSmall } from './locate.ts';
import { replaceNote } from './notes.ts';
import { branchCommit } from './refs.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';
import { takeFromTrash } from './trash.ts';
import { filesOf, nestedGitDir, treeOf } from './tree.ts';
import { probeWorktree } from './worktrees.ts';

/** What is known of a removed worktree. */
export interface ReturnOptions {
  /** Folder below which worktrees and the trash live. */
  readonly root: string;
  /** Its id in the trash, if it went there. */
  readonly trash?: string;
  /** The trash need not have it any more, so where that cannot be told it is made again. */
  readonly overdue?: boolean;
  /** The ref that keeps its work. */
  readonly kept: string;
  readonly signal?: AbortSignal;
}

/**
 * Can be repeated after a kill at any point.
 *
 * @returns the place, at another path when it was made again and its old path is taken by now.
 * @throws CoppiceError `worktree-in-use` (its branch is checked out elsewhere), `path-in-the-way`, `not-found` (nothing
 * was kept), `worktree-unsafe` (whether the trash has it cannot be told), and what `createWorktree` throws.
 */
export async function returnWorktree(repository: Repository, place: Place, options: ReturnOptions): Promise<Place> {
  await refuseOccupied(repository, place);
  await bringBranchBack(repository, place, options.kept);
  const back = await outOfTrash(repository, place, options);
  if (back !== undefined) return noted(repository, { ...place, admin: back });
  if ((await probeWorktree(repository, place)).state === 'ready') return fill(repository, place, options);
  const made = await createWorktree(repository, {
    root: options.root,
    slug: place.slug,
    branch: place.branch,
    base: place.baseCommit,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { path, admin } = made.place;
  return fill(repository, { ...place, path, admin }, options);
}

async function outOfTrash(
  repository: Repository,
  place: Place,
  { root, trash, overdue = false }: ReturnOptions,
): Promise<string | undefined> {
  if (trash === undefined) return undefined;
  try {
    return await takeFromTrash(repository, root, trash, place);
  } catch (error) {
    if (overdue && isCoppiceError(error, 'worktree-unsafe') && error.context['reason'] === 'trash') return undefined;
    throw error;
  }
}

async function refuseOccupied(repository: Repository, { branch, path }: Place): Promise<void> {
  const { commonDir } = repository.location;
  const main = { admin: commonDir, path: repository.mainRoot };
  for (const entry of [main, ...(await adminEntries(commonDir))]) {
    const head = await readHead(entry.admin).catch(() => undefined);
    if (head?.kind !== 'branch' || head.branch !== branch || entry.path === path) continue;
    throw new CoppiceError(
      'worktree-in-use',
      `The branch ${branch} is checked out in ${entry.path ?? entry.admin}.`,
      'Remove that worktree first, or work on there.',
      { context: { branch, path: entry.path ?? entry.admin } },
    );
  }
}

/** A branch that was deleted meanwhile begins again where the worktree was. */
async function bringBranchBack(repository: Repository, { branch }: Place, kept: string): Promise<void> {
  if ((await branchCommit(repository, branch)) !== undefined) return;
  const answer = await repository.run(['rev-parse', '--quiet', '--verify', `${kept}^1`], { okCodes: [0, 1, 128] });
  if (answer.code !== 0) {
    throw new CoppiceError(
      'not-found',
      `Nothing is kept at ${kept} any more.`,
      'Look for it with `git fsck --lost-found`.',
      {
        context: { ref: kept },
      },
    );
  }
  await repository.run(['update-ref', `refs/heads/${branch}`, textOf(answer), ''], { extraEnv: ownIdentity });
}

/** Our note of it, which went with the removal; somebody else's worktree never had one. */
async function noted(repository: Repository, place: Place): Promise<Place> {
  if (place.origin === 'adopted') return place;
  const device = (await stat(dirname(place.path))).dev;
  await replaceNote({ v: 1, state: 'ready', place, branchExisted: true, by: repository.owner.mark, device });
  return place;
}

/** The files that were kept, and what was staged; only over a worktree in which nobody has worked yet. */
async function fill(repository: Repository, place: Place, { kept, signal }: ReturnOptions): Promise<Place> {
  const call = signal === undefined ? {} : { signal };
  const [wanted, present] = [await treeOfCommit(repository, kept), await treeOf(repository, place, call)];
  if (present.tree !== wanted) {
    if (present.tree !== (await treeOfCommit(repository, present.head))) return place;
    const emptied = await emptySubmodules(repository, place, wanted, present.submodules);
    if (emptied === undefined) return place;
    await repository.onNewTree(place, ['read-tree', '-m', '-u', present.head, wanted], call);
    await bringGitDirectoriesBack(repository, place, kept);
    await refillSubmodules(repository, place, emptied);
  } else if ((await stagedTree(repository, place.admin)) !== wanted) {
    return place; // somebody has staged something of his own since
  }
  await repository.onNewTree(place, ['read-tree', (await stagedOf(repository, kept)) ?? present.head], call);
  await repository.onNewTree(place, ['update-index', '-q', '--refresh'], { ...call, okCodes: [0, 1] });
  return place;
}

/** A submodule whose files make way for those that were kept. */
interface Emptied {
  readonly path: string;
  readonly gitDir: string;
  /** The text of its file `.git`. */
  readonly pointer: string;
}

/**
 * Submodules are kept with their files, so the files that they were just given make way. Undefined when somebody has worked
 * in one of them.
 */
async function emptySubmodules(
  repository: Repository,
  place: Place,
  wanted: string,
  paths: readonly string[],
): Promise<readonly Emptied[] | undefined> {
  const emptied: Emptied[] = [];
  for (const path of paths) {
    const folder = join(place.path, path);
    const gitDir = await nestedGitDir(folder);
    const pointer = await readSmall(join(folder, '.git'));
    if (gitDir === undefined || pointer === undefined || (await entryOf(repository, wanted, path)) !== undefined)
      continue;
    emptied.push({ path, gitDir, pointer });
  }
  for (const { path, gitDir } of emptied) {
    if (await isWorkedIn(repository, join(place.path, path), gitDir)) return undefined;
  }
  for (const { path } of emptied) await emptyBut(join(place.path, path), '.git');
  return emptied;
}

/** Files that are missing are no work: an attempt that was killed had taken them away. */
async function isWorkedIn(repository: Repository, folder: string, gitDir: string): Promise<boolean> {
  if (await hasOwnWork(repository, gitDir)) return true;
  const head = textOf(await repository.onNested(gitDir, ['rev-parse', '--verify', 'HEAD^{tree}']));
  const files = await filesOf(repository, folder);
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--name-only',
    '--no-renames',
    '--diff-filter=d',
    '--end-of-options',
    head,
    files,
  ];
  const extraEnv = { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(join(gitDir, 'objects')) };
  return (await repository.run(args, { extraEnv })).stdout.length > 0;
}

async function emptyBut(folder: string, kept: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== kept) await rm(join(folder, name), { recursive: true });
  }
}

/** Makes the folders submodules again, but for those that had been deleted. */
async function refillSubmodules(repository: Repository, place: Place, emptied: readonly Emptied[]): Promise<void> {
  for (const { path, gitDir, pointer } of emptied) {
    const folder = join(place.path, path);
    if (!(await isFolder(folder))) continue;
    await writeFile(join(folder, '.git'), pointer);
    // The one that was kept knew where it was then.
    await repository.run(['config', '--file', join(gitDir, 'config'), 'core.worktree', folder]);
  }
}

/** The commit of the staged state among the parents of what was kept. */
async function stagedOf(repository: Repository, kept: string): Promise<string | undefined> {
  const text = await repository.ask(['log', '--no-walk', '--format=%H %s', `${kept}^@`]);
  return text
    .split('\n')
    .find((line) => line.endsWith(' Staged state'))
    ?.split(' ', 1)[0];
}
