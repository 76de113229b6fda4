import { CoppiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session/state.ts';
import type { SessionContext } from './context.ts';
import { graceMs } from './grace.ts';
import { abandon, confirmEnded, openSpawn } from './start.ts';

/** A start that did not happen, of a session that was cancelled. */
export const cancelled = new CoppiceError('wrong-state', 'It was cancelled.', 'Nothing has to be done.');

/** It stays open whether something works in the worktree. */
export const lostSight = new CoppiceError(
  'unknown-outcome',
  'It cannot be told whether the agent has ended.',
  'Look whether its process is still there, and end it.',
);

/**
 * Ends the agent of a start that was announced, is not confirmed and cannot be made again to find out. True once its end, or that it
 * never began, is on record; false while that cannot be told. Throws like the executor, and like `context.agent`.
 */
export async function endUnconfirmed(context: SessionContext, session: Session, prompt: number): Promise<boolean> {
  const open = openSpawn(context, session);
  if (open === undefined) return true;
  const ref = context.runRef(session.id, open.spawn.run);
  const executor = context.executor(session);
  const { killed } = await executor.stop(ref, { graceMs: await graceMs(context, session) });
  context.log.info('stopped', { session: session.id, killed: killed.length });
  if (await confirmEnded(context, session, prompt)) return true;
  if ((await executor.probe(ref)).state !== 'not-started') return false;
  await abandon(context, session, cancelled);
  return true;
}
