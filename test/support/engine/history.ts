/** Many sessions in the journal of a world, some of them with an agent that really runs. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { coppiceDomain } from '../../../src/core/coppice-domain.ts';
import type { NewEvent } from '../../../src/core/domain.ts';
import { event } from '../../../src/core/events.ts';
import { runName } from '../../../src/core/ids.ts';
import type { RunRecord, RunRef } from '../../../src/executors/executor.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import { wrapper, type World } from './world.ts';

export interface History {
  /** Sessions whose agent runs. */
  readonly live: readonly string[];
  /** Ends their agents. */
  dispose(): Promise<void>;
}

/** Writes the journal of a world whose engine does not run. The last `live` sessions are at work. */
export async function writeHistory(world: World, options: { sessions: number; live: number }): Promise<History> {
  const executor = new LocalExecutor({ wrapperPath: wrapper });
  const ids = Array.from({ length: options.sessions }, () => randomUUID());
  const live = ids.slice(-options.live);
  const state = await StateManager.open({ home: world.home, domain: coppiceDomain, clock: Date.now });
  const write = (events: readonly NewEvent[]): Promise<unknown> => state.transact('user:test', () => events);
  try {
    await Promise.all(ids.slice(0, -options.live).map((id, index) => write([...begun(world, id, index), ...over(id)])));
    for (const [index, id] of live.entries()) {
      const ref = refOf(world, id);
      await mkdir(placeOf(world, id).path, { recursive: true });
      const record = await executor.start(
        {
          ...ref,
          command: 'sleep',
          args: ['600'],
          cwd: placeOf(world, id).path,
          env: { PATH: world.env['PATH'] ?? '', HOME: world.userHome },
          duplex: false,
        },
        AbortSignal.timeout(30_000),
      );
      await write([...begun(world, id, options.sessions + index), ...atWork(id, record)]);
    }
  } finally {
    await state.close();
  }
  return {
    live,
    async dispose() {
      for (const id of live) await executor.sweep(id, { graceMs: 0 });
    },
  };
}

function refOf(world: World, session: string): RunRef {
  const folder = join(world.home, 'sessions', session);
  return {
    session,
    run: 1,
    directory: join(folder, 'runs', runName(1)),
    streamPath: join(folder, 'stream.jsonl'),
    stderrPath: join(folder, 'stderr.log'),
  };
}

function placeOf(world: World, id: string): { readonly path: string; readonly slug: string } {
  return { path: join(world.root, 'places', id), slug: `place-${id}` };
}

function begun(world: World, session: string, index: number): NewEvent[] {
  const { path, slug } = placeOf(world, session);
  const uuid = randomUUID();
  const repository = { id: 'a-repository', root: world.repository };
  const place = { path, slug, branch: `feature/${slug}`, base: 'main', baseCommit: '0'.repeat(40) };
  const git = { admin: join(world.repository, '.git', 'worktrees', slug), common: join(world.repository, '.git') };
  return [
    event('session.created', {
      session,
      task: { id: `coppice.${index}.${uuid.slice(0, 7)}`, uuid, title: `Task ${index}` },
      mode: 'dispatch',
      agent: 'once',
      agentOptions: {},
      executor: 'local',
      priority: 'normal',
      repository,
      request: {},
      requester: { by: 'user:test', env: world.requester.env, secrets: [], settings: {} },
    }),
    event('prompt.added', { session, prompt: 1, text: `Do what task ${index} says. `.repeat(10), steer: false }),
    event('session.admitted', { session }),
    event('worktree.ready', {
      session,
      repository: repository.id,
      worktree: { ...place, ...git, origin: 'created' },
    }),
  ];
}

function over(session: string): NewEvent[] {
  const what = { kind: 'prompt', prompt: 1 } as const;
  const run = { session, run: 1 };
  return [
    event('run.started', { ...run, offset: 0, record: { pid: 1, wrapperPid: 2 }, inputs: 1, intent: randomUUID() }),
    event('input.written', { ...run, input: 1, what, intent: randomUUID() }),
    event('turn.started', { ...run, turn: 1, prompt: 1, offset: 100 }),
    event('turn.ended', {
      session,
      turn: 1,
      outcome: 'success',
      reason: 'completed',
      text: 'It is done.',
      usage: { ...noUsage, inputTokens: 1000, outputTokens: 100 },
      denials: 0,
      offset: 2000,
    }),
    event('run.exited', { ...run, code: 0 }),
    event('session.settled', { session, outcome: 'reported', text: 'It is done.' }),
  ];
}

function atWork(session: string, record: RunRecord): NewEvent[] {
  const what = { kind: 'prompt', prompt: 1 } as const;
  const run = { session, run: 1, intent: randomUUID() };
  return [
    event('run.started', { ...run, offset: 0, record: { ...record }, inputs: 0 }),
    event('input.written', { ...run, input: 0, what }),
  ];
}
