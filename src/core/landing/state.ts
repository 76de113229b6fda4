import type { ErrorRecord } from '../errors.ts';
import type { Unanswered } from '../supervision/unanswered.ts';

/** How work comes home: as one commit, as a merge, or commit by commit on top of the target. */
export const landingWays = ['squash', 'merge', 'rebase'] as const;
export type LandingWay = (typeof landingWays)[number];

/**
 * `queued` (nothing is built, or what was built is void because the target moved) → `built` (a commit beside the
 * target, being shown to the gates or about to be the target) → one of the three ends.
 */
export const landingStates = ['queued', 'built', 'landed', 'refused', 'withdrawn'] as const;
export type LandingState = (typeof landingStates)[number];

/** What a gate said. It is about one tree, and void for every other one. */
export interface Evidence {
  readonly tree: string;
  readonly command: readonly string[];
  readonly passed: boolean;
  /** Exit code; null when it was ended. */
  readonly code: number | null;
  readonly ms: number;
  /** File that holds its output. */
  readonly output: string;
}

/** A path on which both sides disagree; `hunks` have git's markers. */
export interface Conflict {
  readonly path: string;
  readonly kind: string;
  readonly messages: readonly string[];
  readonly hunks?: string;
}

/** The commit that was made beside the target: `from` is where the target was. */
export interface Build {
  readonly from: string;
  readonly commit: string;
  readonly tree: string;
}

/** Work on its way into a branch, or back out of it (`reverts`). Times are in milliseconds since 1970. */
export interface Landing {
  readonly id: string;
  readonly session: string;
  readonly repository: string;
  readonly way: LandingWay;
  /** The branch that it comes home to. */
  readonly target: string;
  /** The last commit of the work; absent until what was not committed is. */
  readonly tip?: string;
  readonly message: string;
  /** The landing that this one takes back. */
  readonly reverts?: string;
  readonly revertedBy?: string;
  /** Files that were copied although git ignores them, and that a person said may land. */
  readonly private?: readonly string[];
  /** Files that went after the session's work had ended are meant to go, a person said. */
  readonly deletions?: true;
  readonly by: string;
  readonly requestedAt: number;
  readonly endedAt?: number;
  /** Journal sequence number of the request: its place in the line. */
  readonly place: number;
  readonly state: LandingState;
  readonly build?: Build;
  /** Of the present build's tree. */
  readonly evidence: readonly Evidence[];
  /** Gates with which engines ended. */
  readonly unanswered?: readonly Unanswered[];
  /** Why it waits. */
  readonly held?: string;
  readonly conflicts?: readonly Conflict[];
  readonly error?: ErrorRecord;
}

/** What can happen to a landing. `session` is that of the landing. */
export interface LandingEvents {
  'landing.requested': {
    landing: string;
    session: string;
    repository: string;
    way: LandingWay;
    target: string;
    /** Absent when what is not committed on the session's branch has to be committed first. */
    tip?: string;
    message: string;
    reverts?: string;
    /** Files that were copied although git ignores them, and that `by` said may land. */
    private?: readonly string[];
    deletions?: true;
    by: string;
    /** Number of the session's latest prompt: work that is asked for later is not part of it. */
    prompts: number;
  };
  /** What was not committed is: that is what lands. */
  'landing.sealed': { landing: string; tip: string };
  /** A commit beside the target, made on top of `from`; voids what was built before. */
  'landing.built': { landing: string; build: Build };
  'landing.tested': { landing: string; evidence: Evidence; intent?: string };
  /** The engine ended while the gate ran: it has no answer. */
  'landing.untested': { landing: string; command: readonly string[]; intent: string };
  /** It cannot go on at present; it is tried again. */
  'landing.held': { landing: string; why: string };
  /** The target is not where it was when this was built. */
  'landing.overtaken': { landing: string; intent?: string };
  'landing.landed': { landing: string; session: string; build: Build; reverts?: string; intent?: string };
  'landing.refused': { landing: string; session: string; error: ErrorRecord; conflicts?: readonly Conflict[] };
  'landing.withdrawn': { landing: string; session: string; by: string };
}
