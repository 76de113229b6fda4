/** Commits what an agent left in its worktree to the worktree's branch, once per intent. */
import { lossText } from '../core/checkpoint/loss.ts';
import { counted } from '../core/counted.ts';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { changesBetween } from './changes.ts';
import { parseAttributes, privateIndex } from './checkout.ts';
import { textOf, zeroSplit } from './door.ts';
import { branchFacts, refuseProtected } from './facts.ts';
import { stagedTree } from './held.ts';
import { branchCommit } from './refs.ts';
import { configuredIdentity, type Identity, identityVariables, ownIdentity } from './identity.ts';
import { bringIndexAlong, finishInterrupted } from './own-index.ts';
import { type FindingKind, inspectWorktree, refuseFindings } from './inspect.ts';
import { isLocked, orphansEnd } from './locks.ts';
import { implausibleLoss } from './loss.ts';
import { commitMessage, type CommitTrailers, trailerValue } from './message.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';
import { treeOf, type TreeSnapshot } from './tree.ts';

/** What is committed, under which key and in whose name. */
export interface CommitOptions {
  readonly message: string;
  /** `intent` is the idempotency key. */
  readonly trailers: CommitTrailers;
  /** Default: the user's configured identity, else Coppice's own, which is always the committer. */
  readonly author?: Identity;
  /** Paths that stay as they are in the last commit. */
  readonly exclude?: readonly string[];
  /** Findings of `inspectWorktree` with which a person decided to go on. `index-locked` then removes the lock. */
  readonly accept?: readonly FindingKind[];
  readonly signal?: AbortSignal;
  /** Tree of the files as somebody last saw them: where an implausibly large part of it is gone, nothing is committed. */
  readonly seen?: string;
}

interface Report {
  readonly tree: string;
  /** Commits on the branch since the base that Coppice did not make, newest first (at most 1,000). */
  readonly agentCommits: readonly string[];
  /** Repositories inside the worktree whose files are not in the commit. */
  readonly nested: readonly string[];
  /** Known submodules that are checked out; empty for a commit that was made before. */
  readonly submodules: readonly string[];
  /** Sentences: files whose filter is off, so that they were committed unchanged. */
  readonly warnings: readonly string[];
}

/** A commit on the worktree's branch. `tree` is the evidence of what the agent left; all ids are full. */
export interface CommitMade extends Report {
  readonly nothing: false;
  readonly commit: string;
  readonly parent: string;
  readonly base: string;
  /** Of this commit alone; `changesSince` counts from the base. */
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** The files are as in the last commit, `parent`, so none was made. */
export interface NothingToCommit extends Report {
  readonly nothing: true;
  readonly parent: string;
}

const atMost = '1000';

/**
 * Stages everything that is not ignored and moves the branch by one commit, only if it is where it was when the files
 * were read. No hook runs, nothing is signed, and until then nothing of the worktree is touched. With a key that was
 * committed before, it gives that commit again.
 *
 * @throws CoppiceError `worktree-unsafe` or `wrong-state` (context `finding`: see `inspectWorktree`; also
 * `unreadable-files`, `files-lost`, `branch-moved`), `default-branch`, `bad-usage` (trailers), `git-failed`, `disk-full`.
 */
export async function commitWorktree(
  repository: Repository,
  place: Place,
  options: CommitOptions,
): Promise<CommitMade | NothingToCommit> {
  for (const value of Object.values(options.trailers) as string[]) {
    if (trailerValue.test(value)) continue;
    throw new CoppiceError(
      'bad-usage',
      `"${value}" cannot be a trailer.`,
      'Use an id of letters, digits and punctuation on one line.',
    );
  }
  refuseProtected(await branchFacts(repository), place.branch);
  await finishInterrupted(place.admin);
  const { findings, tip } = await inspectWorktree(repository, place);
  // Looked for at the very tip that is committed on: a git that outlived its engine may move the branch meanwhile.
  const made = tip === undefined ? undefined : await commitOfIntent(repository, place, tip, options.trailers.intent);
  if (made !== undefined) {
    if (made === tip && findings.length === 0) await finishIndex(repository, place, made);
    return describe(repository, place, made, undefined, []);
  }
  refuseFindings(place, findings, options.accept);
  if (tip === undefined) throw branchMoved(place);
  const snapshot = await treeOf(repository, place, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.exclude === undefined ? {} : { exclude: options.exclude }),
  });
  if (snapshot.unreadable.length > 0) throw unreadable(place, snapshot.unreadable);
  if (snapshot.tree === (await treeOfCommit(repository, tip))) {
    const agentCommits = await commitsOfOthers(repository, place, tip);
    const { tree, nested, submodules } = snapshot;
    return { nothing: true, tree, parent: tip, agentCommits, nested, submodules, warnings: [] };
  }
  if (options.seen !== undefined) await refuseLoss(repository, place, options.seen, snapshot);
  const warnings = await rawWarnings(repository, place, tip, snapshot);
  const committer = await configuredIdentity(repository);
  const answer = await repository.run(['commit-tree', '--no-gpg-sign', '-F', '-', '-p', tip, snapshot.tree], {
    input: commitMessage(options.message, options.trailers),
    extraEnv: identityVariables(committer, options.author),
  });
  const own = { commit: textOf(answer), tree: snapshot.tree, intent: options.trailers.intent };
  const commit = await moveBranch(repository, place, own, tip);
  const index = privateIndex(repository, place.admin);
  await bringIndexAlong(place.admin, index, options.accept?.includes('index-locked') === true);
  repository.known.trees.set(own.commit, own.tree);
  return describe(repository, place, commit, snapshot, warnings, commit === own.commit ? tip : undefined);
}

