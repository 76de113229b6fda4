import assert from 'node:assert/strict';
import { noUsage } from '../../../src/core/agent/usage.ts';
import type { AgentRequest } from '../../../src/core/agent/events.ts';
import { requestCheckpoint } from '../../../src/core/checkpoint/commands.ts';
import { isBefore, toolMarks } from '../../../src/core/checkpoint/due.ts';
import { prunable } from '../../../src/core/checkpoint/retention.ts';
import type { Checkpoint } from '../../../src/core/checkpoint/state.ts';
import { event } from '../../../src/core/events.ts';
import { requestRestore, undoOf } from '../../../src/core/restore/commands.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import { addPrompt, answer } from '../../../src/core/session/commands.ts';
import { isAtRest } from '../../../src/core/session/status.ts';
import { limits, newSession, World } from './world.ts';

const request: AgentRequest = {
  id: 'ask-1',
  kind: 'permission',
  title: 'Bash',
  detail: 'rm x',
  tool: 'Bash',
  input: {},
};

function steps(world: World, count: number): string[] {
  return Array.from({ length: count }, () => {
    const step = world.exactStep('a');
    return step.do === 'checkpoint' ? `keep ${step.due.kind}` : step.do;
  });
}

function more(world: World, steer = false): void {
  const { ledger } = world;
  ledger.append(addPrompt(ledger.sessions(), ledger.get('a'), { text: 'more', steer }, limits).events);
}

