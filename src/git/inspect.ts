/** The state in which somebody left a worktree, as findings: nothing is repaired and nothing is guessed. */
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { isAbsent, isFolder, pointers } from './admin.ts';
import { branchFacts, headOf, isProtected } from './facts.ts';
import { readRefs, type Refs } from './refs.ts';
import { readSmall } from './locate.ts';
import { indexIsFree } from './own-index.ts';
import type { Repository } from './repository.ts';

/** What can be wrong, most serious first. */
export const findingKinds = [
  'folder-gone',
  'folder-replaced',
  'entry-gone',
  'git-replaced',
  'head-unreadable',
  'branch-gone',
  'default-branch',
  'other-branch',
  'detached',
  'merge',
  'rebase',
  'am',
  'cherry-pick',
  'revert',
  'bisect',
  'index-locked',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** One thing that is wrong with a worktree. */
export interface Finding {
  readonly kind: FindingKind;
  /** One sentence. */
  readonly text: string;
  /** One sentence: what to do. */
  readonly next: string;
}

/** What a look at a worktree showed; no finding means that work can go on in it. */
export interface Inspection {
  readonly findings: readonly Finding[];
  /** The last commit of the worktree's own branch, wherever HEAD is. */
  readonly tip: string | undefined;
}

type Known = Pick<Place, 'path' | 'admin' | 'branch' | 'common'>;

/**
 * Looks at a worktree of ours: folder, git's pointers, branch, operations half done.
 * @throws CoppiceError `worktree-unsafe` when the record itself names no entry of this repository; `git-failed`.
 */
export async function inspectWorktree(repository: Repository, place: Known): Promise<Inspection> {
  refuseStrangeRecord(repository, place);
  const refs = await readRefs(repository);
  const tip = refs.branches.get(place.branch);
  const found = [
    await folder(place),
    await pointed(place),
    tip === undefined ? await branchGone(repository, place, refs) : [],
    await head(repository, place, refs),
    await operations(place),
  ].flat();
  return { findings: found, tip };
}

/**
 * The first finding as an error, for work that needs none.
 *
 * @param accept findings that a person has decided to go on with.
 * @throws CoppiceError `worktree-unsafe` (the worktree itself was tampered with) or `wrong-state`; context `finding`.
 */
export function refuseFindings(place: Known, findings: readonly Finding[], accept: readonly FindingKind[] = []): void {
  const first = findings.find((each) => !accept.includes(each.kind));
  if (first === undefined) return;
  const unsafe = ['folder-gone', 'folder-replaced', 'entry-gone', 'git-replaced', 'head-unreadable'].includes(
    first.kind,
  );
  throw new CoppiceError(unsafe ? 'worktree-unsafe' : 'wrong-state', first.text, first.next, {
    context: { finding: first.kind, path: place.path, branch: place.branch },
  });
}

function finding(kind: FindingKind, text: string, next: string): Finding[] {
  return [{ kind, text, next }];
}

/** A record is data: it must name an entry of this very repository. */
function refuseStrangeRecord(repository: Repository, place: Known): void {
  if (
    dirname(place.admin) === join(repository.location.commonDir, 'worktrees') &&
    !basename(place.admin).startsWith('.')
  )
    return;
  throw new CoppiceError(
    'worktree-unsafe',
    `${place.admin} is no worktree entry of this repository.`,
    'Start a session again.',
    {
      context: { admin: place.admin },
    },
  );
}

async function folder({ path }: Known): Promise<Finding[]> {
  if (await isAbsent(path))
    return finding(
      'folder-gone',
      `The worktree ${path} is gone.`,
      'Restore the session, which makes it again as it was last kept.',
    );
  if (await isFolder(path)) return [];
  return finding(
    'folder-replaced',
    `${path} is not a real folder any more.`,
    'Look at it by hand; the branch is untouched.',
  );
}

/** What is left where somebody deleted a worktree while something in it was written. */
export function withoutGit(path: string): string {
  return `${path} has no .git any more: it was deleted, or a part of it.`;
}

/** The way on from a worktree that is there in part. */
export const againNext =
  'Move the folder away, then restore the session: that makes it again as it was last kept, which may be without what was deleted; ' +
  'a rollback goes back to an earlier checkpoint.';

function isOneOf(text: string | undefined, known: readonly string[]): boolean {
  return text !== undefined && known.includes(text);
}

async function pointed({ path, admin, common }: Known): Promise<Finding[]> {
  if (!(await isFolder(admin))) {
    return finding(
      'entry-gone',
      `git does not know the worktree ${path} any more.`,
      'Run `git worktree repair` in it, or end the session.',
    );
  }
  const dotGit = join(path, '.git');
  const info = await lstat(dotGit).catch(() => undefined);
  const own = info?.isFile() === true ? (await readSmall(dotGit))?.trimEnd() : undefined;
  const back = (await readSmall(join(admin, 'gitdir')))?.trimEnd();
  const shared = (await readSmall(join(admin, 'commondir')))?.trimEnd();
  const ways = pointers(path, admin).map((to) => `gitdir: ${to}`);
  const intact = isOneOf(own, ways) && isOneOf(back, pointers(admin, dotGit)) && isOneOf(shared, ['../..', common]);
  if (intact || (await isAbsent(path))) return [];
  if (info === undefined && (await isAbsent(dotGit))) return finding('git-replaced', withoutGit(path), againNext);
  return finding(
    'git-replaced',
    `The git files of ${path} were changed: they lead somewhere else.`,
    'Do not run git in it; look at it by hand.',
  );
}

async function branchGone(repository: Repository, { admin, branch }: Known, refs: Refs): Promise<Finding[]> {
  const at = await headOf(repository, admin, refs).catch(() => undefined);
  if (at?.kind === 'branch' && at.branch !== branch && !isProtected(await branchFacts(repository, refs), at.branch)) {
    return finding(
      'branch-gone',
      `The branch ${branch} is not there any more; its worktree is on ${at.branch}.`,
      `If it was renamed, name it back: \`git branch -m ${at.branch} ${branch}\`. Else make it again from the reflog, or end the session.`,
    );
  }
  return finding(
    'branch-gone',
    `The branch ${branch} was deleted.`,
    'Make it again from the reflog, or end the session.',
  );
}

async function head(repository: Repository, place: Known, refs: Refs): Promise<Finding[]> {
  if (!(await isFolder(place.admin))) return [];
  const at = await headOf(repository, place.admin, refs).catch(() => undefined);
  if (at === undefined)
    return finding('head-unreadable', `The HEAD of ${place.path} cannot be read.`, 'Run `git worktree repair` in it.');
  if (at.kind === 'detached') {
    return finding(
      'detached',
      `${place.path} is at a commit and not on ${place.branch}.`,
      `Run \`git switch ${place.branch}\` in it, or tell the agent to.`,
    );
  }
  if (at.branch === place.branch) return [];
  if (isProtected(await branchFacts(repository, refs), at.branch)) {
    return finding(
      'default-branch',
      `${place.path} was switched to ${at.branch}, where no agent works.`,
      `Run \`git switch ${place.branch}\` in it.`,
    );
  }
  return finding(
    'other-branch',
    `${place.path} is on ${at.branch} instead of ${place.branch}.`,
    `Run \`git switch ${place.branch}\` in it, or tell the agent to.`,
  );
}

const operationFiles: readonly [FindingKind, string, string][] = [
  ['merge', 'MERGE_HEAD', 'merge'],
  ['rebase', 'rebase-merge', 'rebase'],
  ['cherry-pick', 'CHERRY_PICK_HEAD', 'cherry-pick'],
  ['revert', 'REVERT_HEAD', 'revert'],
  ['bisect', 'BISECT_LOG', 'bisect'],
];

async function operations({ path, admin }: Known): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [kind, file, word] of operationFiles) {
    if (await isAbsent(join(admin, file))) continue;
    const end = kind === 'bisect' ? '`git bisect reset`' : `\`git ${word} --continue\` or \`git ${word} --abort\``;
    found.push(...finding(kind, `A ${word} is under way in ${path}.`, `Finish it with ${end}, or tell the agent to.`));
  }
  if (await isFolder(join(admin, 'rebase-apply'))) {
    // The folder serves both commands; a file in it tells which.
    const kind = (await isAbsent(join(admin, 'rebase-apply', 'applying'))) ? 'rebase' : 'am';
    found.push(
      ...finding(
        kind,
        `A ${kind} is under way in ${path}.`,
        `Finish it with \`git ${kind} --continue\` or \`git ${kind} --abort\`.`,
      ),
    );
  }
  if (!(await indexIsFree(admin))) {
    found.push(
      ...finding(
        'index-locked',
        `A git command in ${path} is running, or was killed and left its lock.`,
        `When none runs, remove ${join(admin, 'index.lock')}.`,
      ),
    );
  }
  return found;
}
