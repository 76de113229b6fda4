import { defined } from '../defined.ts';
import type { NewEvent } from '../domain.ts';
import { event } from '../events.ts';
import type { Place, Session } from '../session/state.ts';
import { isSettled } from '../session/status.ts';
import type { Watch, WatchEvents } from './state.ts';

/** It works, in a worktree of its own. */
export function isWatchable(session: Session): session is Session & { readonly worktree: Place } {
  return session.worktree !== undefined && session.holding && !isSettled(session);
}

/**
 * What an engine finds of watches that an earlier one did not end: nobody saw what changed until now, and what is not
 * `watched` any more has ended. It goes on record with the engine itself, so that taking up a watch needs no record.
 */
export function watchesFound(watches: readonly Watch[], watched: (session: string) => boolean): NewEvent[] {
  return watches
    .filter(({ mode }) => mode !== 'ended')
    .map(({ id, worktree }) =>
      watched(id)
        ? event('watch.gap', { session: id, why: 'no engine ran for a while' })
        : event('watch.changed', { session: id, worktree, mode: 'ended', why: 'the work has ended' }),
    );
}

/** What is to be journalled when a watch is as `now` says, and was last as `before`. Nothing when that is known. */
export function watchChanged(before: Watch | undefined, now: WatchEvents['watch.changed']): NewEvent[] {
  const { session, worktree, mode, why } = now;
  const same = before?.worktree === worktree;
  if (same && before.mode === mode && before.why === why) return [];
  const changed = event('watch.changed', { session, worktree, mode, ...defined({ why }) });
  const missed = same && before.mode === 'ended' && mode !== 'ended';
  return missed ? [event('watch.gap', { session, why: 'nobody watched for a while' }), changed] : [changed];
}
