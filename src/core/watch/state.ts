export const changeKinds = ['created', 'modified', 'deleted', 'renamed'] as const;
export type FileChangeKind = (typeof changeKinds)[number];

/**
 * How a worktree is watched: `watching` as the system reports changes, `polling` by looking from time to time because it
 * cannot, `ended` with the work of the session.
 */
export const watchModes = ['watching', 'polling', 'ended'] as const;
export type WatchMode = (typeof watchModes)[number];

/**
 * One changed file. Paths are relative to the top of the worktree, as `pathText` writes them. Hashes are git's blob ids of
 * the bytes on the disk: null when there is no file, missing when it was not computed (too large, a storm).
 */
export interface FileChange {
  readonly path: string;
  readonly kind: FileChangeKind;
  /** Where a renamed file was. */
  readonly from?: string;
  /** As last recorded, else as in the commit that the watch began with. */
  readonly before?: string | null;
  readonly after?: string | null;
  /** Bytes; of a file that is there. */
  readonly size?: number;
}

/** How many changes there were of each kind. */
export type ChangeCounts = Readonly<Record<FileChangeKind, number>>;

export const noChanges: ChangeCounts = { created: 0, modified: 0, deleted: 0, renamed: 0 };

/** What is known of the files of a session's worktree since its watch began; times in milliseconds since 1970. */
export interface Watch {
  /** The session. */
  readonly id: string;
  readonly worktree: string;
  readonly mode: WatchMode;
  /** Why it polls, or why it ended, as a clause. */
  readonly why?: string;
  readonly since: number;
  readonly counts: ChangeCounts;
  /** The last `recentChanges` of them, oldest first. */
  readonly recent: readonly FileChange[];
  readonly changedAt?: number;
  /** How often changes may have been missed, and why the last time; a checkpoint then looks at all files. */
  readonly gaps: number;
  readonly lastGap?: { readonly at: number; readonly why: string };
}

/** Changes that a session's entity keeps. */
export const recentChanges = 100;

/** Data of the events about files of a worktree. */
export interface WatchEvents {
  'watch.changed': { session: string; worktree: string; mode: WatchMode; why?: string };
  /** Changes may have been missed. */
  'watch.gap': { session: string; why: string };
  /** One batch. `counts` are of all changes; of a storm `changes` holds a sample. */
  'files.changed': { session: string; counts: ChangeCounts; changes: FileChange[] };
}

/** Types of the events by which nothing of a session's own state changes. */
export const watchEventTypes: ReadonlySet<string> = new Set<keyof WatchEvents>([
  'watch.changed',
  'watch.gap',
  'files.changed',
]);
