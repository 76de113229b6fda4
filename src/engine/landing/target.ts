import { CoppiceError } from '../../core/errors.ts';
import { targetOf } from '../../core/landing/commands.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { branchFacts } from '../../git/facts.ts';
import { readRefs } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import type { Store } from '../sessions/store.ts';

/** Where a session's work goes, and from where: full commit ids. */
export interface Target {
  readonly place: Place;
  readonly target: string;
  readonly targetCommit: string;
  readonly tip: string;
  readonly defaultBranch: boolean;
}

/**
 * @param into a branch that somebody named.
 * @throws CoppiceError `wrong-state` (no worktree, the branch is gone), `not-found` (no such target), `detached-head` (the
 * work began at no branch and none was named), `bad-usage` (its own branch).
 */
export async function findTarget(
  store: Store,
  repository: Repository,
  session: Session,
  into: string | undefined,
): Promise<Target> {
  const place = session.worktree;
  if (place === undefined) throw failure('wrong-state', session, 'has no worktree', 'There is nothing to land.');
  const refs = await readRefs(repository);
  const { defaultBranch } = await branchFacts(repository, refs);
  const parent = session.parent === undefined ? undefined : store.get('session', session.parent);
  const known = { exists: (branch: string) => refs.branches.has(branch), defaultBranch };
  const target = into?.replace(/^refs\/heads\//, '') ?? targetOf(session, parent, known);
  if (target === undefined) {
    throw failure('detached-head', session, 'began at a commit that is on no branch', 'Name a branch with `--into`.');
  }
  if (target === place.branch) throw failure('bad-usage', session, `is on ${target} itself`, 'Name another branch.');
  const targetCommit = refs.branches.get(target);
  if (targetCommit === undefined) {
    throw new CoppiceError('not-found', `There is no branch ${target}.`, 'Name a local branch with `--into`.', {
      context: { branch: target },
    });
  }
  const tip = refs.branches.get(place.branch);
  if (tip === undefined) {
    const what = `has lost its branch ${place.branch}`;
    throw failure('wrong-state', session, what, 'Make it again from the reflog.');
  }
  return { place, target, targetCommit, tip, defaultBranch: target === defaultBranch };
}

function failure(code: 'wrong-state' | 'detached-head' | 'bad-usage', { id }: Session, what: string, next: string) {
  return new CoppiceError(code, `Session ${id} ${what}.`, next, { context: { session: id } });
}
