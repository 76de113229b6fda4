/** Which worktree a task works in, by convention and as a pure rule: `feature/auth-05A` owns the tasks `*-auth-05A`. */
import { CoppiceError } from '../core/errors.ts';
import { type BranchFacts, refuseProtected } from './facts.ts';
import { branchOf, slugFrom, slugOfBranch, suffixOf } from './names.ts';

/** What the rule looks at; `ListedWorktree` fits. */
export interface Candidate {
  readonly path: string;
  readonly branch: string | undefined;
  readonly main: boolean;
  readonly gone: boolean;
}

export type Resolution<T extends Candidate> =
  | { readonly kind: 'use'; readonly worktree: T }
  | { readonly kind: 'create'; readonly slug: string; readonly branch: string };

/**
 * @param task the task's name, e.g. `implement-auth-05A`, or any text.
 * @param wanted a worktree asked for by name: a branch, a slug or an absolute path. It is used if it exists; else one of that
 * name is made, but never for a path.
 * @throws CoppiceError `worktree-ambiguous` (two or more fit; context `candidates`, one branch per line),
 * `default-branch`, `not-found` (a path where no worktree is).
 */
export function resolveWorktree<T extends Candidate>(
  task: string,
  worktrees: readonly T[],
  facts: BranchFacts,
  wanted?: string,
): Resolution<T> {
  if (wanted !== undefined) return resolveWanted(wanted, worktrees, facts);
  const usable = worktrees.filter((each) => isUsable(each, facts));
  const suffix = suffixOf(task);
  const slug = slugFrom(task);
  const fits = usable.filter(({ branch = '' }) =>
    suffix === undefined
      ? slugOfBranch(branch) === slug
      : branch.startsWith('feature/') && suffixOf(slugOfBranch(branch)) === suffix,
  );
  const [first, ...more] = fits;
  if (first === undefined) return create(slug, branchOf(slug), facts);
  if (more.length === 0) return { kind: 'use', worktree: first };
  const branches = fits.map(({ branch = '' }) => branch).sort();
  throw new CoppiceError(
    'worktree-ambiguous',
    `"${task}" fits ${fits.length} worktrees: ${branches.join(', ')}.`,
    'Say which one with `--worktree`.',
    { context: { task, candidates: branches.join('\n') } },
  );
}

function resolveWanted<T extends Candidate>(asked: string, worktrees: readonly T[], facts: BranchFacts): Resolution<T> {
  const wanted = asked.replace(/^refs\/heads\//, '').replace(/(?<=.)\/+$/, '');
  refuseProtected(facts, wanted);
  const found = worktrees.find(
    ({ branch, path }) =>
      path === wanted || (branch !== undefined && (branch === wanted || slugOfBranch(branch) === wanted)),
  );
  if (found?.main === true || (found?.branch !== undefined && !found.gone)) {
    refuseProtected(facts, found.branch ?? wanted);
    if (found.main) {
      throw new CoppiceError(
        'default-branch',
        `${found.path} is the main checkout, where no agent works.`,
        'Name another worktree.',
        {
          context: { path: found.path },
        },
      );
    }
    return { kind: 'use', worktree: found };
  }
  if (found !== undefined && !found.gone) throw detached(found.path);
  if (/^[./~]|\.\./.test(wanted)) {
    throw new CoppiceError(
      'not-found',
      `There is no worktree at ${wanted}.`,
      'See `coppice worktrees list`, or give a name.',
      {
        context: { wanted },
      },
    );
  }
  if (wanted.startsWith('/')) {
    throw new CoppiceError(
      'not-found',
      `There is no worktree of this repository at ${wanted}.`,
      '`coppice worktrees list` shows those that there are; a name in place of a path makes one.',
      { context: { path: wanted } },
    );
  }
  const slug = slugFrom(wanted.replace(/^feature\//, ''));
  return create(slug, branchOf(slug), facts);
}

function create(slug: string, branch: string, facts: BranchFacts): { kind: 'create'; slug: string; branch: string } {
  refuseProtected(facts, branch);
  return { kind: 'create', slug, branch };
}

function isUsable({ branch, main, gone }: Candidate, facts: BranchFacts): boolean {
  return branch !== undefined && !main && !gone && !facts.protected.has(branch);
}

function detached(path: string): CoppiceError {
  return new CoppiceError(
    'detached-head',
    `The worktree ${path} is on no branch.`,
    'Run `git switch -c <branch>` in it first.',
    { context: { path } },
  );
}
