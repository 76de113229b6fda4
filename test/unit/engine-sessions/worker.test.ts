import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { CoppiceError } from '../../../src/core/errors.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { event } from '../../../src/core/events.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { statusOf } from '../../../src/core/session/status.ts';
import { configError } from '../../../src/engine/config/config.ts';
import type { SessionContext } from '../../../src/engine/sessions/context.ts';
import { Worker } from '../../../src/engine/sessions/worker.ts';
import type { Executor } from '../../../src/executors/executor.ts';
import { id, running, stageOf, type Stage } from './stage.ts';

const nothing = (): undefined => undefined;

describe('the worker of a session', function () {
  this.timeout(30_000);
  let stage: Stage | undefined;
  let worker: Worker | undefined;
  afterEach(async () => {
    stage?.stop();
    await worker?.stopped();
  });

  it('does nothing more once it is done, whoever wakes it: the session may have another one by then', async () => {
    let looks = 0;
    const done = new EventEmitter();
    const capabilities = { duplex: true } as never;
    const agent = () => Promise.resolve({ capabilities, signIn: '', environment: { secrets: [] } } as never);
    stage = await stageOf(
      { cancelling: { reason: 'a person', at: 1 }, pausedUntil: { at: 60_000, reason: 'no more for now' } },
      {
        context: {
          agent: () => {
            looks += 1;
            return agent();
          },
        },
      },
    );
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done');
    worker.wake();
    await ended;
    await worker.stopped();
    assert.deepEqual(
      stage.records.map(({ type }) => type),
      ['session.settled'],
    );
    const before = looks;
    await stage.store.commit('user:cli', () => [
      { type: 'prompt.added', v: 1, data: { session: id, prompt: 2, text: 'on', steer: false } },
      { type: 'session.queued', v: 1, data: { session: id } },
    ]);
    worker.wake();
    await worker.stopped();
    assert.equal(looks, before);
  });

  it('fails a session that cannot be carried on when its agent has ended, and not before', async () => {
    const stops = new EventEmitter();
    const executor: Partial<Executor> = {
      close: () => Promise.reject(new Error('the pipe is broken')),
      stop: () => {
        stops.emit('stop');
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    stage = await stageOf({ run: running }, { executor });
    worker = new Worker(stage.context, id, () => undefined);
    worker.wake();
    await once(stops, 'stop');
    await once(stops, 'stop');
    const types = stage.records.map(({ type }) => type);
    assert.ok(!types.includes('session.settled'), types.join(', '));
    assert.equal(stage.store.session(id).cancelling?.error?.message, 'the pipe is broken');
  });

  it('leaves an agent at its work while the settings cannot be read: they are looked at again, and nothing is decided', async () => {
    const said = new EventEmitter();
    const log = { debug: nothing, info: nothing, warn: nothing, error: (text: string) => said.emit(text) };
    const settings = (): Promise<never> => Promise.reject(new Error('line 3: a colon is missing'));
    stage = await stageOf({ run: running }, { context: { settings, log: log as never } });
    worker = new Worker(stage.context, id, () => undefined);
    const later = once(said, 'a session cannot be settled yet');
    worker.wake();
    await later;
    assert.deepEqual(stage.records, []);
  });

  it('waits for the correction of a settings file, says so once, and then goes on where it was', async () => {
    const place = { source: 'user' as const, name: '/home/ann/.coppice/config.yaml', line: 3, column: 1 };
    const mistake = configError([{ place, key: 'limit', message: 'unknown setting "limit"' }]);
    let looks = 0;
    let isWrong = true;
    const looked = new EventEmitter();
    const done = new EventEmitter();
    const before = await stageOf({});
    before.stop();
    const settings: Stage['context']['settings'] = (session) => {
      looked.emit('look', (looks += 1));
      return isWrong ? Promise.reject(mistake) : before.context.settings(session);
    };
    const lastTurn = {
      n: 1,
      outcome: 'success',
      reason: 'done',
      usage: noUsage,
      denials: 0,
      endedAt: 1,
      offset: 0,
    } as const;
    stage = await stageOf({ turns: 1, lastTurn }, { context: { settings } });
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const types = (): string[] => stage?.records.map(({ type }) => type) ?? [];
    worker.wake();
    for (let times = 0; times < 3; times += 1) await once(looked, 'look');
    assert.deepEqual(types(), ['session.paused']);
    const waiting = stage.store.session(id);
    assert.equal(statusOf(waiting), 'paused');
    assert.match(
      waiting.pausedUntil?.reason ?? '',
      /^\/home\/ann\/\.coppice\/config\.yaml:3:1: .*Correct that: .* goes on/u,
    );
    const ended = once(done, 'done');
    isWrong = false;
    await ended;
    assert.deepEqual(types(), ['session.paused', 'session.resumed', 'session.settled']);
    assert.deepEqual(
      [stage.store.session(id).result?.outcome, stage.store.session(id).putOff],
      ['reported', undefined],
    );
  });

  it('tells the log once that a session whose agent runs waits for the correction of a settings file', async () => {
    const place = { source: 'user' as const, name: '/home/ann/.coppice/config.yaml', line: 3, column: 1 };
    const mistake = configError([{ place, key: 'limit', message: 'unknown setting "limit"' }]);
    const looked = new EventEmitter();
    const told: string[] = [];
    const log = { debug: nothing, info: nothing, warn: (text: string) => told.push(text), error: nothing };
    const settings = (): Promise<never> => {
      looked.emit('look');
      return Promise.reject(mistake);
    };
    const agent = settings;
    stage = await stageOf({ run: running }, { context: { settings, agent, log: log as never } });
    worker = new Worker(stage.context, id, () => undefined);
    worker.wake();
    for (let times = 0; times < 3; times += 1) await once(looked, 'look');
    assert.deepEqual([told, stage.records], [['a session waits for its settings'], []]);
    assert.equal(worker.mistake, mistake.message);
  });

  it('ends a session that was cancelled also while a settings file has a mistake', async () => {
    const place = { source: 'repository' as const, name: '/repository/.coppice.yaml' };
    const mistake = configError([{ place, key: '', message: 'it cannot be opened (EACCES)' }]);
    const done = new EventEmitter();
    stage = await stageOf(
      { cancelling: { reason: 'a person', at: 1 } },
      { context: { settings: () => Promise.reject(mistake) } },
    );
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done');
    worker.wake();
    await ended;
    assert.deepEqual(
      stage.records.map(({ type }) => type),
      ['session.settled'],
    );
  });

  it('brings home and records what a cancelled session made also while a settings file has a mistake', async () => {
    const place = { source: 'repository' as const, name: '/repository/.coppice.yaml' };
    const mistake = configError([{ place, key: '', message: 'it cannot be opened (EACCES)' }]);
    const done = new EventEmitter();
    const did: string[] = [];
    const doing = (what: string, result?: unknown) => (): Promise<never> => {
      did.push(what);
      return Promise.resolve(result as never);
    };
    const changes = { tree: 't', files: 1, insertions: 1, deletions: 0 };
    const remarks = { stashRemarks: doing('stash', []), movedRemarks: doing('moved', []) };
    const context = {
      settings: () => Promise.reject(mistake),
      away: { bring: doing('bring') } as never,
      workplace: { changes: doing('changes', changes), release: doing('release'), ...remarks } as never,
    };
    const worktree = { path: '/nowhere', slug: 'alpha', branch: 'feature/alpha' } as Place;
    stage = await stageOf({ cancelling: { reason: 'a person', at: 1 }, holding: true, worktree }, { context });
    const trust = { repository: 'r', root: '/repository', host: true, by: 'user:cli' };
    await stage.store.commit('user:cli', () => [event('repository.trusted', trust)]);
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done', { signal: AbortSignal.timeout(20_000) });
    worker.wake();
    await ended;
    assert.deepEqual(did.slice(0, 2), ['bring', 'changes']);
    assert.deepEqual(stage.store.session(id).result?.changes, changes);
  });

  it('reports work that is done also where a settings file had a mistake as it was to be recorded', async () => {
    const place = { source: 'user' as const, name: '/home/ann/.coppice/config.yaml', line: 3, column: 1 };
    const mistake = configError([{ place, key: 'limit', message: 'unknown setting "limit"' }]);
    const usual = await stageOf({}, { settings: { 'session.autoCommit.dispatch': false } });
    usual.stop();
    const done = new EventEmitter();
    let times = 0;
    let isWrong = false;
    const settings: Stage['context']['settings'] = (session) => {
      if (!isWrong) return usual.context.settings(session);
      isWrong = false;
      return Promise.reject(mistake);
    };
    const bring = (): Promise<void> => {
      times += 1;
      isWrong = times === 1;
      return Promise.resolve();
    };
    const nothingMore = (): Promise<never[]> => Promise.resolve([]);
    const workplace = {
      changes: () => Promise.resolve({ tree: 't', files: 1, insertions: 1, deletions: 0 }),
      ...{ release: nothingMore, stashRemarks: nothingMore, movedRemarks: nothingMore },
    };
    const last = {
      n: 1,
      outcome: 'success',
      reason: 'done',
      usage: noUsage,
      denials: 0,
      endedAt: 1,
      offset: 0,
    } as const;
    const worktree = { path: '/nowhere', slug: 'alpha', branch: 'feature/alpha' } as Place;
    stage = await stageOf(
      { turns: 1, lastTurn: last, holding: true, worktree },
      { context: { settings, away: { bring } as never, workplace: workplace as never } },
    );
    const trust = { repository: 'r', root: '/repository', host: true, by: 'user:cli' };
    await stage.store.commit('user:cli', () => [event('repository.trusted', trust)]);
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done', { signal: AbortSignal.timeout(20_000) });
    worker.wake();
    await ended;
    assert.deepEqual(
      stage.records.map(({ type }) => type),
      ['repository.trusted', 'session.paused', 'session.resumed', 'session.settled'],
    );
    assert.equal(stage.store.session(id).result?.outcome, 'reported');
  });

  it('gives an agent that is not known any more the time that the settings say', async () => {
    const stops = new EventEmitter();
    const executor: Partial<Executor> = {
      stop: (_run, { graceMs }) => {
        stops.emit('stop', graceMs);
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    const agent = (): Promise<never> =>
      Promise.reject(new CoppiceError('agent-missing', 'Nobody knows it.', 'Add it.'));
    stage = await stageOf(
      { run: running, cancelling: { reason: 'a person', at: 1 } },
      { executor, context: { agent }, settings: { 'stop.graceSeconds': 3 } },
    );
    worker = new Worker(stage.context, id, () => undefined);
    const stopped = once(stops, 'stop', { signal: AbortSignal.timeout(20_000) });
    worker.wake();
    assert.deepEqual(await stopped, [3000]);
  });

  it('stops the agent of a session that was cancelled also while a settings file has a mistake', async () => {
    const place = { source: 'user' as const, name: '/home/ann/.coppice/config.yaml', line: 3, column: 1 };
    const mistake = configError([{ place, key: 'limit', message: 'unknown setting "limit"' }]);
    const stops = new EventEmitter();
    const executor: Partial<Executor> = {
      stop: (_run, { graceMs }) => {
        stops.emit('stop', graceMs);
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    const wrong = (): Promise<never> => Promise.reject(mistake);
    stage = await stageOf(
      { run: running, cancelling: { reason: 'a person', at: 1 } },
      { executor, context: { settings: wrong, agent: wrong } },
    );
    worker = new Worker(stage.context, id, () => undefined);
    const stopped = once(stops, 'stop');
    worker.wake();
    assert.deepEqual(await stopped, [10_000]);
  });

  it('sees that an agent has ended also while a settings file has a mistake', async () => {
    const place = { source: 'user' as const, name: '/home/ann/.coppice/config.yaml', line: 1, column: 1 };
    const settings = (): Promise<never> => Promise.reject(configError([{ place, key: '', message: 'it is no YAML' }]));
    const graces: number[] = [];
    const done = new EventEmitter();
    let isOver = false;
    const executor: Partial<Executor> = {
      probe: () => Promise.resolve((isOver ? { state: 'exited', code: 0 } : { state: 'running' }) as never),
      tail: async (_run, offset, { signal }) => {
        while (!isOver && !signal.aborted) await setImmediate();
        return { reason: 'ended', offset } as never;
      },
      stop: (_run, { graceMs }) => {
        graces.push(graceMs);
        isOver = true;
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    stage = await stageOf(
      { run: running, cancelling: { reason: 'a person', at: 1 } },
      { executor, context: { settings } },
    );
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done');
    worker.wake();
    await ended;
    assert.deepEqual([...new Set(graces)], [10_000]);
    assert.ok(stage.records.every(({ type }) => type !== 'run.doubted'));
    assert.equal(stage.store.session(id).result?.outcome, 'cancelled');
  });

  it('ends a session that was cancelled though its agent is not known any more, what was announced to it included', async () => {
    const done = new EventEmitter();
    const ended = new EventEmitter();
    let state: 'running' | 'exited' = 'running';
    const fed: unknown[] = [];
    const executor: Partial<Executor> = {
      probe: () => Promise.resolve({ state, code: 143 } as never),
      write: (_run, _input, text) => {
        fed.push(text);
        return Promise.resolve('fed');
      },
      tail: async (_run, offset, handlers) => {
        handlers.onCaughtUp?.();
        if (state === 'running') await once(ended, 'end');
        return { reason: 'ended', offset } as never;
      },
      stop: () => {
        state = 'exited';
        ended.emit('end');
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    const turn = { n: 1, run: 1, startedAt: 1, offset: 0, heldMs: 0 };
    const agent = (): Promise<never> =>
      Promise.reject(new CoppiceError('agent-missing', 'Nobody knows it.', 'Add it.'));
    stage = await stageOf(
      { run: running, turn, turns: 1, usage: noUsage, cancelling: { reason: 'a person', at: 1 } },
      { executor, context: { agent } },
    );
    const effect = { kind: 'input', run: running.n, input: 7, what: { kind: 'interrupt' } };
    await stage.store.commit('user:cli', () => [
      { type: 'intent.opened', v: 1, data: { intent: 'i', session: id, effect } },
    ]);
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const settled = once(done, 'done', { signal: AbortSignal.timeout(20_000) });
    worker.wake();
    await settled;
    assert.deepEqual([stage.store.session(id).result?.outcome, fed], ['cancelled', ['']]);
  });

  /** An agent that an earlier engine may have started is at work; gives how its session and it end. */
  async function endOfUnconfirmed(given: object, context: Partial<SessionContext> = {}): Promise<object> {
    const done = new EventEmitter();
    let state: 'running' | 'exited' = 'running';
    const executor: Partial<Executor> = {
      probe: () => Promise.resolve({ state, code: 143 } as never),
      view: () => Promise.resolve({ cwd: '/work', directory: '/run' } as never),
      tail: (_run, offset, handlers) => {
        handlers.onCaughtUp?.();
        return Promise.resolve({ reason: 'ended', offset } as never);
      },
      stop: () => {
        state = 'exited';
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    const prompts = [{ n: 1, text: 'alpha', state: 'waiting', steer: false }];
    stage = await stageOf({ prompts, usage: noUsage, ...given } as never, { executor, context });
    const effect = { kind: 'spawn', run: 1, offset: 0 };
    await stage.store.commit('user:cli', () => [
      { type: 'intent.opened', v: 1, data: { intent: 'i', session: id, effect } },
    ]);
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const settled = once(done, 'done', { signal: AbortSignal.timeout(20_000) });
    worker.wake();
    await settled;
    const { result, run } = stage.store.session(id);
    return { outcome: result?.outcome, error: result?.error?.code, run: run?.state, agent: state };
  }

  it('ends an agent that may have been started before it was cancelled, and is not known any more', async () => {
    const agent = (): Promise<never> =>
      Promise.reject(new CoppiceError('agent-missing', 'Nobody knows it.', 'Add it.'));
    const ended = await endOfUnconfirmed({ cancelling: { reason: 'a person', at: 1 } }, { agent });
    assert.deepEqual(ended, { outcome: 'cancelled', error: undefined, run: 'exited', agent: 'exited' });
  });

  it('ends an agent that may have been started before its session fails, as where trust was taken back', async () => {
    const worktree = { path: '/work', branch: 'coppice/alpha', admin: '/admin', baseCommit: 'b', base: 'main' };
    const ended = await endOfUnconfirmed({ worktree });
    assert.deepEqual(ended, { outcome: 'failed', error: 'untrusted', run: 'exited', agent: 'exited' });
  });

  it('fails a session whose settings are wrong where nobody can correct them', async () => {
    const place = { source: 'environment' as const, name: 'COPPICE_LIMITS_RUNNING' };
    const done = new EventEmitter();
    const settings = (): Promise<never> =>
      Promise.reject(configError([{ place, key: '', message: 'it is no number' }]));
    stage = await stageOf({}, { context: { settings } });
    worker = new Worker(stage.context, id, () => done.emit('done'));
    const ended = once(done, 'done');
    worker.wake();
    await ended;
    assert.equal(stage.store.session(id).result?.error?.code, 'config-invalid');
  });

  it('gives a cancelled turn its moment by a clock that nobody sets', async () => {
    const stops = new EventEmitter();
    const executor: Partial<Executor> = {
      write: () => Promise.resolve('fed'),
      stop: () => {
        stops.emit('stop');
        return Promise.resolve({ killed: [], left: [] } as never);
      },
    };
    const agent = { capabilities: { duplex: true, interrupt: true } as never, encode: () => '' };
    const turn = { n: 1, run: 1, startedAt: 1, offset: 0, heldMs: 0 };
    stage = await stageOf(
      { run: running, turn, turns: 1, usage: noUsage, cancelling: { reason: 'a person', at: 1 } },
      { agent, executor },
    );
    const now = Date.now;
    const begun = now();
    let asked = 0;
    Date.now = () => (asked++ === 0 ? begun : begun - 3_600_000);
    try {
      worker = new Worker(stage.context, id, () => undefined);
      const stopped = once(stops, 'stop', { signal: AbortSignal.timeout(10_000) });
      worker.wake();
      await stopped;
    } finally {
      Date.now = now;
    }
  });
});
