import { isApproved, isVerified } from '../supervision/due.ts';
import type { Breakpoint, Session, Status } from './state.ts';

/** Breakpoints that a person still has to answer. */
export function openBreakpoints(session: Session): readonly Breakpoint[] {
  return session.breakpoints.filter((breakpoint) => breakpoint.answer === undefined);
}

/** True while a process of the agent runs, or may run. */
export function isLive(session: Session): boolean {
  const state = session.run?.state;
  return state === 'starting' || state === 'running' || state === 'unknown';
}

/** True when the present run was given neither a prompt nor anything else. */
export function isInVain({ run, prompts }: Session): boolean {
  return run !== undefined && run.inputs === 0 && !run.closing && prompts.every((prompt) => prompt.run !== run.n);
}

/** The one word for where a session stands. Doubt outranks everything that is not final: unknown is shown as unknown (invariant 9). */
export function statusOf(session: Session): Status {
  if (session.run?.state === 'unknown') return 'unknown';
  switch (session.admission) {
    case 'idle':
      return acceptedAs(session) ?? provenAs(session) ?? session.result?.outcome ?? 'queued';
    case 'waiting':
      return 'queued';
    case 'admitted':
      if (session.pausedUntil !== undefined) return 'paused';
      if (openBreakpoints(session).length > 0) return 'needs-you';
      return session.run === undefined || session.worktree === undefined || !session.holding ? 'preparing' : 'running';
  }
}

/** How far the work of the latest stretch came after its end; work that was asked for since is not part of it. */
function acceptedAs({ acceptance, promptCount }: Session): 'accepted' | 'landed' | undefined {
  if (acceptance?.prompts !== promptCount) return undefined;
  return acceptance.landed ? 'landed' : 'accepted';
}

/** How far reported work is proven: by a person's word, or by all gates on its very tree. */
function provenAs(session: Session): 'accepted' | 'verified' | undefined {
  if (session.result?.outcome !== 'reported') return undefined;
  if (isApproved(session)) return 'accepted';
  return isVerified(session) ? 'verified' : undefined;
}

/** Milliseconds for which the turn under way has worked at the time `now`, waiting for people not counted; undefined between turns. */
export function workedMs(session: Session, now: number): number | undefined {
  const { turn } = session;
  if (turn === undefined) return undefined;
  return Math.max(0, (turn.heldSince ?? now) - turn.startedAt - turn.heldMs);
}

/**
 * For how long a session has been at work, waiting for people and what lay between its turns not counted: milliseconds, and the time
 * from which on they go on counting, if they do (milliseconds since 1970).
 */
export function workTime(session: Session): { readonly ms: number; readonly since?: number } {
  const { turn, workedMs: ms = 0 } = session;
  if (turn === undefined) return { ms };
  if (turn.heldSince === undefined) return { ms, since: turn.startedAt + turn.heldMs };
  return { ms: ms + (workedMs(session, turn.heldSince) ?? 0) };
}

/** True when nothing more will happen unless somebody asks for it. */
export function isSettled(session: Session): boolean {
  return session.admission === 'idle';
}

/** True when the engine has nothing to do for a session: no process, no rollback, nothing that anybody asked for. */
export function isAtRest(session: Session): boolean {
  const wanted = session.restoring ?? session.verifying ?? session.wish;
  return isSettled(session) && !isLive(session) && wanted === undefined;
}