async function refuseLoss(repository: Repository, place: Place, seen: string, snapshot: TreeSnapshot): Promise<void> {
  // In a state that was seen, files of repositories inside are files like others; on a branch they are not.
  const apart = [...snapshot.nested, ...snapshot.submodules];
  const lost = await implausibleLoss(repository, place, { from: seen, to: snapshot.tree, apart });
  if (lost === undefined) return;
  throw new CoppiceError(
    'wrong-state',
    `${lossText(lost)} of ${place.path} are gone that were there a moment ago, so nothing was committed.`,
    'Roll back to the last checkpoint; or give another prompt, if they are to go.',
    { context: { finding: 'files-lost', path: place.path, branch: place.branch } },
  );
}

/** The commit that carries an intent's key, on the worktree's branch since its base; for asking after a crash. */
export async function findCommitByIntent(
  repository: Repository,
  place: Pick<Place, 'branch' | 'baseCommit'>,
  intent: string,
): Promise<string | undefined> {
  const tip = await branchCommit(repository, place.branch);
  return tip === undefined ? undefined : commitOfIntent(repository, place, tip, intent);
}

async function commitOfIntent(
  repository: Repository,
  place: Pick<Place, 'branch' | 'baseCommit'>,
  tip: string,
  intent: string,
): Promise<string | undefined> {
  const format = '%H %(trailers:key=Coppice-Intent,valueonly,separator=%x20)';
  const lines = await branchLog(repository, place, tip, format);
  return lines.map((line) => line.split(' ')).find(([, ...keys]) => keys.join(' ') === intent)?.[0];
}

async function commitsOfOthers(repository: Repository, place: Place, tip: string): Promise<string[]> {
  const lines = await branchLog(repository, place, tip, '%H %(trailers:key=Coppice-Intent,valueonly,separator=%x20)');
  return lines.filter((line) => line.trimEnd().split(' ').length === 1).map((line) => line.trim());
}

async function branchLog(
  repository: Repository,
  place: Pick<Place, 'baseCommit'>,
  tip: string,
  format: string,
): Promise<string[]> {
  if (tip === place.baseCommit) return [];
  const args = [
    'rev-list',
    '--no-commit-header',
    `--format=${format}`,
    `--max-count=${atMost}`,
    '--end-of-options',
    tip,
    `^${place.baseCommit}`,
  ];
  const answer = await repository.run(args, { okCodes: [0, 128] });
  return textOf(answer)
    .split('\n')
    .filter((line) => line !== '');
}

