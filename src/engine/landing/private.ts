import { CoppiceError } from '../../core/errors.ts';
import type { LandingWay } from '../../core/landing/state.ts';
import { includedBetween, includedSince } from '../../git/include.ts';
import type { Repository } from '../../git/repository.ts';

/** Work that would land. `tree` is that of files which are not committed yet. */
export interface Work {
  readonly way: LandingWay;
  /** Where it began. */
  readonly base: string;
  readonly tip: string;
  readonly tree?: string;
}

/**
 * Files of the work that the main checkout ignores and that `.worktreeinclude` had copied, sorted: nobody meant them for a commit. A squash
 * has what is there at its end, the other ways all that ever was in a commit.
 */
export async function privateFiles(repository: Repository, { way, base, tip, tree }: Work): Promise<readonly string[]> {
  const committed = await (way === 'squash' ? includedBetween : includedSince)(repository, base, tip);
  const more = tree === undefined ? [] : await includedBetween(repository, base, tree);
  return [...new Set([...committed, ...more])].sort();
}

/** The refusal of files that nobody said yes to; undefined without any. */
export function unasked(
  session: string,
  files: readonly string[],
  agreed: readonly string[],
): CoppiceError | undefined {
  const left = files.filter((path) => !agreed.includes(path));
  const [first] = left;
  if (first === undefined) return undefined;
  const which = left.length === 1 ? first : `${first} and ${left.length - 1} more`;
  return new CoppiceError(
    'private-file',
    `The work has ${which}, which your checkout ignores and .worktreeinclude had copied, so it does not land unasked.`,
    'Have it taken out of the work, or say of each file that it may land.',
    { way: 'land-private', context: { session, paths: left.slice(0, 100).join('\n') } },
  );
}
