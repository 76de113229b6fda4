import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentRequest } from '../../../src/core/agent/events.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { requestCheckpoint } from '../../../src/core/checkpoint/commands.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { event } from '../../../src/core/events.ts';
import { addPrompt, answer, cancel, interrupt } from '../../../src/core/session/commands.ts';
import { observe, observeExit } from '../../../src/core/session/observe.ts';
import { isLive, statusOf, workTime } from '../../../src/core/session/status.ts';
import { limits, newSession, World } from './world.ts';

const request: AgentRequest = {
  id: 'ask-1',
  kind: 'permission',
  title: 'Bash',
  detail: 'rm x',
  tool: 'Bash',
  input: { command: 'rm x' },
};

function running(world: World, id = 'a'): void {
  newSession(world.ledger, id);
  for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step(id).do, expected);
  world.take(id);
}

describe('a session', () => {
  it('goes from its creation to a report', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    const seen = [statusOf(world.ledger.get('a'))];
    for (const expected of ['prepare', 'start', 'feed']) {
      assert.equal(world.step('a').do, expected);
      seen.push(statusOf(world.ledger.get('a')));
    }
    world.take('a');
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'agent' });
    world.finish('a');
    assert.equal(world.step('a').do, 'close');
    assert.equal(world.step('a').do, 'settle');
    seen.push(statusOf(world.ledger.get('a')));
    assert.deepEqual(seen, ['preparing', 'preparing', 'running', 'running', 'reported']);
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'work' });
    assert.equal(world.ledger.get('a').usage.outputTokens, 3);
    assert.deepEqual(world.ledger.get('a').context, { tokens: 30, window: 100 });
    assert.equal(world.ledger.entity('worktree', '/w/a')?.['holder'], null);
  });

  it('holds for an answer, delivers it once and refuses a second one', () => {
    const world = new World();
    running(world);
    world.say('a', { kind: 'asked', request });
    assert.equal(statusOf(world.ledger.get('a')), 'needs-you');
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'person' });
    world.ledger.append(answer(world.ledger.get('a'), undefined, { choice: 'allow' }, 'user:cli'));
    assert.throws(
      () => answer(world.ledger.get('a'), 'ask-1', { choice: 'deny' }, 'user:vscode'),
      (error) => isCoppiceError(error, 'wrong-state') && error.message.includes('user:cli'),
    );
    assert.deepEqual(world.step('a'), { do: 'answer', breakpoint: 'ask-1' });
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'agent' }, 'a written answer is not written again');
    world.say('a', { kind: 'answer-seen', request: 'ask-1' });
    assert.deepEqual(world.ledger.get('a').breakpoints, []);
    assert.equal(statusOf(world.ledger.get('a')), 'running');
  });

  it('has worked for as long as its agent did: neither while a person was asked nor between two prompts', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    assert.deepEqual(workTime(world.ledger.get('a')), { ms: 0 });
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    world.take('a');
    const { since = NaN } = workTime(world.ledger.get('a'));
    assert.equal(since, world.ledger.get('a').turn?.startedAt);
    world.say('a', { kind: 'asked', request });
    const held = workTime(world.ledger.get('a'));
    assert.deepEqual(held, { ms: (world.ledger.get('a').turn?.heldSince ?? NaN) - since });
    world.ledger.append(answer(world.ledger.get('a'), undefined, { choice: 'allow' }, 'user:cli'));
    assert.deepEqual(world.step('a'), { do: 'answer', breakpoint: 'ask-1' });
    world.say('a', { kind: 'answer-seen', request: 'ask-1' });
    const { turn } = world.ledger.get('a');
    assert.ok((turn?.heldMs ?? 0) > 0);
    assert.deepEqual(workTime(world.ledger.get('a')), { ms: 0, since: since + (turn?.heldMs ?? NaN) });
    world.finish('a');
    const worked = workTime(world.ledger.get('a'));
    const took = (world.ledger.get('a').lastTurn?.endedAt ?? NaN) - since;
    assert.deepEqual(worked, { ms: took - (turn?.heldMs ?? NaN) });
    for (const expected of ['close', 'settle']) assert.equal(world.step('a').do, expected);
    assert.deepEqual(workTime(world.ledger.get('a')), worked, 'it has ended, and time goes on');
  });

  it('is ended and begun again for another model, and with no prompt lost or given twice', () => {
    const world = new World();
    running(world);
    world.finish('a');
    const decided = { action: 'escalate', sentence: '', factors: [], score: 0, calibrated: 0, weights: [] } as const;
    world.ledger.append(
      [
        event('turn.decided', { session: 'a', turn: 1, decided: { ...decided, stronger: 'big' } }),
        event('prompt.added', { session: 'a', prompt: 2, text: 'again', steer: false }),
      ],
      'supervisor',
    );
    for (const expected of ['close', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    assert.equal(world.ledger.get('a').run?.stronger, 'big');
    world.take('a');
    world.finish('a');
    world.ledger.append(
      [event('prompt.added', { session: 'a', prompt: 3, text: 'and now', steer: false })],
      'user:cli',
    );
    for (const expected of ['close', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    assert.equal(world.ledger.get('a').run?.stronger, undefined);
    assert.deepEqual(
      world.ledger.get('a').prompts.map(({ n, state }) => [n, state]),
      [[3, 'written']],
    );
  });

  it('takes no other input for an agent that can only do what it asked for', () => {
    const world = new World();
    running(world);
    world.say('a', { kind: 'asked', request: { ...request, fixed: true } });
    const other = { choice: 'allow', input: { command: 'rm y' } } as const;
    assert.throws(() => answer(world.ledger.get('a'), undefined, other, 'user:cli'), /takes no other input/u);
    assert.equal(statusOf(world.ledger.get('a')), 'needs-you');
    world.ledger.append(answer(world.ledger.get('a'), undefined, { choice: 'allow' }, 'user:cli'));
    assert.deepEqual(world.step('a'), { do: 'answer', breakpoint: 'ask-1' });
  });

  it('asks only once when the same line of output is read again', () => {
    const world = new World();
    running(world);
    world.say('a', { kind: 'asked', request });
    const { streamOffset } = world.ledger.get('a');
    assert.deepEqual(observe(world.ledger.get('a'), { kind: 'asked', request }, streamOffset), []);
    assert.deepEqual(
      observe(world.ledger.get('a'), { kind: 'asked', request: { ...request, id: 'old' } }, streamOffset - 1),
      [],
    );
  });

  it('withdraws a question when the turn ends without its answer', () => {
    const world = new World();
    running(world);
    world.say('a', { kind: 'asked', request });
    world.finish('a');
    assert.deepEqual(world.ledger.get('a').breakpoints, []);
    assert.equal(statusOf(world.ledger.get('a')), 'running');
  });

  it('fails a turn whose process ends in the middle, and can be continued', () => {
    const world = new World();
    running(world);
    world.exit('a', { signal: 'SIGKILL' });
    assert.equal(world.step('a').do, 'settle');
    assert.equal(statusOf(world.ledger.get('a')), 'failed');
    assert.equal(world.ledger.get('a').lastTurn?.reason, 'ended by SIGKILL');
    world.ledger.append(
      addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text: 'again', steer: false }, limits).events,
    );
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    assert.equal(world.ledger.get('a').run?.n, 2);
    assert.deepEqual(world.started, ['a#1', 'a#2']);
  });

  it('never sends a prompt again that was written before the process died', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    world.exit('a', { code: 1 });
    assert.equal(world.step('a').do, 'settle');
    assert.deepEqual(world.started, ['a#1']);
    assert.equal(world.ledger.get('a').lastTurn?.outcome, 'crashed');
  });

  it('fails the prompt of an agent that ends by itself before it can be given anything', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start']) assert.equal(world.step('a').do, expected);
    const { streamOffset } = world.ledger.get('a');
    const refusal = {
      kind: 'turn-ended',
      outcome: 'failed',
      reason: 'exit code 2',
      usage: noUsage,
      denials: 0,
    } as const;
    world.ledger.append(observeExit(world.ledger.get('a'), { code: 2 }, [refusal], streamOffset));
    assert.equal(world.step('a').do, 'settle');
    assert.deepEqual(world.started, ['a#1']);
    assert.equal(world.ledger.get('a').lastTurn?.reason, 'exit code 2');
  });

  it('starts an agent again that something ended before its prompt, and gives up after three times', () => {
    for (const end of [{ signal: 'SIGKILL' }, { gone: true }]) {
      const world = new World();
      newSession(world.ledger, 'a');
      assert.equal(world.step('a').do, 'prepare');
      for (let run = 1; run <= 3; run += 1) {
        assert.equal(world.step('a').do, 'start');
        world.exit('a', end);
      }
      assert.equal(world.step('a').do, 'settle');
      assert.equal(world.ledger.get('a').lastTurn?.outcome, 'crashed');
      // The next stretch of work counts from its own beginning.
      const more = addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text: 'again', steer: false }, limits);
      world.ledger.append(more.events);
      for (const expected of ['prepare', 'start']) assert.equal(world.step('a').do, expected);
      world.exit('a', end);
      for (const expected of ['start', 'feed']) assert.equal(world.step('a').do, expected);
      world.finish('a');
      assert.equal(world.ledger.get('a').lastTurn?.outcome, 'success');
    }
  });

  it('starts an agent again for a prompt that came while its input was being closed', () => {
    const world = new World();
    running(world);
    world.finish('a');
    assert.equal(world.step('a').do, 'close');
    world.ledger.append(
      addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text: 'more', steer: false }, limits).events,
    );
    world.exit('a', { code: 0 });
    for (const expected of ['start', 'feed']) assert.equal(world.step('a').do, expected);
  });

  it('does not take the last answer for the answer to a prompt that the process died on', () => {
    const world = new World();
    running(world);
    world.ledger.append(
      addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text: 'more', steer: false }, limits).events,
    );
    world.finish('a');
    assert.equal(world.step('a').do, 'feed');
    const { streamOffset } = world.ledger.get('a');
    const failed = { kind: 'turn-ended', outcome: 'failed', reason: 'no login', usage: noUsage, denials: 0 } as const;
    assert.deepEqual(observe(world.ledger.get('a'), failed, streamOffset), [], 'the old line, read again');
    world.ledger.append(observeExit(world.ledger.get('a'), { code: 1 }, [failed], streamOffset));
    assert.equal(world.ledger.get('a').lastTurn?.reason, 'no login');
    world.step('a');
    assert.equal(statusOf(world.ledger.get('a')), 'failed');
  });

  it('takes a prompt given in mid-turn after the turn, and a steering one at once', () => {
    const world = new World();
    running(world);
    const add = (text: string, steer: boolean): void =>
      world.ledger.append(addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text, steer }, limits).events);
    add('later', false);
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'agent' });
    world.finish('a');
    assert.deepEqual(world.step('a'), { do: 'feed', prompt: 2 });
    world.take('a');
    add('now', true);
    assert.deepEqual(world.step('a'), { do: 'feed', prompt: 3 });
    world.take('a');
    assert.equal(world.ledger.get('a').turns, 3);
    assert.equal(world.ledger.get('a').lastTurn?.outcome, 'interrupted');
    assert.deepEqual(world.taken, ['a#1', 'a#2', 'a#3']);
  });

  it('keeps working while background jobs of the agent run, and wakes with them', () => {
    const world = new World();
    running(world);
    world.finish('a');
    world.say('a', { kind: 'message', text: 'the job has ended' });
    assert.equal(world.ledger.get('a').turn?.n, 2);
    assert.equal(world.ledger.get('a').turn?.prompt, undefined);
  });

  it('shows doubt as unknown and does nothing until it is resolved', () => {
    const world = new World();
    running(world);
    world.ledger.append([event('run.doubted', { session: 'a', run: 1, why: 'no answer' })]);
    assert.equal(statusOf(world.ledger.get('a')), 'unknown');
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'proof' });
    world.ledger.append([event('run.confirmed', { session: 'a', run: 1 })]);
    assert.equal(statusOf(world.ledger.get('a')), 'running');
  });

  it('is cancelled only when no process is left', () => {
    const world = new World();
    running(world);
    world.ledger.append(cancel(world.ledger.get('a'), 'no longer wanted'));
    assert.deepEqual(cancel(world.ledger.get('a'), 'again'), []);
    assert.equal(statusOf(world.ledger.get('a')), 'running');
    assert.equal(world.step('a').do, 'stop');
    assert.equal(world.step('a').do, 'settle');
    assert.equal(statusOf(world.ledger.get('a')), 'cancelled');
    assert.throws(
      () => cancel(world.ledger.get('a'), 'once more'),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
    assert.throws(
      () => interrupt(world.ledger.get('a')),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
  });

  it('is interrupted also before its agent has said a word, as soon as there is a turn to be interrupted', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start']) assert.equal(world.step('a').do, expected);
    assert.throws(
      () => interrupt(world.ledger.get('a')),
      (error) => isCoppiceError(error, 'wrong-state'),
      'its agent was given nothing yet',
    );
    assert.equal(world.step('a').do, 'feed');
    world.ledger.append(interrupt(world.ledger.get('a')));
    assert.deepEqual(interrupt(world.ledger.get('a')), []);
    assert.deepEqual(world.step('a'), { do: 'wait', for: 'agent' });
    world.take('a');
    assert.equal(world.step('a').do, 'interrupt');
    for (const expected of ['close', 'settle']) assert.equal(world.step('a').do, expected);
    assert.equal(statusOf(world.ledger.get('a')), 'interrupted');
  });

  it('is interrupted by its end where the agent takes no input, also one that has said nothing', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    world.knows = { ...world.knows, duplex: false };
    world.ledger.append(interrupt(world.ledger.get('a')));
    for (const expected of ['stop', 'settle']) assert.equal(world.step('a').do, expected);
    assert.deepEqual(
      [world.ledger.get('a').lastTurn?.outcome, statusOf(world.ledger.get('a'))],
      ['interrupted', 'interrupted'],
    );
  });

  it('is interrupted and goes on with the prompt that was waiting', () => {
    const world = new World();
    running(world);
    world.ledger.append(interrupt(world.ledger.get('a')));
    assert.equal(world.step('a').do, 'interrupt');
    assert.equal(world.step('a').do, 'close');
    assert.equal(world.step('a').do, 'settle');
    assert.equal(statusOf(world.ledger.get('a')), 'interrupted');
  });
});