async function describe(
  repository: Repository,
  place: Place,
  commit: string,
  snapshot: TreeSnapshot | undefined,
  warnings: readonly string[],
  knownParent?: string,
): Promise<CommitMade> {
  const parent = knownParent ?? (await repository.ask(['rev-parse', '--verify', `${commit}^`]));
  const { files, insertions, deletions } = await changesBetween(repository, parent, commit, 0);
  return {
    nothing: false,
    commit,
    tree: snapshot?.tree ?? (await treeOfCommit(repository, commit)),
    parent,
    base: place.baseCommit,
    files,
    insertions,
    deletions,
    // The commit itself is ours.
    agentCommits: await commitsOfOthers(repository, place, parent),
    nested: snapshot?.nested ?? [],
    submodules: snapshot?.submodules ?? [],
    warnings,
  };
}

/** The commit that the branch is at then: our own, or its like by a git that outlived a killed engine. */
async function moveBranch(
  repository: Repository,
  place: Place,
  own: { readonly commit: string; readonly tree: string; readonly intent: string },
  from: string,
): Promise<string> {
  const move = (): Promise<unknown> =>
    repository.run(['update-ref', `refs/heads/${place.branch}`, own.commit, from], { extraEnv: ownIdentity });
  try {
    await move().catch(async (error: unknown) => {
      // It may be a git that outlived a killed engine: then what that one makes of the branch comes first.
      if (!isLocked(error)) throw error;
      await orphansEnd(repository.owner);
      await move();
    });
    return own.commit;
  } catch (error) {
    const present = await branchCommit(repository, place.branch);
    if (present === from) throw error;
    const like = await findCommitByIntent(repository, place, own.intent);
    if (like === undefined || like !== present) throw branchMoved(place);
    if ((await treeOfCommit(repository, like)) !== own.tree) throw branchMoved(place);
    return like;
  }
}

function branchMoved(place: Place): CoppiceError {
  return new CoppiceError(
    'wrong-state',
    `The branch ${place.branch} moved while it was committed to.`,
    'Wait until nothing works in it, then try again.',
    {
      context: { finding: 'branch-moved', path: place.path, branch: place.branch },
    },
  );
}

function unreadable(place: Place, paths: readonly string[]): CoppiceError {
  const shown = paths.slice(0, 5).join(', ');
  return new CoppiceError(
    'wrong-state',
    `${counted(paths.length, 'file')} of ${place.path} cannot be read: ${shown}.`,
    'Make them readable, or add them to .gitignore.',
    {
      context: { finding: 'unreadable-files', path: place.path, files: paths.slice(0, 100).join('\n') },
    },
  );
}

/** Changed files that name a filter which is off: their content went in as it is, which may matter (git-crypt). */
async function rawWarnings(
  repository: Repository,
  place: Place,
  from: string,
  snapshot: TreeSnapshot,
): Promise<string[]> {
  const { working } = await repository.filters();
  const changed = snapshot.head === from ? snapshot.changed : await changedSince(repository, from, snapshot.tree);
  if (changed.length === 0) return [];
  const index = privateIndex(repository, place.admin);
  const answer = await repository.onTree(place.path, index, ['check-attr', '--cached', '-z', '--stdin', 'filter'], {
    input: changed.map((path) => `${path}\0`).join(''),
  });
  const off = parseAttributes(zeroSplit(answer.stdout)).filter(({ value }) => !working.has(value));
  return off.length === 0
    ? []
    : [
        `${counted(off.length, 'changed file was', 'changed files were')} committed without their filter (${[...new Set(off.map(({ value }) => value))].join(', ')}).`,
      ];
}

async function changedSince(repository: Repository, from: string, to: string): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--diff-filter=d', from, to];
  return zeroSplit((await repository.run(args)).stdout);
}

/** After a kill between moving the branch and the index: the index is still that of the commit's parent. */
async function finishIndex(repository: Repository, place: Place, commit: string): Promise<void> {
  const parentTree = await treeOfCommit(repository, `${commit}^`);
  if ((await stagedTree(repository, place.admin)) !== parentTree) return;
  if (parentTree === (await treeOfCommit(repository, commit))) return;
  await treeOf(repository, place);
  await bringIndexAlong(place.admin, privateIndex(repository, place.admin));
}
