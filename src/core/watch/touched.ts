/** Paths of a session's worktree, as `pathText` writes them, that may differ from what they were when they were taken last. */
export interface Touched {
  readonly paths: readonly string[];
  /** Why `paths` may not be all of them; a checkpoint then looks at every file. */
  readonly gap?: string;
}

/**
 * What the watchers of worktrees know, for whoever makes trees of them. Each taker is named, and gets every path once
 * per change.
 */
export interface TouchedPaths {
  /**
   * All that was written in the worktree before the call; what comes later is for the next one. Waits until the system has
   * told of it, at most half a second (else there is a gap). A worktree that nobody watches is one gap.
   */
  take(session: string, taker: string): Promise<Touched>;
  /** What was taken and not used, for the next call. */
  giveBack(session: string, taker: string, touched: Touched): void;
}
