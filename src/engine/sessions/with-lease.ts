import type { Place, Session } from '../../core/session/state.ts';
import type { SessionContext } from './context.ts';

/** Works with the lease of the session's worktree (one writer per worktree), which is given back when it was taken for this. */
export async function withLease(
  { workplace }: SessionContext,
  session: Session,
  place: Place,
  work: () => Promise<void>,
): Promise<void> {
  if (session.holding) {
    await work();
    return;
  }
  await workplace.reclaim(session, place);
  try {
    await work();
  } finally {
    await workplace.release(session, place);
  }
}