type Action =
  | 'step'
  | 'take'
  | 'finish'
  | 'ask'
  | 'answer'
  | 'abort'
  | 'crash'
  | 'cancel'
  | 'interrupt'
  | 'prompt'
  | 'steer'
  | 'keep'
  | 'create'
  | 'doubt'
  | 'confirm';
const actions: readonly Action[] = [
  'step',
  'step',
  'step',
  'step',
  'take',
  'finish',
  'ask',
  'answer',
  'abort',
  'crash',
  'cancel',
  'interrupt',
  'prompt',
  'steer',
  'keep',
  'create',
  'create',
  'doubt',
  'confirm',
];

/** Does what is possible and ignores refusals: a user and a world that try everything at any time. */
function act(world: World, action: Action, which: number): void {
  const all = world.ledger.sessions();
  if (action === 'create') {
    const mode = which % 4 === 0 ? 'dispatch' : 'autonomous';
    newSession(world.ledger, `s${all.length}`, { mode, priority: which % 5 === 0 ? 'high' : 'normal' });
    return;
  }
  const session = all[which % Math.max(1, all.length)];
  if (session === undefined) return;
  const alive = isLive(session) && session.run?.state !== 'unknown';
  try {
    switch (action) {
      case 'step':
        world.schedule();
        world.step(session.id);
        return;
      case 'take':
        if (alive) world.take(session.id);
        return;
      case 'finish':
        if (alive) world.finish(session.id);
        return;
      case 'ask':
        if (alive)
          world.say(session.id, { kind: 'asked', request: { ...request, id: `ask-${world.ledger.records.length}` } });
        return;
      case 'answer':
      case 'abort':
        world.ledger.append(
          answer(session, undefined, { choice: action === 'abort' ? 'abort' : 'allow' }, 'user:test'),
        );
        return;
      case 'crash':
        if (isLive(session)) world.exit(session.id, { gone: true });
        return;
      case 'cancel':
        world.ledger.append(cancel(session, 'test'));
        return;
      case 'interrupt':
        world.ledger.append(interrupt(session));
        return;
      case 'prompt':
      case 'steer':
        world.ledger.append(addPrompt(all, session, { text: action, steer: action === 'steer' }, limits).events);
        return;
      case 'keep':
        world.ledger.append(requestCheckpoint(session, { id: `wish-${world.ledger.records.length}` }));
        return;
      case 'doubt':
        if (alive)
          world.ledger.append([event('run.doubted', { session: session.id, run: session.run?.n ?? 0, why: 'test' })]);
        return;
      case 'confirm':
        if (session.run?.state === 'unknown')
          world.ledger.append([event('run.confirmed', { session: session.id, run: session.run.n })]);
        return;
    }
  } catch (error) {
    if (!isCoppiceError(error)) throw error;
  }
}

