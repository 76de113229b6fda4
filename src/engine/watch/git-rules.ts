import { IgnoreRules, type Lookup } from '../../git/ignore.ts';
import type { Repository } from '../../git/repository.ts';
import type { WatchRules } from '../../watch/rules.ts';

/** What git says of the paths of one worktree. */
export class GitRules implements WatchRules {
  readonly #ignore: IgnoreRules;
  readonly #lookup: Lookup;
  readonly #commit: string;

  /** `commit`: what the watch begins with. */
  constructor(repository: Repository, path: string, lookup: Lookup, commit: string) {
    this.#ignore = new IgnoreRules(repository, path);
    this.#lookup = lookup;
    this.#commit = commit;
  }

  async ignored(paths: readonly string[]): Promise<ReadonlySet<string>> {
    // What git has is not ignored, whatever the rules say. In a worktree that was just made that is all, and the git that tells
    // it is there for every worktree: then none is started for this one, beside the start of its agent.
    const tracked = await this.baseline(paths);
    return new Set(await this.#ignore.matching(paths.filter((_path, index) => tracked[index] === undefined)));
  }

  baseline(paths: readonly string[]): Promise<(string | undefined)[]> {
    return this.#lookup.at(this.#commit, paths);
  }

  rulesChanged(): void {
    this.#ignore.changed();
  }

  close(): void {
    this.#ignore.close();
  }
}
