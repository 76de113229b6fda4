/**
 * Checkpoints: states of a worktree's files under private refs `refs/coppice/<session>/<n>`. Taking one touches neither
 * the worktree nor its index, its stash or its branch. The commit of a checkpoint has HEAD for its parent, so that what an
 * agent committed stays reachable too, whatever it does to its branch later.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, isCoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { textOf } from './door.ts';
import { commitEdited, commitObject } from './edit-tree.ts';
import { type Exact, exactFilesOf, findExact, keepExact } from './exact.ts';
import { headOf } from './facts.ts';
import { removeOwnRef, setOwnRef } from './own-refs.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';
import { touchedEdits } from './touched-tree.ts';
import { treeOf, type TreeSnapshot } from './tree.ts';
import { TreeReader } from './trees.ts';

/** A state of a worktree's files that git holds. All ids are full. */
export interface Capture {
  /** Tree of the files: untracked ones in, ignored ones out, repositories inside as plain files. */
  readonly tree: string;
  readonly commit: string;
  /** HEAD of the worktree, else its base. */
  readonly head: string;
  /** Exact bytes of files that the tree would not give back as they were. */
  readonly exact?: Exact;
  /** Sentences about what of the worktree is not in it. */
  readonly remarks: readonly string[];
}

/** Which checkpoint is taken. */
export interface CheckpointOptions {
  readonly session: string;
  readonly n: number;
  /** Idempotency key. */
  readonly intent: string;
  /** The checkpoint before: with the same files on the same commit, its commit is used again. */
  readonly parent?: { readonly commit: string; readonly tree: string; readonly head: string; readonly exact?: Exact };
  /** All paths that were touched since `parent`, when somebody knows; else every file is looked at. */
  readonly touched?: readonly string[];
  /** Paths that were touched, perhaps not all: their bytes are compared even where git sees no difference. */
  readonly seen?: readonly string[];
  readonly signal?: AbortSignal;
}

/** The ref of a checkpoint. */
export function checkpointRef(session: string, n: number): string {
  return `refs/coppice/${session}/${n}`;
}

/** The files of a worktree as checkpoints have them. Throws like `treeOf`. */
export async function checkpointTree(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin' | 'baseCommit'>,
  signal?: AbortSignal,
): Promise<Omit<Capture, 'commit' | 'exact'> & Pick<TreeSnapshot, 'changed' | 'nested' | 'submodules'>> {
  const options = { nested: 'as-files', submodules: 'as-links', ...(signal === undefined ? {} : { signal }) } as const;
  const { unreadable, ...found } = await treeOf(repository, place, options);
  return { ...found, remarks: unreadable.map((path) => `${path} cannot be read: it is not kept as it is.`) };
}

/**
 * Takes a checkpoint. With the number and key of one that an earlier engine took, it gives that one.
 *
 * @throws CoppiceError `path-in-the-way` (the ref is somebody else's; context `ref`), `worktree-unsafe`, `git-failed`,
 * `disk-full`, `timed-out`.
 */
export async function takeCheckpoint(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin' | 'baseCommit'>,
  options: CheckpointOptions,
): Promise<Capture> {
  const found = (await fromTouched(repository, place, options)) ?? (await lookAtAll(repository, place, options));
  const capture = await committed(repository, options, found);
  const taken = await setRef(repository, checkpointRef(options.session, options.n), capture.commit, options);
  return taken === capture.commit ? capture : earlier(repository, taken, capture, options.parent);
}

/** With a commit: that of the checkpoint before, where nothing differs from it. */
async function committed(
  repository: Repository,
  options: CheckpointOptions,
  { commit, ...found }: Omit<Capture, 'commit'> & { readonly commit?: string },
): Promise<Capture> {
  const { parent } = options;
  const { tree, head, exact, remarks } = found;
  if (parent?.tree === tree && parent.head === head && parent.exact?.tree === exact?.tree)
    return { ...parent, remarks };
  const parents = [head, ...(exact === undefined ? [] : [exact.commit])];
  return { ...found, commit: commit ?? (await commitCheckpoint(repository, { ...options, tree, parents })) };
}

/** What an earlier attempt under the same key had put there. */
async function earlier(
  repository: Repository,
  commit: string,
  { head, remarks }: Capture,
  parent: CheckpointOptions['parent'],
): Promise<Capture> {
  if (commit === parent?.commit) return { ...parent, remarks };
  const format = ['show', '-s', '--format=%T %P', commit];
  const [tree = '', itsHead = head, beside] = (await repository.ask(format)).split(' ');
  const made = { tree, commit, head: itsHead, remarks };
  if (beside === undefined) return made;
  return { ...made, exact: { commit: beside, tree: await treeOfCommit(repository, beside) } };
}

/** Every file, and the exact bytes of those that git would not give back. */
async function lookAtAll(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin' | 'baseCommit'>,
  { parent, seen = [], signal }: CheckpointOptions,
): Promise<Omit<Capture, 'commit'>> {
  const { tree, head, remarks, changed } = await checkpointTree(repository, place, signal);
  const before = await exactFilesOf(repository, parent?.exact);
  const candidates = [...changed, ...seen, ...before.keys()];
  const exact = await keepExact(repository, await findExact(repository, place, tree, candidates));
  return { tree, head, remarks, ...(exact === undefined ? {} : { exact }) };
}

