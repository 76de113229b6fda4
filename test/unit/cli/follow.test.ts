import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { Connection } from '../../../src/cli/connection.ts';
import { EngineLink } from '../../../src/cli/engine-link.ts';
import { deferred } from '../../../src/cli/deferred.ts';
import { follow } from '../../../src/cli/follow.ts';
import type { SessionDetail } from '../../../src/protocol/schemas.ts';
import { aSession, FakeEngine, reported, sessionId } from './fake-engine.ts';
import { FakeShell, until } from './fake-shell.ts';
import { OneSession } from './one-session.ts';

type Event = { offset: number; event: { kind: string; text: string } };

function event(offset: number): Event {
  return { offset, event: { kind: 'message', text: String(offset) } };
}

/** Follows and writes down what is seen. */
function following(
  engine: FakeEngine,
  from = 0,
): {
  seen: number[];
  details: SessionDetail[];
  lost: () => number;
  leave: AbortController;
  result: Promise<SessionDetail | undefined>;
  shell: FakeShell;
  link: EngineLink;
} {
  const shell = new FakeShell(engine);
  const link = new EngineLink(shell.connect);
  const [seen, details, leave] = [[] as number[], [] as SessionDetail[], new AbortController()];
  let losses = 0;
  const result = follow(
    { engine: link, shell },
    { session: sessionId, from, signal: leave.signal },
    {
      event: ({ offset }) => seen.push(offset),
      changed: (detail) => details.push(detail),
      lost: () => (losses += 1),
    },
  );
  result.catch(() => undefined);
  return { seen, details, lost: () => losses, leave, result, shell, link };
}

