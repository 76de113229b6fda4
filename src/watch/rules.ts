/** What a watcher asks of git; the engine makes it from the room `git`. Paths are as `pathText` writes them. */
export interface WatchRules {
  /**
   * Those of the paths that git ignores: never one that the baseline has. Rejects when it cannot be told; such paths are
   * then neither recorded nor offered to a checkpoint.
   */
  ignored(paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** The blob that the baseline (the commit that the watch began with) has at each path; undefined where there is none. */
  baseline(paths: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** A file that holds ignore rules has changed. */
  rulesChanged(): void;
}

/** Never looked into: git's own files, and what package managers can make again. */
export const neverWatched: ReadonlySet<string> = new Set(['.git', 'node_modules']);