/** The state that the touched paths make of the checkpoint before; undefined when they do not tell. */
async function fromTouched(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin'>,
  { session, n, intent, parent, touched }: CheckpointOptions,
): Promise<Capture | undefined> {
  if (parent === undefined || parent.exact !== undefined || touched === undefined) return undefined;
  const trees = new TreeReader(repository);
  const { tree } = parent;
  const head = await headFor(repository, place, parent, trees);
  const found = await touchedEdits(repository, place, head, touched, trees);
  if ('why' in found) return undefined;
  if (found.edits.length === 0 && head === parent.head) return { ...parent, remarks: [] };
  const message = messageOf(session, n, intent);
  const what = { message, parents: [head], base: tree, edits: found.edits, trees };
  return { ...(await commitEdited(repository, what)), head, remarks: [] };
}

/**
 * HEAD, if the checkpoint before says what is tracked under it: it is where it was, or at a commit of exactly those files.
 * Else that of the checkpoint, so that the touched paths alone will not do.
 */
async function headFor(
  repository: Repository,
  place: Pick<Place, 'admin'>,
  parent: NonNullable<CheckpointOptions['parent']>,
  trees: TreeReader,
): Promise<string> {
  const at = await headOf(repository, place.admin).catch(() => undefined);
  if (at === undefined || at.kind === 'unborn' || at.commit === parent.head) return parent.head;
  const tree = await trees.idOf(at.commit).catch(() => undefined);
  return tree === parent.tree ? at.commit : parent.head;
}

/** The checkpoint of a worktree in which nobody was yet: the commit that it was made from. */
export async function takeBase(
  repository: Repository,
  place: Pick<Place, 'baseCommit'>,
  options: Pick<CheckpointOptions, 'session' | 'n' | 'intent'>,
): Promise<Capture> {
  const { baseCommit } = place;
  const [tree] = await Promise.all([
    treeOfCommit(repository, baseCommit),
    setRef(repository, checkpointRef(options.session, options.n), baseCommit, options),
  ]);
  return { tree, commit: baseCommit, head: baseCommit, remarks: [] };
}

/** What the commit of a checkpoint says. */
export function messageOf(session: string, n: number, intent: string): string {
  return `Checkpoint ${n}\n\nCoppice-Session: ${session}\nCoppice-Intent: ${intent}\n`;
}

/** Makes the commit of a checkpoint. */
export async function commitCheckpoint(
  repository: Repository,
  what: { session: string; n: number; intent: string; tree: string; parents: readonly string[] },
): Promise<string> {
  const { session, n, intent, tree } = what;
  return commitObject(repository.objects, tree, what.parents, messageOf(session, n, intent));
}

/**
 * Makes the ref. Gives the commit that it names: the one given, or what the same intent put there before.
 *
 * @throws CoppiceError `path-in-the-way` when the ref, or one above or below it, is somebody else's.
 */
async function setRef(
  repository: Repository,
  ref: string,
  commit: string,
  { intent, parent }: Pick<CheckpointOptions, 'intent' | 'parent'>,
): Promise<string> {
  try {
    await setOwnRef(repository, ref, commit, '');
    return commit;
  } catch (error) {
    if (!isCoppiceError(error, 'git-failed')) throw error;
    const format = '%H %(trailers:key=Coppice-Intent,valueonly,separator=%x20)';
    const answer = await repository.run(['show', '-s', `--format=${format}`, ref], { okCodes: [0, 128] });
    const [at, key] = textOf(answer).trimEnd().split(' ');
    if (answer.code === 0 && at !== undefined && (at === commit || at === parent?.commit || key === intent)) return at;
    const taken = answer.code === 0 || /exists; cannot create|reference already exists/.test(error.message);
    if (!taken) throw error;
    throw new CoppiceError(
      'path-in-the-way',
      `The ref ${ref} cannot be made: it, or a ref above or below it, is there already.`,
      'Look with `git for-each-ref refs/coppice`; rename what is not of Coppice.',
      { context: { ref, stderr: error.context['stderr'] ?? '' }, cause: error },
    );
  }
}

/** The highest number that a session's checkpoint refs have, locked ones included; -1 when there are none. */
export async function highestRef(repository: Repository, session: string): Promise<number> {
  const answer = await repository.run(['for-each-ref', '--format=%(refname:lstrip=3)', `refs/coppice/${session}/`]);
  const folder = join(repository.location.commonDir, 'refs', 'coppice', session);
  const files = await readdir(folder).catch(() => []);
  const numbers = [...textOf(answer).split('\n'), ...files.map((name) => name.replace(/\.lock$/, ''))]
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return Math.max(-1, ...numbers);
}

/** Removes the ref of a checkpoint, if it still names that commit. True also when it was gone. */
export async function dropCheckpoint(
  repository: Repository,
  session: string,
  { n, commit }: { readonly n: number; readonly commit: string },
): Promise<boolean> {
  try {
    await removeOwnRef(repository, checkpointRef(session, n), commit);
    return true;
  } catch (error) {
    if (isCoppiceError(error, 'git-failed') || isCoppiceError(error, 'path-in-the-way')) return false;
    throw error;
  }
}
