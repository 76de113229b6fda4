/**
 * Branches that commits of a worktree got onto without a landing. Git refuses to check out one branch twice, and nothing else: an agent
 * may push into the repository itself, move a ref, or tell git to check `main` out all the same. It is known from files alone: what was
 * committed in a worktree is in the log of its HEAD.
 */
import { join } from 'node:path';
import type { Place } from '../core/session/state.ts';
import { endOf } from './files.ts';
import { readRefs } from './refs.ts';
import type { Repository } from './repository.ts';

/** A branch that was somewhere else when the work began. Full ids. */
export interface MovedBranch {
  readonly branch: string;
  /** A commit that was made in the worktree. */
  readonly commit: string;
  readonly before: string;
}

/** One line of a log of refs; `at` in milliseconds since 1970. */
interface Logged {
  readonly before: string;
  readonly commit: string;
  readonly at: number;
  readonly what: string;
}

/** Entries of a HEAD that made a commit; others went to one that was there. */
const made =
  /^(?:commit\b|cherry-pick\b|revert\b|am\b|rebase \((?:pick|squash|fixup|reword|edit|continue)\)|merge (?!.*Fast-forward))/u;
const none = /^0+$/u;

/**
 * Branches other than the worktree's own that are at a commit which was made in the worktree, and that came there after `since`
 * (milliseconds since 1970). Branches that were made since then belong to the work. `explained` says what is known to be meant.
 */
export async function movedBranches(
  repository: Repository,
  place: Pick<Place, 'admin' | 'branch' | 'baseCommit'>,
  since: number,
  explained: (branch: string, commit: string) => boolean,
): Promise<readonly MovedBranch[]> {
  const { branches } = await readRefs(repository);
  const head = await logged(join(place.admin, 'logs', 'HEAD'));
  const own = new Set(head.filter(({ what }) => made.test(what)).map(({ commit }) => commit));
  const tip = branches.get(place.branch);
  // Commits of ours are in no log; what is in it without having been made there came from somewhere else.
  if (tip !== undefined && !head.some(({ commit }) => commit === tip)) own.add(tip);
  own.delete(place.baseCommit);
  const moved: MovedBranch[] = [];
  for (const [branch, commit] of branches) {
    if (branch === place.branch || !own.has(commit) || explained(branch, commit)) continue;
    const log = await logged(join(repository.location.commonDir, 'logs', 'refs', 'heads', branch));
    const move = log.findLast((each) => each.commit === commit);
    // Git notes whole seconds: what is noted for the second in which the work began may have come before it, or after.
    if (move === undefined || none.test(move.before) || move.at < since - 1000) continue;
    if (log.some(({ before, at }) => none.test(before) && at >= since)) continue;
    moved.push({ branch, commit, before: move.before });
  }
  return moved;
}

/** The same as a sentence each. */
export function movedRemarks(moved: readonly MovedBranch[]): string[] {
  return moved.map(
    ({ branch, commit, before }) =>
      `The branch ${branch} was moved to ${commit.slice(0, 12)}, a commit of this worktree that Coppice did not land there; ` +
      `it was at ${before.slice(0, 12)} before.`,
  );
}

async function logged(path: string): Promise<Logged[]> {
  return (await endOf(path)).split('\n').flatMap((line) => {
    const found = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]* (\d{1,12}) [+-]\d{4}(?:\t(.*))?$/u.exec(line);
    if (found === null) return [];
    const [, before = '', commit = '', seconds = '', what = ''] = found;
    return [{ before, commit, at: Number(seconds) * 1000, what }];
  });
}
