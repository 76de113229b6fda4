import { join } from 'node:path';
import type { JournalRecord } from '../../core/domain.ts';
import type { Session } from '../../core/session/state.ts';
import { isSettled, statusOf } from '../../core/session/status.ts';
import { watchEventTypes } from '../../core/watch/state.ts';
import type { Worktree } from '../../core/worktree/state.ts';
import type { FileChange, Project } from '../../state/projections.ts';
import type { StateView } from '../../state/entities.ts';
import { summaryOf } from './summary.ts';
import { worktreeState } from './worktree-state.ts';

/** Absolute folders to which files that show the state are written. */
export interface ProjectedPaths {
  /** `<home>/sessions` */
  readonly sessions: string;
}

/** Every session that exists, whatever its state, in a file that tools can read without the engine (S1-12). */
function metadata(session: Session): string {
  return json({ format: 1, status: statusOf(session), session });
}

function active(sessions: readonly Session[]): string {
  const rows = sessions
    .filter((each) => !isSettled(each))
    .map((each) => ({
      id: each.id,
      task: each.task.id,
      mode: each.mode,
      status: statusOf(each),
      worktree: each.worktree?.path ?? null,
    }));
  return json({ format: 1, sessions: rows });
}

/**
 * What a record changes in the files that show the state: `metadata.json` per session, `active.json`, `.coppice/state.json`
 * in the session's worktree, and `.tasks/archive/<task>/summary.md` when a stretch of work has ended. They are read by
 * people and tools, never by the engine while its journal is there.
 */
export function projection(paths: ProjectedPaths): Project {
  return (record, view) => {
    const id = record.data['session'];
    if (typeof id !== 'string' || watchEventTypes.has(record.type)) return [];
    const session = view.get('session', id) as unknown as Session | undefined;
    if (session === undefined) return [];
    const sessions = [...view.all('session')] as unknown as Session[];
    const changes: FileChange[] = [
      { path: join(paths.sessions, id, 'metadata.json'), content: metadata(session) },
      { path: join(paths.sessions, 'active.json'), content: active(sessions) },
    ];
    return [...changes, ...inWorktree(record, session, sessions, view)];
  };
}

/** Files in a worktree are only written while the worktree is there and this session was the last to use it. */
function inWorktree(
  record: JournalRecord,
  session: Session,
  sessions: readonly Session[],
  view: StateView,
): readonly FileChange[] {
  const path = session.worktree?.path;
  const worktree = path === undefined ? undefined : (view.get('worktree', path) as unknown as Worktree | undefined);
  if (path === undefined || worktree?.session !== session.id) return [];
  const state = {
    within: path,
    path: join(path, '.coppice', 'state.json'),
    content: json(worktreeState(session, sessions)),
  };
  if (record.type !== 'session.settled') return [state];
  return [
    state,
    { within: path, path: join(path, '.tasks', 'archive', session.task.id, 'summary.md'), content: summaryOf(session) },
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
