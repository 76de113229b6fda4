import { createHash } from 'node:crypto';
import { shortId, worktreeId } from '../../core/ids.ts';
import type { Session } from '../../core/session/state.ts';
import { statusOf } from '../../core/session/status.ts';

/** Default time box of a task in seconds (S0-30). */
const maxDurationS = 1800;
/** Default number of tries on the same error (S0-29). */
const maxAttempts = 3;

/** `.coppice/state.json`: every key of S0-56, so that a worktree tells what it is for without the engine. */
export function worktreeState(session: Session, sessions: readonly Session[]): Record<string, unknown> {
  const { task, worktree } = session;
  const parent = sessions.find((each) => each.id === session.parent);
  const children = sessions.filter((each) => each.parent === session.id && each.worktree !== undefined);
  return {
    format: 1,
    worktree_id: worktreeId(worktree?.slug ?? task.title, session.createdAt),
    task_uuid: task.uuid,
    short_uuid: shortId(task.uuid),
    task: task.id,
    title: task.title,
    session: session.id,
    branch: worktree?.branch ?? null,
    base: worktree?.base ?? null,
    github: { issue_number: null, pr_number: null, labels: [] },
    parent_worktree: parent?.worktree?.path ?? null,
    sub_worktrees: children.map((each) => each.worktree?.path),
    status: statusOf(session),
    attempts: attempts(session),
    timing: timing(session),
  };
}

function attempts(session: Session): Record<string, unknown> {
  const error = session.result?.error?.message ?? null;
  // MD5 as the requirement names it (S0-31): a fingerprint, not a protection.
  const hash = error === null ? null : createHash('md5').update(error).digest('hex');
  return { current: session.run?.n ?? 0, max: maxAttempts, last_error: error, error_hash: hash };
}

function timing(session: Session): Record<string, unknown> {
  const startedAt = session.startedAt ?? session.createdAt;
  const timeoutAt = new Date(startedAt + maxDurationS * 1000).toISOString();
  return { started_at: new Date(startedAt).toISOString(), max_duration: maxDurationS, timeout_at: timeoutAt };
}