describe('following a session', () => {
  it('takes what comes before the answer that names the subscription', async () => {
    const engine = new OneSession();
    const { 'session/follow': follow } = engine.handlers;
    engine.handlers['session/follow'] = async (params) => {
      const answer = (await follow?.(params)) ?? { follow: 0, session: sessionId };
      engine.stream([event(1), event(2)]);
      return answer;
    };
    const { seen, result } = following(engine);
    await until(() => seen.length === 2);
    engine.moveTo(reported(), true);
    await result;
    assert.deepEqual(seen, [1, 2]);
  });

  it('tells nothing more once it has ended, however late an answer comes: what is on the screen then is somebody else’s', async () => {
    const engine = new OneSession();
    const { details, result } = following(engine);
    await until(() => engine.followed && details.length > 0);
    const late = deferred<SessionDetail>();
    const { 'session/show': show } = engine.handlers;
    let looks = 0;
    // The look after the record of the end is answered after the one with which following ends.
    engine.handlers['session/show'] = async (params) => {
      looks += 1;
      return looks === 1 ? late.promise : ((await show?.(params)) ?? aSession());
    };
    engine.moveTo(reported(), true);
    assert.equal((await result)?.status, 'reported');
    const told = details.length;
    late.resolve(aSession());
    await until(() => looks >= 2);
    await new Promise(setImmediate);
    assert.equal(details.length, told);
  });

  it('passes over what belongs to another subscription', async () => {
    const engine = new OneSession();
    const { seen, details, result } = following(engine);
    await until(() => engine.followed && details.length > 0);
    engine.notify('stream', { follow: 99, events: [event(5)], ended: true });
    engine.stream([event(1)]);
    engine.moveTo(reported(), true);
    assert.equal((await result)?.status, 'reported');
    assert.deepEqual(seen, [1]);
  });

  it('ends with what the engine says when it cannot read the output, or the journal', async () => {
    const problem = { code: 'internal', message: 'It cannot be read.', next: 'See to it.' } as const;
    for (const kind of ['stream', 'records'] as const) {
      const engine = new OneSession();
      const { result, details } = following(engine);
      await until(() => engine.followed && details.length > 0);
      for (let n = 1; n <= 2; n++) {
        if (kind === 'stream') engine.notify('stream', { follow: n, events: [], ended: true, problem });
        else engine.notify('records', { subscription: n, records: [], problem });
      }
      await assert.rejects(result, { code: 'internal', message: 'It cannot be read.', next: 'See to it.' });
    }
  });

  it('is left also when that was asked for while the engine was looked for', async () => {
    const engine = new OneSession();
    const { leave, result } = following(engine);
    leave.abort();
    assert.equal(await result, undefined);
  });

  it('asks for the journal from where it stood, so nothing between is missed', async () => {
    const engine = new OneSession();
    const { result } = following(engine);
    await until(() => engine.followed);
    assert.deepEqual(engine.paramsOf('events/subscribe'), [{ from: 8 }]);
    engine.moveTo(reported(), true);
    await result;
  });

  it('looks at the session only for records of it, once it is out of the queue', async () => {
    const engine = new OneSession();
    const { details, result } = following(engine);
    await until(() => engine.followed && details.length > 0);
    const looks = engine.paramsOf('session/show').length;
    engine.record('another');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(engine.paramsOf('session/show').length, looks);
    engine.detail = aSession({ status: 'queued', position: 2 });
    engine.record(sessionId);
    await until(() => details.at(-1)?.position === 2);
    engine.detail = aSession({ status: 'queued', position: 1 });
    engine.record('another');
    await until(() => details.at(-1)?.position === 1);
    engine.moveTo(reported(), true);
    await result;
  });

  it('looks again after news that came during a look', async () => {
    const engine = new OneSession();
    let answer: () => void = () => undefined;
    const { details, result } = following(engine);
    await until(() => engine.followed && details.length > 0);
    engine.handlers['session/show'] = async () => {
      const before = engine.detail;
      await new Promise<void>((resolve) => (answer = resolve));
      return before;
    };
    engine.record(sessionId);
    await until(() => engine.paramsOf('session/show').length === 2);
    engine.moveTo(aSession({ status: 'paused' }));
    engine.record(sessionId);
    engine.handlers['session/show'] = () => engine.detail;
    answer();
    await until(() => details.at(-1)?.status === 'paused');
    engine.moveTo(reported(), true);
    await result;
  });

  it('survives engines that die, and shows each line once', async () => {
    const engine = new OneSession();
    const { seen, lost, result } = following(engine);
    for (let life = 0; life < 4; life++) {
      const follows = engine.paramsOf('session/follow').length;
      await until(
        () =>
          engine.paramsOf('session/follow').length > 0 &&
          engine.connections === 1 &&
          engine.paramsOf('session/follow').length >= follows,
      );
      await until(() => engine.paramsOf('session/follow').length === life + 1);
      const { from = 0 } = engine.paramsOf('session/follow')[life] ?? {};
      assert.equal(from, life * 2);
      // A careless engine sends what was asked for and what was there before.
      await new Promise((resolve) => setTimeout(resolve, 5));
      engine.stream([event(from), event(from + 1), event(from + 2)].filter(({ offset }) => offset > 0));
      engine.crash();
    }
    await until(() => engine.paramsOf('session/follow').length === 5);
    engine.moveTo(reported(), true);
    assert.equal((await result)?.status, 'reported');
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(lost(), 4);
    assert.deepEqual(engine.launches, [true, true, true, true, true]);
  });

  it('does not start an engine again that was stopped on purpose, and says so after a minute', async () => {
    const engine = new OneSession();
    const { lost, result } = following(engine);
    await until(() => engine.followed);
    engine.record('', 'engine.stopped');
    engine.refusal = new CoppiceError('unreachable', 'No engine runs.', '-');
    engine.crash();
    await assert.rejects(
      result,
      (error: CoppiceError) => error.code === 'unreachable' && error.next.includes('session attach'),
    );
    assert.equal(lost(), 1);
    const [first, ...others] = engine.launches;
    assert.equal(first, true);
    assert.ok(others.length > 10 && others.every((launch) => !launch));
  });

  it('has a minute’s patience, wherever the clock of the machine is set meanwhile', async () => {
    const engine = new OneSession();
    const { result, shell } = following(engine);
    let days = 0;
    shell.now = () => shell.time + (days++ % 2) * 24 * 60 * 60 * 1000;
    await until(() => engine.followed);
    engine.record('', 'engine.stopped');
    engine.refusal = new CoppiceError('unreachable', 'No engine runs.', '-');
    engine.crash();
    await assert.rejects(result, { code: 'unreachable' });
    assert.ok(shell.waited > 60_000 && shell.waited < 70_000, `${shell.waited} ms were waited`);
  });

  it('goes on when that engine is started by somebody else', async () => {
    const engine = new OneSession();
    const { result } = following(engine);
    await until(() => engine.followed);
    engine.record('', 'engine.stopped');
    engine.refusal = new CoppiceError('unreachable', 'No engine runs.', '-');
    engine.crash();
    await until(() => engine.launches.length > 3);
    engine.refusal = undefined;
    await until(() => engine.paramsOf('session/follow').length === 2);
    engine.moveTo(reported(), true);
    assert.equal((await result)?.status, 'reported');
  });

  it('fails at once with what is no loss', async () => {
    const engine = new OneSession();
    engine.handlers['session/follow'] = () => {
      throw new CoppiceError('not-found', 'No such session.', '-');
    };
    await assert.rejects(following(engine).result, { code: 'not-found' });
  });

  it('ends when told to, and takes its subscriptions back', async () => {
    const engine = new OneSession();
    const { leave, result } = following(engine);
    await until(() => engine.followed);
    leave.abort();
    assert.equal(await result, undefined);
    await until(
      () => engine.paramsOf('events/unsubscribe').length === 1 && engine.paramsOf('session/unfollow').length === 1,
    );
  });

  it('follows on when the next stretch of work has begun meanwhile', async () => {
    const engine = new OneSession();
    const { seen, result } = following(engine);
    await until(() => engine.followed);
    engine.stream([event(3)], true);
    await until(() => engine.paramsOf('session/follow').length === 2);
    assert.deepEqual(engine.paramsOf('session/follow')[1], { session: sessionId, from: 3 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    engine.stream([event(4)]);
    engine.moveTo(reported(), true);
    await result;
    assert.deepEqual(seen, [3, 4]);
  });
});

describe('the connection of an invocation', () => {
  it('is opened once, and again after it was lost or refused', async () => {
    const engine = new FakeEngine();
    const link = new EngineLink(engine.connect);
    const both: Connection[] = await Promise.all([link.open(), link.open()]);
    assert.equal(both[0], both[1]);
    engine.crash();
    await until(() => engine.connections === 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.notEqual(await link.open(), both[0]);
    engine.crash();
    await new Promise((resolve) => setImmediate(resolve));
    engine.refusal = new CoppiceError('engine-busy', 'Busy.', '-');
    await assert.rejects(link.open(), { code: 'engine-busy' });
    engine.refusal = undefined;
    await link.open();
    assert.equal(engine.launches.length, 4);
    await link.dispose();
    assert.equal(engine.connections, 0);
    await link.dispose();
  });
});
