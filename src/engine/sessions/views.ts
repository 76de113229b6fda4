import { withoutCost } from '../../core/agent/usage.ts';
import { defined } from '../../core/defined.ts';
import { positionOf, whyWaiting, type Limits } from '../../core/queue/policy.ts';
import { untilCorrected } from '../../core/session/put-off.ts';
import { openBreakpoints, statusOf, workTime } from '../../core/session/status.ts';
import type { Breakpoint, Pushed, Session, TurnEnd, TurnNote } from '../../core/session/state.ts';
import type { AgentQuestion } from '../../core/agent/events.ts';
import type { ErrorRecord } from '../../core/errors.ts';
import type { BreakpointView, SessionDetail, SessionView, TurnNoteView } from '../../protocol/schemas.ts';
import type { Watch } from '../../core/watch/state.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import { isSupervised, supervisionBrief } from '../supervision/views.ts';
import type { Meter } from '../settings-source.ts';
import { watchView } from '../watch/views.ts';
import type { ActivityView } from './activity.ts';

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Applies `change` to what is there. */
function some<T, R>(value: T | undefined, change: (value: T) => R): R | undefined {
  return value === undefined ? undefined : change(value);
}

/** One row of a list. `sessions` are all of them: a place in the line is relative. What it cost is told only where it is paid by use. */
export function sessionView(session: Session, sessions: readonly Session[], metered: Meter): SessionView {
  const work = workTime(session);
  return defined({
    id: session.id,
    task: session.task.id,
    title: session.task.title,
    prompt: session.goal,
    mode: session.mode,
    agent: session.agent,
    executor: session.executor,
    status: statusOf(session),
    priority: session.priority,
    labels: some(session.labels, (labels) => [...labels]),
    parent: session.parent,
    stage: session.stage,
    repository: session.repository.root,
    worktree: session.worktree?.path ?? null,
    branch: session.worktree?.branch ?? null,
    position: positionOf(sessions, session.id),
    createdAt: iso(session.createdAt),
    startedAt: some(session.startedAt, iso) ?? null,
    workedMs: work.ms,
    workingSince: some(work.since, iso),
    endedAt: some(session.endedAt, iso),
    usage: metered(session) ? { ...session.usage } : withoutCost(session.usage),
    context: some(session.context, (context) => ({ ...context })),
    turns: session.turns,
    changes: some(session.result?.changes, (changes) => ({ ...changes })),
    archived: session.archived,
  });
}

/** What a person has to decide, with the evidence. */
export function breakpointView(breakpoint: Breakpoint): BreakpointView {
  const { request } = breakpoint;
  return defined({
    id: breakpoint.id,
    kind: breakpoint.kind,
    title: breakpoint.title,
    detail: breakpoint.detail,
    raisedAt: iso(breakpoint.raisedAt),
    tool: request?.tool,
    input: some(request?.input, (input) => ({ ...input })),
    fixed: request?.fixed,
    questions: request?.questions?.map(questionView),
    secrets: some(breakpoint.secrets, (secrets) => [...secrets]),
    why: breakpoint.why,
    about: some(breakpoint.about, (about) => ({ ...about })),
    findings: some(breakpoint.findings, (findings) => findings.map((each) => ({ ...each }))),
  });
}

function questionView(question: AgentQuestion): NonNullable<BreakpointView['questions']>[number] {
  return defined({
    question: question.question,
    header: question.header,
    options: question.options.map((option) => ({ ...option })),
    multiSelect: question.multiSelect,
  });
}

/** Everything about one session. */
export function sessionDetail(
  session: Session,
  sessions: readonly Session[],
  limits: Limits,
  extra: {
    activity: ActivityView | undefined;
    /** What is wrong with a settings file, while the session waits for its correction. */
    mistake: string | undefined;
    stream: string;
    watch: Watch | undefined;
    overlaps: readonly OverlapView[];
    pushing: boolean;
    metered: Meter;
  },
): SessionDetail {
  const { lastTurn, result, worktree } = session;
  return {
    ...sessionView(session, sessions, extra.metered),
    needs: openBreakpoints(session).map(breakpointView),
    base: worktree?.base ?? null,
    baseCommit: worktree?.baseCommit ?? null,
    stream: extra.stream,
    overlaps: [...extra.overlaps],
    ...defined({
      turnNotes: session.turnNotes?.map(noteView),
      waiting: whyWaiting(sessions, session.id, limits),
      agentSession: session.agentSession,
      agentVersion: session.agentVersion,
      model: session.model,
      text: result?.text ?? lastTurn?.text,
      lastTurn: some(lastTurn, turnView),
      error: some(result?.error, errorView),
      pushed: some(session.pushed, pushedView),
      pushing: extra.pushing || undefined,
      restarts: session.revivals,
      retries: session.attempts?.transport || undefined,
      doubt: doubtOf(session, extra.mistake),
      supervision: isSupervised(session) ? supervisionBrief(session) : undefined,
      activity: some(extra.activity, activityView),
      watch: some(extra.watch, watchView),
    }),
  };
}

function turnView({ outcome, reason, denials }: TurnEnd): NonNullable<SessionDetail['lastTurn']> {
  return { outcome, reason, denials };
}

function noteView({ startedAt, endedAt, ...note }: TurnNote): TurnNoteView {
  return defined({ ...note, startedAt: iso(startedAt), endedAt: some(endedAt, iso) });
}

function pushedView({ remote, commit, at, error }: Pushed): NonNullable<SessionDetail['pushed']> {
  return defined({ remote, commit, at: iso(at), error: some(error, errorView) });
}

function errorView(error: ErrorRecord): NonNullable<SessionDetail['error']> {
  return { ...error, context: { ...(error.context ?? {}) } };
}

function doubtOf({ run, pausedUntil }: Session, mistake: string | undefined): string | undefined {
  return run?.state === 'unknown' ? run.why : (pausedUntil?.reason ?? some(mistake, untilCorrected));
}

function activityView(activity: ActivityView): NonNullable<SessionDetail['activity']> {
  return defined({
    messages: activity.messages,
    tools: { ...activity.tools },
    lastMessage: activity.lastMessage,
    lastAt: some(activity.lastAt, iso),
    notices: activity.notices.map((notice) => ({ ...notice })),
    incomplete: activity.incomplete,
  });
}
