/** What a test tells an engine that it starts; see `engine-program.ts`. */

/** One of an engine's commits, and which side of it. */
export type KillPoint =
  /** `before`: decided, nothing written. `after`: on the disk, nobody told. Commits are counted from 1 in each life. */
  | { readonly when: 'before' | 'after'; readonly commit: number }
  /** The first commit with a record of this type. */
  | { readonly when: 'after'; readonly type: string };

export interface Plan {
  /** Where the engine ends itself with SIGKILL; it lives on if it never gets there. */
  readonly kill?: KillPoint;
  /** `media/run.sh`. */
  readonly wrapper: string;
  /** The demo agent's program. */
  readonly agent: string;
  /** Folder of the templates of prompts. */
  readonly prompts: string;
  /** File with the milliseconds by which the engine's clock is ahead of the time; it may change at any moment. */
  readonly clock?: string;
  /** Gets a line for each commit: its number and the types of its records. */
  readonly commits: string;
}
