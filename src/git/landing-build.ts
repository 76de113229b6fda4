/** Builds the commit that a landing would make its target, beside everything: objects only. */
import { defined } from '../core/defined.ts';
import { CoppiceError } from '../core/errors.ts';
import type { Build, Conflict, LandingWay } from '../core/landing/state.ts';
import { textOf, zeroSplit } from './door.ts';
import { configuredIdentity, identityVariables } from './identity.ts';
import { mergeCommits, type Merged } from './merge.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';

/** What is brought home, and onto what. All are full commit ids. */
export interface BuildRequest {
  readonly way: LandingWay;
  /** Where the target is. */
  readonly from: string;
  readonly tip: string;
  /** Where the work began, when that cannot be left to git: its commits are in the target and were taken back there. */
  readonly fork?: string;
  /** Of the squash or the merge, with its trailers. A rebase keeps the messages. */
  readonly message: string;
}

/** The commit, or why there is none. */
export type BuildOutcome =
  | { readonly kind: 'built'; readonly build: Build }
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] }
  | { readonly kind: 'nothing' };

/**
 * @throws CoppiceError `wrong-state` when a branch with merges is to be rebased, `git-failed` when a commit is not
 * there, `disk-full`.
 */
export async function buildLanding(repository: Repository, request: BuildRequest): Promise<BuildOutcome> {
  if (request.way === 'rebase') return rebased(repository, request);
  const { from, tip, fork, message, way } = request;
  const merged = await mergeCommits(repository, {
    ours: from,
    theirs: tip,
    ...(fork === undefined ? {} : { base: fork }),
  });
  if (merged.kind === 'conflict') return merged;
  const unchanged = merged.tree === (await treeOfCommit(repository, from));
  if (unchanged && (way === 'squash' || (await isAncestor(repository, tip, from)))) return { kind: 'nothing' };
  const parents = way === 'squash' ? [from] : [from, tip];
  return {
    kind: 'built',
    build: { from, tree: merged.tree, commit: await commit(repository, merged.tree, parents, message) },
  };
}

/** Builds the commit that takes `landed` back from a target that is at `from` by now. Throws like `buildLanding`. */
export async function buildRevert(
  repository: Repository,
  landed: Build,
  from: string,
  message: string,
): Promise<BuildOutcome> {
  const merged = await mergeCommits(repository, { base: landed.commit, ours: from, theirs: landed.from });
  if (merged.kind === 'conflict') return merged;
  if (merged.tree === (await treeOfCommit(repository, from))) return { kind: 'nothing' };
  return {
    kind: 'built',
    build: { from, tree: merged.tree, commit: await commit(repository, merged.tree, [from], message) },
  };
}

/** Whether `of` has all of `commit`. */
export async function isAncestor(repository: Repository, commit: string, of: string): Promise<boolean> {
  const answer = await repository.run(['merge-base', '--is-ancestor', commit, of], { okCodes: [0, 1] });
  return answer.code === 0;
}

/** The commit where two histories part; undefined when they have nothing in common. */
export async function forkPoint(repository: Repository, a: string, b: string): Promise<string | undefined> {
  const answer = await repository.run(['merge-base', a, b], { okCodes: [0, 1] });
  return answer.code === 0 ? textOf(answer).split('\n', 1)[0] : undefined;
}

async function commit(
  repository: Repository,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const args = ['commit-tree', '--no-gpg-sign', '-F', '-', ...parents.flatMap((parent) => ['-p', parent]), tree];
  const extraEnv = identityVariables(await configuredIdentity(repository));
  return textOf(await repository.run(args, { input: message, extraEnv }));
}

/** One commit of the work, with what a copy of it keeps. */
interface Original {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: Readonly<Record<string, string>>;
  readonly message: string;
}

const atMost = 1000;

async function originals(repository: Repository, tip: string, without: string): Promise<Original[]> {
  const format = '--format=%H%x00%P%x00%an%x00%ae%x00%ad%x00%B%x00';
  const range = [tip, `^${without}`];
  const answer = await repository.run([
    'log',
    '--reverse',
    '--topo-order',
    '--date=raw',
    `--max-count=${atMost + 1}`,
    '-z',
    format,
    '--end-of-options',
    ...range,
  ]);
  const fields = zeroSplit(answer.stdout);
  const found: Original[] = [];
  for (let at = 0; at + 5 < fields.length; at += 7) {
    const [id = '', parents = '', name = '', email = '', date = '', message = ''] = fields.slice(at, at + 6);
    const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL } = identityVariables({ name, email });
    const author = defined({ GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_AUTHOR_DATE: `@${date}` });
    found.push({ id, parents: parents === '' ? [] : parents.split(' '), author, message });
  }
  return found;
}

/** One merge per commit; what changes nothing any more is left out, what sits on the target already stays itself. */
async function rebased(repository: Repository, request: BuildRequest): Promise<BuildOutcome> {
  const { from, tip, fork } = request;
  const commits = await originals(repository, tip, fork ?? from);
  refuseUnfit(commits);
  let at = from;
  let tree = await treeOfCommit(repository, from);
  for (const original of commits) {
    const [parent] = original.parents;
    if (parent === at) {
      at = original.id;
      tree = await treeOfCommit(repository, at);
      continue;
    }
    const merged = await replayed(repository, original, at);
    if (merged.kind === 'conflict') return merged;
    if (merged.tree === tree) continue;
    ({ tree } = merged);
    const args = ['commit-tree', '--no-gpg-sign', '-F', '-', '-p', at, tree];
    const extraEnv = { ...identityVariables(await configuredIdentity(repository)), ...original.author };
    at = textOf(await repository.run(args, { input: original.message, extraEnv }));
  }
  return at === from ? { kind: 'nothing' } : { kind: 'built', build: { from, commit: at, tree } };
}

function replayed(repository: Repository, { id, parents }: Original, onto: string): Promise<Merged> {
  const [base] = parents;
  return mergeCommits(repository, { ours: onto, theirs: id, ...(base === undefined ? {} : { base }) });
}

function refuseUnfit(commits: readonly Original[]): void {
  const merge = commits.find(({ parents }) => parents.length > 1);
  if (merge === undefined && commits.length <= atMost) return;
  const why = merge === undefined ? `has more than ${atMost} commits` : `has the merge ${merge.id.slice(0, 12)}`;
  throw new CoppiceError(
    'wrong-state',
    `The branch ${why}, so it cannot be landed commit by commit.`,
    'Land it with --squash or --merge.',
  );
}
