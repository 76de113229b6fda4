/** When a worktree is cleaned up without being asked for: merged, or done and clean and pushed; failed after a week. */

export interface CleanupCase {
  readonly origin: 'created' | 'adopted' | 'reused';
  /** Somebody holds its lease. */
  readonly leased: boolean;
  /** A session still wants it: queued, running, paused, waiting for a person. */
  readonly active: boolean;
  /** Files, nested repositories or an unfinished merge that no commit holds. */
  readonly dirty: boolean;
  /** There is work on the branch, and all of it is in the branch that it comes home to. */
  readonly merged: boolean;
  /** No commit of the branch is missing on every remote. */
  readonly pushed: boolean;
  readonly ended: 'done' | 'failed' | undefined;
  /** Milliseconds since 1970. */
  readonly endedAt: number | undefined;
}

/** Whether a worktree goes, and why. */
export interface CleanupDecision {
  readonly remove: boolean;
  /** A few words for the list that a person sees. */
  readonly reason: string;
}

/** How long a failed worktree is kept: time to look at what went wrong. */
export const keepFailedMs = 7 * 24 * 60 * 60 * 1000;

/** Decides from the facts of one worktree; in doubt it stays. `now` is in milliseconds since 1970. Pure. */
export function cleanupDecision(worktree: CleanupCase, now: number): CleanupDecision {
  if (worktree.leased) return keep('a session works in it');
  if (worktree.active) return keep('a session needs it');
  if (worktree.origin === 'adopted') return keep('Coppice did not make it');
  if (worktree.dirty) return keep('it has changes that are not committed');
  if (worktree.merged) return remove('merged');
  if (worktree.ended === 'done')
    return worktree.pushed ? remove('done and pushed') : keep('its commits are not pushed');
  if (worktree.ended === 'failed') {
    const age = now - (worktree.endedAt ?? now);
    return age >= keepFailedMs
      ? remove('ended without a result, more than a week ago')
      : keep('it ended without a result, less than a week ago');
  }
  return keep('no session has worked in it');
}

function keep(reason: string): CleanupDecision {
  return { remove: false, reason };
}

function remove(reason: string): CleanupDecision {
  return { remove: true, reason };
}
