/** Where a comment stands: lines `start` to `end` (from 1) of a file as the person saw it. */
export interface Anchor {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Those lines as they were, so that the comment can be understood when they have moved. */
  readonly quote: string;
}

/** What a person says about lines of a session's changes. Times are in milliseconds since 1970. */
export interface Comment extends Anchor {
  readonly id: string;
  readonly text: string;
  readonly by: string;
  readonly at: number;
  /** Number of the prompt with which it was sent to the agent. */
  readonly prompt?: number;
  readonly resolved: boolean;
}

/**
 * A file that was ticked as reviewed. `content` is git's blob id of what was seen, null for a file that was deleted: the tick
 * holds for exactly that content.
 */
export interface Tick {
  readonly path: string;
  readonly content: string | null;
}

/** A person's review of one session's changes. */
export interface Review {
  readonly session: string;
  /** Oldest first. */
  readonly comments: readonly Comment[];
  readonly ticks: readonly Tick[];
}

/** What can happen to a review. `comment` is an id. */
export interface ReviewEvents {
  'review.commented': { session: string; comment: string; anchor: Anchor; text: string };
  'review.edited': { session: string; comment: string; text: string };
  'review.resolved': { session: string; comment: string; resolved: boolean };
  'review.withdrawn': { session: string; comment: string };
  /** Comments became part of a prompt. */
  'review.sent': { session: string; comments: readonly string[]; prompt: number };
  'review.ticked': { session: string; path: string; content: string | null };
  'review.unticked': { session: string; path: string };
}
