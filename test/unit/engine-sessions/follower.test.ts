/** Mocha fails a test that leaves a rejection unhandled: an engine would end by it. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { event } from '../../../src/core/events.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { Follower } from '../../../src/engine/sessions/follower.ts';
import { Worker } from '../../../src/engine/sessions/worker.ts';
import type { TailHandlers } from '../../../src/executors/tail.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { id, running, stageOf, type Stage } from './stage.ts';

/** A disk that takes what it is given until it is full. */
class SmallDisk extends MemoryDisk {
  full(): void {
    this.diesAt = this.changes + 1;
  }
}

const worktree = { path: '/nowhere', slug: 'alpha', branch: 'feature/alpha', base: 'main', baseCommit: 'c' } as Place;

describe('an engine whose journal takes no more', () => {
  let stage: Stage | undefined;
  afterEach(() => stage?.stop());

  it('goes on answering when that happens while a question of an agent is looked for', async () => {
    const disk = new SmallDisk();
    const said = [
      { kind: 'prompt-seen', id: `${id}:1` },
      { kind: 'turn-ended', outcome: 'success', reason: 'end' },
    ] as unknown as AgentEvent[];
    const agent = { reader: () => ({ line: () => said, end: () => [] }) as never };
    const tail = async (_run: unknown, offset: number, handlers: TailHandlers) => {
      await handlers.onLines([{ text: 'a line', end: 7 }] as never);
      return { reason: 'aborted', offset } as const;
    };
    const question = async (): Promise<undefined> => {
      while (stage?.store.state.readOnlyReason === undefined) await setImmediate();
      await setImmediate();
    };
    const prompts = [{ n: 1, text: 'alpha', steer: false, state: 'written', run: 1 }] as const;
    const given = { run: running, worktree, prompts };
    stage = await stageOf(given, {
      agent,
      disk,
      executor: { tail: tail as never },
      context: { away: { question } as never },
    });
    const { context, store } = stage;
    const parts = [await context.agent(store.session(id)), context.executor(store.session(id))] as const;
    const follower = new Follower(context, store.session(id), running, ...parts, () => undefined);
    disk.full();
    await assert.rejects(follower.follow());
  });

  it('goes on answering when that happens as the output of a run cannot be read', async () => {
    const disk = new SmallDisk();
    const said = new EventEmitter();
    const tail = (): Promise<never> => {
      disk.full();
      return Promise.reject(new Error('EMFILE'));
    };
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const error = (text: string): boolean => said.emit(text);
    stage = await stageOf(
      { run: running, worktree },
      { disk, executor: { tail }, context: { log: { ...log, error } as never } },
    );
    const worker = new Worker(stage.context, id, () => undefined);
    const lost = once(said, 'cannot follow a run');
    worker.wake();
    await lost;
    stage.stop();
    await worker.stopped();
  });
});

describe('the follower of a run whose disk is nearly full', () => {
  let stage: Stage | undefined;
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => {
    mock.timers.reset();
    stage?.stop();
  });

  it('interrupts a turn also when it began after that was seen', async () => {
    const looks = new EventEmitter();
    const keepStash = (): Promise<boolean> => Promise.resolve(looks.emit('looked'));
    const given = { run: running, worktree };
    stage = await stageOf(given, {
      settings: { 'session.minFreeMegabytes': 2 ** 40 },
      context: { workplace: { keepStash } as never },
    });
    const { context, store, records } = stage;
    const parts = [await context.agent(store.session(id)), context.executor(store.session(id))] as const;
    const follower = new Follower(context, store.session(id), running, ...parts, () => undefined);
    const followed = follower.follow();
    await follower.caughtUp;
    const look = async (): Promise<void> => {
      const looked = once(looks, 'looked');
      mock.timers.tick(5000);
      await looked;
    };
    await look();
    assert.deepEqual([records, follower.activity.view().notices], [[], []], 'nothing is lost while nobody works');
    await store.commit('agent:fake', () => [event('turn.started', { session: id, turn: 1, run: 1, offset: 5 })]);
    await look();
    await look();
    const types = records.map(({ type }) => type);
    assert.deepEqual(types, ['turn.started', 'session.interrupting']);
    stage.stop();
    await followed;
  });
});

describe('the follower of an agent that tells of several uses of tools in one line', () => {
  let stage: Stage | undefined;
  afterEach(() => stage?.stop());

  const use = (name: string): readonly AgentEvent[] => [
    { kind: 'tool-started', id: name, name: 'Write', input: { file_path: `${worktree.path}/docs/${name}` } },
    { kind: 'tool-ended', id: name, ok: true, output: '' },
  ];

  /** What is on record of a breakpoint on `docs/**` after an engine has read the line from its beginning. */
  async function hits(given: object = {}): Promise<readonly unknown[]> {
    const agent = { reader: () => ({ line: () => [...use('a'), ...use('b')], end: () => [] }) as never };
    const tail = async (_run: unknown, offset: number, handlers: TailHandlers) => {
      await handlers.onLines([{ text: 'a line', end: 7 }] as never);
      return { reason: 'aborted', offset } as const;
    };
    const turn = { n: 1, run: 1, startedAt: 1, offset: 3, heldMs: 0 } as const;
    stage = await stageOf(
      { run: running, worktree, turn, turns: 1, streamOffset: 3, ...given },
      { agent, executor: { tail: tail as never } },
    );
    const { context, store, records } = stage;
    const predicate = { when: 'path', glob: 'docs/**' } as const;
    const spec = { id: 'b', predicate, enabled: true, fromHit: 1, once: false };
    await store.commit('user:test', () => [event('stop.set', { repository: 'r', spec, by: 'user:test' })]);
    const parts = [await context.agent(store.session(id)), context.executor(store.session(id))] as const;
    await new Follower(context, store.session(id), running, ...parts, () => undefined).follow();
    return records.flatMap(({ type, data }) => (type === 'stop.met' ? [data['nth']] : []));
  }

  it('shows each to breakpoints, and each once, whatever an engine before it was killed in', async () => {
    assert.deepEqual(await hits(), [0, 1]);
    stage?.stop();
    assert.deepEqual(await hits({ met: { turn: 0, prompt: 0, offset: 7, nth: 0 } }), [1]);
    stage?.stop();
    assert.deepEqual(await hits({ met: { turn: 0, prompt: 0, offset: 7, nth: 1 } }), []);
  });
});