describe('checkpoints of a session', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
  });

  it('are taken at the start, at the end of the turn, and before the next one', () => {
    assert.deepEqual(steps(world, 3), ['prepare', 'start', 'feed'], 'the start of the session is that of its turn');
    world.take('a');
    world.finish('a');
    assert.deepEqual(steps(world, 3), ['keep turn-end', 'close', 'settle']);
    more(world);
    assert.deepEqual(steps(world, 4), ['prepare', 'keep turn-start', 'start', 'feed']);
    world.take('a');
    world.exit('a', { signal: 'SIGKILL' });
    assert.deepEqual(steps(world, 2), ['keep turn-end', 'settle'], 'also of a turn that crashed');
    const session = world.ledger.get('a');
    assert.deepEqual(session.checkpoint, { n: 3, tree: 't', head: 'h', turn: 2, prompt: 2 });
    assert.equal(world.ledger.entity('checkpoint', 'a/2')?.['kind'], 'turn-start');
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('are one where a turn follows at once', () => {
    steps(world, 3);
    world.take('a');
    more(world);
    world.finish('a');
    assert.deepEqual(steps(world, 3), ['keep turn-end', 'commit', 'feed']);
    assert.equal(world.ledger.get('a').checkpoint?.prompt, 2);
  });

  it('are not taken in mid-turn, but before a tool that needs permission, once', () => {
    steps(world, 3);
    world.take('a');
    more(world, true);
    assert.deepEqual(steps(world, 1), ['feed'], 'a prompt that cuts in waits for nothing');
    world.take('a');
    assert.deepEqual(steps(world, 1), ['wait']);
    world.say('a', { kind: 'asked', request });
    assert.deepEqual(steps(world, 2), ['keep tool', 'wait']);
    world.ledger.append(answer(world.ledger.get('a'), undefined, { choice: 'allow' }, 'user:cli'));
    assert.deepEqual(steps(world, 2), ['answer', 'wait']);
  });

  it('are taken when a dangerous tool is seen, also where its agent does not ask, once for each and not for ever', () => {
    steps(world, 3);
    world.take('a');
    const findings = [{ danger: 'recursive-delete', severity: 'critical', sentence: 'It deletes.' }] as const;
    const use = (id: string, found = true): void => {
      const input = { command: `rm -rf ${id}` };
      world.say('a', { kind: 'tool-started', id, name: 'Bash', input, ...(found ? { findings } : {}) });
    };
    use('t0', false);
    assert.deepEqual(steps(world, 1), ['wait'], 'nothing is dangerous about it');
    use('t1');
    use('t1');
    use('t2');
    const due = { kind: 'tool', requests: [], uses: ['t1', 't2'] } as const;
    const oneShot = { duplex: false, steerable: false, background: 0 };
    assert.deepEqual(
      nextStep(world.ledger.get('a'), oneShot),
      { do: 'checkpoint', due },
      'also of one that takes no input',
    );
    assert.deepEqual(world.exactStep('a'), { do: 'checkpoint', due }, 'those that are seen together are one state');
    assert.deepEqual(steps(world, 1), ['wait']);
    assert.equal(
      world.ledger.get('a').dangers?.every(({ kept }) => kept),
      true,
    );
    world.say('a', { kind: 'asked', request: { ...request, input: { command: 'rm -rf t1' } }, findings });
    const held = world.ledger.get('a');
    assert.deepEqual(
      held.dangers?.map(({ asked }) => asked),
      [true, undefined],
    );
    const both = { kind: 'tool', requests: ['ask-1'], uses: ['t1', 't2'] } as const;
    assert.deepEqual(toolMarks(held, both), [
      { name: 'Bash', held: true },
      { name: 'Bash', held: false },
    ]);
    assert.deepEqual(steps(world, 2), ['keep tool', 'wait']);
    for (let n = 3; n < 40; n += 1) use(`t${n}`);
    assert.equal(world.ledger.get('a').dangers?.length, 20);
    world.finish('a');
    assert.deepEqual(
      steps(world, 1),
      ['keep turn-end'],
      'the end of the turn is kept, and nothing of within it any more',
    );
    more(world);
    assert.equal(world.ledger.get('a').dangers, undefined, 'a person has gone on');
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('say of what gates were asked about, and that it was asked', () => {
    steps(world, 3);
    world.take('a');
    world.finish('a');
    steps(world, 1);
    const { ledger } = world;
    const gates = [{ kind: 'test', command: ['t'], from: 'settings' }] as const;
    ledger.append([
      event('supervision.begun', { session: 'a', level: 'autonomous', gates, review: false }),
      event('turn.validated', { session: 'a', turn: 1, repository: 'r', tree: 't', issues: [], files: 1, lines: 1 }),
    ]);
    const due = { kind: 'gate', gate: { tree: 't' }, turn: 1 };
    assert.deepEqual(world.exactStep('a'), { do: 'checkpoint', due });
    assert.deepEqual(world.exactStep('a').do, 'gate');
    assert.equal(ledger.get('a').checkpoint?.gate, 't');
    assert.equal(ledger.entity('checkpoint', 'a/2')?.['kind'], 'gate');
    const error = { code: 'disk-full', message: 'full', next: 'free some' } as const;
    ledger.append([event('checkpoint.failed', { session: 'a', kind: 'gate', gate: { tree: 'other' }, error })]);
    assert.equal(ledger.get('a').checkpoint?.gate, 'other', 'one that cannot be kept is asked about all the same');
    assert.equal(ledger.state(), ledger.replayed());
  });

  it('are those of the gates as well where the end of the turn has the very files, without another one', () => {
    steps(world, 3);
    world.take('a');
    world.finish('a');
    steps(world, 1);
    const { ledger } = world;
    const { n, tree } = ledger.get('a').checkpoint ?? {};
    assert.ok(n !== undefined && tree !== undefined);
    const kind = (): unknown => ledger.entity('checkpoint', `a/${n}`)?.['kind'];
    assert.equal(kind(), 'turn-end');
    const gates = [{ kind: 'test', command: ['t'], from: 'settings' }] as const;
    ledger.append([
      event('supervision.begun', { session: 'a', level: 'autonomous', gates, review: false }),
      event('turn.validated', { session: 'a', turn: 1, repository: 'r', tree, issues: [], files: 1, lines: 1 }),
      event('checkpoint.gated', { session: 'a', n, tree }),
    ]);
    assert.equal(kind(), 'gate', 'so it is kept for good');
    assert.deepEqual(ledger.entity('checkpoint', `a/${n}`)?.['gate'], { tree });
    assert.equal(world.exactStep('a').do, 'gate');
    assert.equal(ledger.get('a').checkpoint?.n, n);
    ledger.append([
      event('checkpoint.pruned', { session: 'a', n, reason: 'old' }),
      event('checkpoint.gated', { session: 'a', n, tree }),
    ]);
    assert.equal(ledger.entity('checkpoint', `a/${n}`), undefined, 'one that is gone stays gone');
    assert.equal(ledger.state(), ledger.replayed());
  });

  it('do not hold up the work when they cannot be taken after something was done', () => {
    steps(world, 3);
    world.take('a');
    world.say('a', { kind: 'asked', request });
    const error = { code: 'disk-full', message: 'full', next: 'free some' } as const;
    world.ledger.append([event('checkpoint.failed', { session: 'a', kind: 'tool', requests: ['ask-1'], error })]);
    assert.deepEqual(steps(world, 1), ['wait']);
    const ended = { kind: 'turn-ended', outcome: 'success', reason: 'done', usage: noUsage, denials: 0 } as const;
    world.say('a', ended);
    world.ledger.append([event('checkpoint.failed', { session: 'a', kind: 'turn-end', turn: 1, error })]);
    assert.deepEqual(steps(world, 2), ['close', 'settle']);
  });

  it('are named, and go when they are pruned', () => {
    steps(world, 1);
    world.ledger.append([event('checkpoint.named', { session: 'a', n: 0, name: 'good' })]);
    assert.equal(world.ledger.entity('checkpoint', 'a/0')?.['name'], 'good');
    world.ledger.append([event('checkpoint.pruned', { session: 'a', n: 0, reason: 'old' })]);
    assert.equal(world.ledger.entity('checkpoint', 'a/0'), undefined);
  });

  it('are taken when a person wants one: at work, between turns after the end of the turn, at rest', () => {
    const { ledger } = world;
    const wish = (id: string) => ledger.append(requestCheckpoint(ledger.get('a'), { id, name: id }));
    assert.throws(() => wish('w0'), /no worktree/);
    steps(world, 3);
    world.take('a');
    wish('w1');
    assert.deepEqual(requestCheckpoint(ledger.get('a'), { id: 'w1' }), [], 'asked twice');
    assert.throws(() => wish('w2'), /already/);
    assert.deepEqual(world.exactStep('a'), {
      do: 'checkpoint',
      due: { kind: 'named', wish: { id: 'w1', name: 'w1' } },
    });
    assert.equal(isBefore({ kind: 'named', turn: 0 }, 1), false, 'it may be within the turn');
    world.finish('a');
    wish('w2');
    assert.deepEqual(steps(world, 3), ['keep turn-end', 'keep named', 'close']);
    assert.deepEqual(steps(world, 1), ['settle']);
    assert.equal(isAtRest(ledger.get('a')), true);
    wish('w3');
    assert.equal(isAtRest(ledger.get('a')), false);
    assert.deepEqual(steps(world, 2), ['keep named', 'wait']);
    wish('w4');
    const error = { code: 'disk-full', message: 'full', next: 'free some' } as const;
    ledger.append([event('checkpoint.failed', { session: 'a', kind: 'named', wish: 'w4', error })]);
    assert.deepEqual([steps(world, 1), isAtRest(ledger.get('a'))], [['wait'], true]);
    assert.equal(ledger.state(), ledger.replayed());
  });

  it('wait for a rollback, during which nothing is begun', () => {
    const { ledger } = world;
    const request = { id: 'r1', to: 0 };
    assert.throws(() => requestRestore(ledger.get('a'), request, false), /no worktree/);
    steps(world, 3);
    world.take('a');
    assert.throws(() => requestRestore(ledger.get('a'), request, false), /is at work/);
    ledger.append(requestRestore(ledger.get('a'), request, true));
    assert.deepEqual(requestRestore(ledger.get('a'), request, true), [], 'asked twice');
    assert.throws(() => requestRestore(ledger.get('a'), { id: 'r2', to: 0 }, true), /already/);
    more(world);
    assert.deepEqual(steps(world, 5), ['interrupt', 'keep turn-end', 'close', 'restore', 'restore']);
    const plan = { before: 2, after: 3, tree: 't', commit: 'c' };
    ledger.append([event('restore.planned', { session: 'a', restore: 'r1', plan })]);
    assert.deepEqual(ledger.get('a').restoring, { ...request, plan });
    ledger.append([event('restore.ended', { session: 'a', restore: 'r1', files: 1, before: 2, after: 3 })]);
    assert.deepEqual(undoOf(ledger.get('a'), 'u'), { id: 'u', to: 2, since: 3 });
    ledger.append(requestRestore(ledger.get('a'), { id: 'r3', to: 0 }, false));
    ledger.append([event('restore.ended', { session: 'a', restore: 'r3', files: 0 })]);
    assert.deepEqual(undoOf(ledger.get('a'), 'u'), { id: 'u', to: 2, since: 3 }, 'nothing done leaves the last one');
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });
});

describe('the retention of checkpoints', () => {
  const day = 24 * 60 * 60 * 1000;
  const now = 100 * day;

  function old(n: number, changes: Partial<Checkpoint> = {}): Checkpoint {
    return {
      ...{ id: `a/${n}`, session: 'a', n, kind: 'turn-end', at: 0, tree: 't', commit: 'c', head: 'h', parent: null },
      ...{ changed: true, byPerson: false, turn: 0, usage: noUsage, queue: { priority: 'normal' } },
      conversation: { offset: 0, prompts: 0, turns: 0 },
      ...changes,
    };
  }

  it('keeps the newest, the young, the start, gates, named ones and what a rollback refers to', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    const session = { ...world.ledger.get('a'), restored: { id: 'r', to: 0, at: 0, files: 1, before: 4, after: 5 } };
    const all = [
      old(0, { kind: 'session-start' }),
      old(1, { kind: 'gate' }),
      old(2, { name: 'good' }),
      old(3, { at: now - 29 * day }),
      ...[4, 5, 6, 7, 8, 9].map((n) => old(n)),
    ];
    const gone = (keep: number): number[] => prunable(session, all, { keep, keepDays: 30 }, now).map(({ n }) => n);
    assert.deepEqual(gone(2), [7, 6]);
    assert.deepEqual(gone(10), []);
    assert.deepEqual(gone(1), [8, 7, 6], 'the newest always stays');
    const wanted = [old(1, { kind: 'named' }), old(2)];
    assert.deepEqual(prunable(session, wanted, { keep: 1, keepDays: 30 }, now), [], 'also without a name');
  });
});
