/**
 * Keeping what would go with a worktree. What git counts as belonging to one worktree alone (its HEAD, its index, its
 * own reflog and refs, a merge half done) is put into one commit under `refs/coppice`, beside the files themselves.
 */
import { basename } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { textOf } from './door.ts';
import { commitObject } from './edit-tree.ts';
import { commitTree, heldBy, type Held, unreachable } from './held.ts';
import { keepGitDirectories } from './inside.ts';
import { slugFrom } from './names.ts';
import { setOwnRef } from './own-refs.ts';
import { branchCommit, refCommit } from './refs.ts';
import type { Repository } from './repository.ts';
import type { TreeSnapshot } from './tree.ts';

/** Work that is kept: the ref that reaches it, the commit there, and the tree of the files. */
export interface Saved {
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
}

/** The ref that keeps a removed worktree of a session. */
export function finalRef(session: string): string {
  return `refs/coppice/${session}/final`;
}

/**
 * Saves a worktree under `finalRef(session)`. The files are the commit's tree; its parents are HEAD, the staged state,
 * other commits that only its entry names, and what was saved there before.
 *
 * @param found what its entry held a moment ago (`heldBy`).
 */
export async function saveWork(
  repository: Repository,
  place: Place,
  session: string,
  files: Pick<TreeSnapshot, 'tree'>,
  found?: Held,
): Promise<Saved> {
  return keep(repository, place, session, files.tree, await heldBy(repository, place.admin, found));
}

async function keep(
  repository: Repository,
  place: Place,
  session: string,
  tree: string,
  held: Pick<Held, 'head' | 'staged' | 'loose'>,
): Promise<Saved> {
  const ref = finalRef(session);
  const before = await refCommit(repository, ref);
  const previous = before === undefined ? [] : [before];
  const message = `Removed worktree ${place.path}\n\nCoppice-Session: ${session}\nCoppice-Branch: ${place.branch}\n`;
  const commit = await commitHeld(repository, tree, { ...held, loose: [...held.loose, ...previous] }, message);
  await setOwnRef(repository, ref, commit, before ?? '');
  return { ref, commit, tree };
}

/**
 * Keeps under `finalRef(session)` what is known of a worktree whose folder is gone: its branch, what only its entry holds,
 * and its files as the last checkpoint has them, unless commits were made on the branch since.
 *
 * @param checkpoint a commit whose first parent is the HEAD that it was taken at.
 * @returns undefined when there is no such commit, as in another clone in place of the repository.
 */
export async function saveVanished(
  repository: Repository,
  place: Place,
  session: string,
  checkpoint: string,
): Promise<Saved | undefined> {
  const answer = await repository.run(['rev-parse', '--quiet', '--verify', `${checkpoint}^1`], {
    okCodes: [0, 1, 128],
  });
  if (answer.code !== 0) return undefined;
  const then = textOf(answer);
  const held = await heldBy(repository, place.admin);
  const tip = await branchCommit(repository, place.branch);
  const tree = await treeOfCommit(repository, tip === undefined || tip === then ? checkpoint : tip);
  const others = [checkpoint, held.head].filter((commit) => commit !== undefined);
  return keep(repository, place, session, tree, { ...held, head: tip ?? then, loose: [...held.loose, ...others] });
}

/** Keeps what only a worktree's entry holds whose folder is gone, submodules included; does nothing when refs hold all of it. */
export async function keepEntry(repository: Repository, admin: string, path: string): Promise<Saved | undefined> {
  const held = await unreachable(repository, admin);
  const headTree = held.head === undefined ? undefined : await treeOfCommit(repository, held.head);
  const inside = await keepGitDirectories(repository, undefined, admin);
  const loose = [...held.loose, ...inside];
  const [first] = inside;
  const tree = held.stagedTree ?? headTree ?? (first === undefined ? undefined : await treeOfCommit(repository, first));
  if (tree === undefined || (loose.length === 0 && tree === headTree)) return undefined;
  const commit = await commitHeld(repository, tree, { ...held, loose }, `Entry of the vanished worktree ${path}\n`);
  const ref = `refs/coppice/lost/${slugFrom(basename(path))}-${commit.slice(0, 12)}`;
  await setOwnRef(repository, ref, commit);
  return { ref, commit, tree };
}

/** Keeps the files of a folder that no entry belongs to any more. */
export async function keepFiles(repository: Repository, path: string, tree: string): Promise<Saved> {
  const commit = await commitHeld(
    repository,
    tree,
    { head: undefined, staged: undefined, loose: [] },
    `Files of the orphaned worktree ${path}\n`,
  );
  const ref = `refs/coppice/lost/${slugFrom(basename(path))}-${commit.slice(0, 12)}`;
  await setOwnRef(repository, ref, commit);
  return { ref, commit, tree };
}

/**
 * Keeps another state of the same files on top of what was saved, and commits beside it. The parents of what was saved stay in
 * their places: who brings it back looks for HEAD and the staged state there.
 */
export async function keepMore(
  repository: Repository,
  saved: Saved,
  tree: string,
  path: string,
  beside: readonly string[] = [],
): Promise<void> {
  const [tip = '', ...parents] = (await repository.ask(['rev-list', '--parents', '--no-walk', saved.ref])).split(' ');
  const all = [...new Set([...parents, tip, ...beside])];
  const message = `Files of ${path} as they were deleted\n`;
  await setOwnRef(repository, saved.ref, await commitObject(repository.objects, tree, all, message), tip);
}

/** Id of the tree of a commit. Throws `git-failed` if there is no such commit. */
export async function treeOfCommit(repository: Repository, commit: string): Promise<string> {
  const { trees } = repository.known;
  const known = trees.get(commit);
  if (known !== undefined) return known;
  const tree = await repository.ask(['rev-parse', '--verify', `${commit}^{tree}`]);
  // Any other name may stand for another commit the next time.
  if (/^[0-9a-f]{40,64}$/.test(commit)) trees.set(commit, tree);
  return tree;
}

function commitHeld(
  repository: Repository,
  tree: string,
  { head, staged, loose }: Pick<Held, 'head' | 'staged' | 'loose'>,
  message: string,
): Promise<string> {
  const parents = [head, staged, ...loose].filter((parent) => parent !== undefined);
  return commitTree(repository, tree, [...new Set(parents)], message);
}
