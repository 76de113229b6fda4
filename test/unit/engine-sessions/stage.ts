/** One session on a real journal in memory, with an agent and an executor that do what a test says. */
import type { JournalRecord } from '../../../src/core/domain.ts';
import { coppiceDomain } from '../../../src/core/coppice-domain.ts';
import { event } from '../../../src/core/events.ts';
import type { Session } from '../../../src/core/session/state.ts';
import { resolveSettings, type Settings } from '../../../src/core/settings/settings.ts';
import { builtInAgentIds } from '../../../src/agents/registry.ts';
import type { Agent } from '../../../src/agents/agent.ts';
import { engineActor, type SessionContext } from '../../../src/engine/sessions/context.ts';
import { Store } from '../../../src/engine/sessions/store.ts';
import type { Executor } from '../../../src/executors/executor.ts';
import type { TailHandlers } from '../../../src/executors/tail.ts';
import type { FileOperations } from '../../../src/state/file-operations.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import { MemoryDisk } from '../state/memory-disk.ts';

/** The session. */
export const id = 'f3b2c9d0-0000-4000-8000-000000000001';
const nothing = (): undefined => undefined;
const { settings: usualSettings } = resolveSettings([], {
  home: '/home/ann/.coppice',
  userHome: '/home/ann',
  agents: builtInAgentIds,
});

/** What differs from a session that was admitted, and is given nothing. */
export type Given = Partial<Session>;

const usual: Session = {
  id,
  task: { id: 'coppice.alpha.0000001', uuid: id, title: 'alpha' },
  ...{ mode: 'dispatch', agent: 'fake', agentOptions: {}, executor: 'local', priority: 'normal' },
  repository: { id: 'r', root: '/repository' },
  request: {},
  requester: { by: 'user:cli', env: {}, secrets: [], settings: {} },
  ...{ createdAt: 1, admission: 'admitted', holding: false, goal: 'alpha', prompts: [], promptCount: 1 },
  ...{ streamOffset: 0, turns: 0, breakpoints: [], archived: false },
  usage: { inputTokens: 0, outputTokens: 0 },
} as unknown as Session;

/** A run under way. */
export const running: NonNullable<Session['run']> = {
  n: 1,
  state: 'running',
  startedAt: 1,
  offset: 0,
  inputs: 1,
  closing: false,
};

/** What of the surroundings a test says. */
export interface Surroundings {
  readonly agent?: Partial<Agent>;
  readonly executor?: Partial<Executor>;
  readonly context?: Partial<SessionContext>;
  readonly disk?: FileOperations;
  /** Those that are not as usual. */
  readonly settings?: Partial<Settings>;
}

/** The surroundings of one session, and every record of it from there on. */
export interface Stage {
  readonly context: SessionContext;
  readonly store: Store;
  readonly records: readonly JournalRecord[];
  /** Ends what goes on. */
  readonly stop: () => void;
}

/** Puts the session on stage. */
export async function stageOf(
  given: Given,
  { agent, executor, context, disk, settings = {} }: Surroundings = {},
): Promise<Stage> {
  const state = await StateManager.open({
    ...{ home: '/home', domain: coppiceDomain, clock: () => 2 },
    fileOps: disk ?? new MemoryDisk(),
  });
  const store = new Store(state);
  await store.commit(engineActor, () => [event('session.restored', { session: id, entity: { ...usual, ...given } })]);
  const records: JournalRecord[] = [];
  state.onRecords((each) => records.push(...each));
  const stopping = new AbortController();
  const ran = { code: undefined, killed: [], left: [] };
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const whole = {
    ...{ store, log, clock: () => 2, newId: () => crypto.randomUUID(), stopping: stopping.signal },
    vault: { forget: nothing, missing: () => [], values: () => ({}) },
    away: { question: () => Promise.resolve(undefined) },
    workplace: { keepStash: () => Promise.resolve() },
    runRef: (session: string, run: number) => ({
      ...{ session, run, directory: '/tmp', streamPath: '/nowhere', stderrPath: '/nowhere' },
    }),
    settings: () => Promise.resolve({ ...usualSettings, ...settings }),
    agent: () =>
      Promise.resolve({
        ...{ id: 'fake', title: 'Fake', capabilities: { duplex: true }, environment: { allow: [], secrets: [] } },
        reader: () => ({ line: () => [], end: () => [] }),
        ...agent,
      }),
    executor: () => ({
      capabilities: { isolation: 'none' },
      probe: () => Promise.resolve({ state: 'running' }),
      tail: (_run: unknown, offset: number, handlers: TailHandlers) =>
        new Promise((resolve) => {
          handlers.onCaughtUp?.();
          handlers.signal.addEventListener('abort', () => resolve({ reason: 'aborted', offset }));
        }),
      stop: () => Promise.resolve(ran),
      ...executor,
    }),
    ...context,
  };
  return { context: whole as unknown as SessionContext, store, records, stop: () => stopping.abort() };
}