/** The invariants that hold after every action. */
function check(world: World): void {
  assert.equal(new Set(world.taken).size, world.taken.length, 'a prompt was taken twice');
  assert.equal(new Set(world.started).size, world.started.length, 'a run was started twice');
  const sessions = world.ledger.sessions();
  const atWork = sessions.filter((each) => each.mode === 'autonomous' && each.admission === 'admitted');
  assert.ok(atWork.length <= limits.running, `${atWork.length} at work`);
  assert.ok(sessions.filter((each) => each.admission === 'waiting').length <= limits.waiting);
  for (const each of sessions) {
    const status = statusOf(each);
    if (!isLive(each))
      assert.ok(status !== 'running' || each.run !== undefined, `${each.id} shows ${status} without a process`);
    if (each.admission === 'idle') assert.equal(each.holding, false, 'an idle session holds its worktree');
    if (each.turn !== undefined) assert.ok(isLive(each) || each.admission === 'idle', 'a dead agent has an open turn');
  }
}

describe('the rules of sessions (model-based)', () => {
  it('keep their invariants under any sequence of actions, end for every session, and replay to the same state', () => {
    const sequence = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(30)), { maxLength: 120 });
    fc.assert(
      fc.property(sequence, (moves) => {
        const world = new World();
        for (const [action, which] of moves) {
          act(world, action, which);
          check(world);
        }
        for (let round = 0; round < 60; round++) {
          for (const session of world.ledger.sessions()) {
            act(world, 'confirm', world.ledger.sessions().indexOf(session));
            world.schedule();
            const step = world.step(session.id);
            if (step.do !== 'wait') continue;
            const index = world.ledger.sessions().findIndex((each) => each.id === session.id);
            if (step.for === 'person') act(world, 'answer', index);
            if (step.for === 'agent') {
              world.take(session.id);
              world.finish(session.id);
            }
          }
          check(world);
        }
        for (const session of world.ledger.sessions()) {
          assert.equal(session.admission, 'idle', `${session.id} never ends: ${JSON.stringify(session)}`);
        }
        assert.equal(world.ledger.replayed(), world.ledger.state());
      }),
      { numRuns: 300 },
    );
  });
});
