/** Sessions that only hold their worktrees, for benchmarks of what happens in those. */
import type { Connection } from '../../src/protocol/client/connect.ts';
import type { BenchPlace } from './place.ts';

/** An agent that does nothing for an hour. */
export const idleAgent = idleAgentThat('exec sleep 3600');

/** An agent that does nothing for as long as a folder is there: it ends by itself, whoever takes the folder away. */
export function idleAgentWhile(folder: string): string {
  return idleAgentThat(`while [ -d ${folder} ]; do sleep 2; done`);
}

function idleAgentThat(waits: string): string {
  return `agents:
  custom:
    idle:
      command: [sh, -c, 'echo started; ${waits}', sh, "{prompt}"]
limits:
  running: 100
  waiting: 1000
`;
}

/** Starts so many sessions. Resolves to their worktrees, by session, when all of them are watched. */
export async function holdWorktrees(
  connection: Connection,
  place: Pick<BenchPlace, 'repository' | 'env'>,
  count: number,
): Promise<Map<string, string>> {
  await connection.request('trust/grant', { path: place.repository, host: true });
  const held = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const { session } = await connection.request('session/create', {
      path: place.repository,
      prompt: `hold ${index}`,
      mode: 'dispatch',
      agent: 'idle',
      requester: { env: place.env, secrets: {} },
    });
    if (session === undefined) throw new Error('no session');
    held.set(session.id, await watched(connection, session.id));
  }
  return held;
}

async function watched(connection: Connection, session: string): Promise<string> {
  for (;;) {
    const { watch } = await connection.request('session/changes', { session });
    if (watch?.mode === 'watching') return watch.worktree;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Ends the sessions, and with them what their agents left running. */
export async function letGo(connection: Connection, sessions: Iterable<string>): Promise<void> {
  for (const session of sessions) await connection.request('session/cancel', { session });
  for (;;) {
    const { sessions: active } = await connection.request('session/list', { which: 'active' });
    if (active.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
