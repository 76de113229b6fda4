import type { Place } from '../session/state.ts';

/** A worktree of ours. `holder` is the session that may write in it: one at a time. */
export interface Worktree extends Place {
  /** Its path. */
  readonly id: string;
  readonly repository: string;
  readonly holder: string | null;
  /** The session that used it last; null when none has yet. */
  readonly session: string | null;
  readonly since: number;
  /** Its set-up commands have not been through: whoever works in it next runs them first. */
  readonly setUpDue?: true;
}

/** Data of the events by which worktrees come and go outside of a session's work. */
export interface WorktreeEvents {
  /** Made for a task that no session has begun. With `setUpDue` it is yet to be set up; once it is, the same comes without that. */
  'worktree.made': { worktree: Place; repository: string; setUpDue?: true };
  /** Removed from disk; what it held is reachable from `kept`. */
  'worktree.removed': { worktree: string; kept: string | null; reason: string; intent?: string };
}

/** Data of the events by which engines begin and end; `engine` tells one run of an engine from all others. */
export interface EngineEvents {
  'engine.started': { engine: string; version: string; pid: number; host: string };
  'engine.stopped': { engine: string; reason: string };
}
