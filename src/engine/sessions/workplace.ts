import type { ChangeSummary, Place, Session } from '../../core/session/state.ts';

/** What the session loop needs of git; the composition root makes it from the room `git`. */
export interface Workplace {
  /**
   * Decides where a session is going to work and has it announced before anybody else may choose: an existing worktree
   * to take, or the slug and branch of one to make.
   */
  choose(session: Session, announce: (choice: Choice) => Promise<void>): Promise<void>;
  /** Makes or takes the worktree and its lease. Repeating it after a crash finishes what was begun. Fails closed. */
  claim(session: Session, choice: Choice, signal: AbortSignal): Promise<Place>;
  /** Runs the set-up commands in a worktree that was made on this host. The first one that fails is thrown. */
  setUp(session: Session, place: Place, signal: AbortSignal): Promise<void>;
  /** Takes the lease of the worktree that the session already has. */
  reclaim(session: Session, place: Place): Promise<Place>;
  /** Notes the process that writes in the worktree, so that nobody takes its lease while it lives. */
  occupy(session: Session, place: Place, writer: { readonly pid: number; readonly startTime: string }): Promise<void>;
  /** Commits what the agent left, once per `intent`, and says how the branch stands against its base. */
  commit(session: Session, place: Place, options: { intent: string; message: string }): Promise<ChangeSummary>;
  /** How the worktree stands against its base, without committing. */
  changes(session: Session, place: Place): Promise<ChangeSummary>;
  /**
   * Keeps the entries of the repository's stash, which all worktrees share; the worktree's begin does so by itself. Never throws:
   * what cannot be kept is in the log.
   */
  keepStash(session: Session): Promise<void>;
  /** What a person should know of that stash after the session worked: a sentence each. Never throws. */
  stashRemarks(session: Session, place: Place): Promise<readonly string[]>;
  /** Branches that the session's commits got onto although nobody landed them there: a sentence each. Never throws. */
  movedRemarks(session: Session, place: Place): Promise<readonly string[]>;
  /** Gives the lease back. Never throws: what cannot be written is in the log and tried again. */
  release(session: Session, place: Place): Promise<void>;
}

/**
 * Where a session is going to work, decided and announced before anything is made. `take` means a worktree that exists.
 */
export interface Choice {
  readonly kind: 'create' | 'take';
  readonly slug: string;
  readonly branch: string;
  /** Of the worktree to take; empty for one that is to be made. */
  readonly path: string;
}
