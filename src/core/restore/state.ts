import type { Loss } from '../checkpoint/loss.ts';
import type { ErrorRecord } from '../errors.ts';
import type { ConversationWay, Rewound } from './conversation.ts';

/** Which of the changes of a file are taken, by their number in the list of hunks, from 0. */
export interface ChosenHunks {
  readonly path: string;
  readonly hunks: readonly number[];
}

/** Why the engine rolls back by itself: gates refused a turn. */
export interface Automatic {
  readonly turn: number;
  /** In a sentence, for people and for the agent. */
  readonly why: string;
  /** The prompt with which the session goes on when it is done. */
  readonly prompt: string;
}

/** What a rollback was asked to do. */
export interface RestoreRequest {
  /** Given by whoever asks, so that a repeated request is one rollback. */
  readonly id: string;
  /** The checkpoint whose files are wanted. */
  readonly to: number;
  /** Files and folders, relative to the worktree; everything when neither these nor `hunks` are given. */
  readonly paths?: readonly string[];
  readonly hunks?: readonly ChosenHunks[];
  /** Only files that are gone: what was written since stays. */
  readonly gone?: boolean;
  /** What a person was asked about those, and about which turn: asked again when they could not be put back. */
  readonly lost?: Loss & { readonly turn?: number };
  /** Only what differs between this checkpoint and `to`: how a rollback is undone. */
  readonly since?: number;
  /** Tree of the files that the request was decided on; other files refuse it. */
  readonly expect?: string;
  /** The conversation goes back, too. */
  readonly conversation?: boolean;
  /** Nobody asked for it. */
  readonly automatic?: Automatic;
}

/**
 * What is about to be done to the files, announced before it is done: the state before is checkpoint `before`, and what
 * `before` and `tree` have different becomes as in `tree`. After a kill the same is finished.
 */
export interface RestorePlan {
  readonly before: number;
  readonly after: number;
  readonly tree: string;
  readonly commit: string;
  readonly exact?: { readonly commit: string; readonly tree: string };
}

/** A rollback under way. */
export interface Restoring extends RestoreRequest {
  readonly plan?: RestorePlan;
}

/** How the last rollback ended. `at` is in milliseconds since 1970; `files` counts those that changed. */
export interface Restored {
  readonly id: string;
  readonly to: number;
  readonly at: number;
  readonly files: number;
  /** Checkpoints of the state before and after; absent when nothing was changed. */
  readonly before?: number;
  readonly after?: number;
  readonly error?: ErrorRecord;
  /** How the conversation went back; absent when it was not asked to. */
  readonly conversation?: ConversationWay;
  /** The turn that was taken back by itself, and why; absent when a person asked for it. */
  readonly automatic?: Omit<Automatic, 'prompt'>;
}

/** Data of the events of rollbacks. */
export interface RestoreEvents {
  'restore.requested': { session: string; request: RestoreRequest };
  'restore.planned': { session: string; restore: string; plan: RestorePlan };
  'restore.ended': {
    session: string;
    restore: string;
    files: number;
    before?: number;
    after?: number;
    error?: ErrorRecord;
    conversation?: { way: ConversationWay; rewound?: Rewound };
  };
}
