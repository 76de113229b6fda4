/** Sessions in a journal, as an engine would have written them. */
import { event } from '../../src/core/events.ts';
import { noUsage } from '../../src/core/agent/usage.ts';
import type { NewEvent } from '../../src/core/domain.ts';
import type { StateManager } from '../../src/state/state-manager.ts';

export interface Wanted {
  readonly sessions: number;
  /** The last ones are at work (their processes are not there). */
  readonly live: number;
  /** The repository that they are of. */
  readonly root?: string;
}

/** Journals sessions; all but the last `live` have reported. */
export async function addSessions(state: StateManager, { sessions, live, root = '/nowhere' }: Wanted): Promise<void> {
  for (let index = 0; index < sessions; index++) {
    const events = history(index, index >= sessions - live, root);
    await state.transact('engine', () => events);
  }
}

function history(index: number, live: boolean, root: string): NewEvent[] {
  const session = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const path = `/nowhere/worktrees/task-${index}`;
  const place = {
    path,
    slug: `task-${index}`,
    branch: `feature/task-${index}`,
    base: 'main',
    baseCommit: '0'.repeat(40),
    admin: `${root}/.git/worktrees/task-${index}`,
    common: `${root}/.git`,
    origin: 'created' as const,
  };
  const began: NewEvent[] = [
    event('session.created', {
      session,
      task: { id: `coppice.task-${index}.0000000`, uuid: session, title: `Task ${index}` },
      mode: 'dispatch',
      agent: 'demo',
      agentOptions: {},
      executor: 'local',
      priority: 'normal',
      repository: { id: 'bench', root },
      request: {},
      requester: {
        by: 'user:bench',
        env: { PATH: '/usr/bin:/bin', HOME: '/nowhere', LANG: 'C.UTF-8' },
        secrets: [],
        settings: {},
      },
    }),
    event('prompt.added', {
      session,
      prompt: 1,
      text: `Do task ${index}. ${'Read the notes first. '.repeat(20)}`,
      steer: false,
    }),
    event('session.admitted', { session }),
    event('worktree.ready', { session, repository: 'bench', worktree: place }),
    event('intent.opened', { intent: `i${index}`, session, effect: { kind: 'spawn', run: 1, offset: 0 } }),
    event('run.started', { session, run: 1, offset: 0, record: { pid: 1 }, inputs: 0, intent: `i${index}` }),
    event('turn.started', { session, turn: 1, prompt: 1, run: 1, offset: 10 }),
  ];
  if (live) return began;
  const changes = { commit: '1'.repeat(40), tree: '2'.repeat(40), files: 3, insertions: 30, deletions: 3 };
  return [
    ...began,
    event('turn.ended', {
      session,
      turn: 1,
      outcome: 'success',
      reason: 'completed',
      text: 'Done.',
      usage: noUsage,
      denials: 0,
      offset: 900,
    }),
    event('run.exited', { session, run: 1, code: 0 }),
    event('session.settled', { session, outcome: 'reported', worktree: path, text: 'Done.', changes }),
  ];
}
