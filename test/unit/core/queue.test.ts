import assert from 'node:assert/strict';
import fc from 'fast-check';
import { line, positionOf, whyWaiting } from '../../../src/core/queue/policy.ts';
import { addPrompt } from '../../../src/core/session/commands.ts';
import { statusOf } from '../../../src/core/session/status.ts';
import { limits, newSession, World } from './world.ts';

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `s${String(index).padStart(2, '0')}`);
}

describe('the queue', () => {
  it('runs 3, keeps 10 waiting in order and refuses the 14th with the reason', () => {
    const { ledger } = new World();
    const verdicts = ids(14).map((id) => newSession(ledger, id));
    assert.deepEqual(verdicts.slice(0, 3), [{ status: 'started' }, { status: 'started' }, { status: 'started' }]);
    assert.deepEqual(
      verdicts.slice(3, 13),
      Array.from({ length: 10 }, (_, index) => ({ status: 'queued', position: index + 1 })),
    );
    const last = verdicts[13];
    assert.ok(last?.status === 'rejected');
    assert.equal(last.queueLength, 10);
    assert.match(last.reason, /3 sessions are at work \(limit 3\) and 10 wait \(limit 10\)/);
    assert.equal(ledger.sessions().length, 13, 'a refused session does not exist');
    assert.equal(ledger.records.at(-1)?.type, 'session.refused', 'the refusal is on record');
  });

  it('never lets dispatch and interactive wait, nor counts them', () => {
    const { ledger } = new World();
    for (const id of ids(13)) newSession(ledger, id);
    assert.deepEqual(newSession(ledger, 'd', { mode: 'dispatch' }), { status: 'started' });
    assert.deepEqual(newSession(ledger, 'i', { mode: 'interactive' }), { status: 'started' });
    assert.equal(newSession(ledger, 'p', { mode: 'planning' }).status, 'rejected');
  });

  it('says why a session waits', () => {
    const { ledger } = new World();
    for (const id of ids(5)) newSession(ledger, id);
    assert.equal(
      whyWaiting(ledger.sessions(), 's03', limits),
      'Waits for a free place: 3 of 3 are taken, next in line.',
    );
    assert.equal(
      whyWaiting(ledger.sessions(), 's04', limits),
      'Waits for a free place: 3 of 3 are taken, 1 ahead of it.',
    );
    assert.equal(whyWaiting(ledger.sessions(), 's00', limits), undefined);
  });

  it('admits the next in line as soon as one has ended', () => {
    const world = new World();
    for (const id of ids(5)) newSession(world.ledger, id);
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('s01').do, expected);
    world.take('s01');
    world.finish('s01');
    world.schedule();
    assert.equal(statusOf(world.ledger.get('s03')), 'queued');
    world.step('s01');
    world.step('s01');
    world.schedule();
    assert.equal(statusOf(world.ledger.get('s03')), 'preparing');
    assert.equal(positionOf(world.ledger.sessions(), 's04'), 1);
  });

  it('takes high before normal, and each lane in order of arrival', () => {
    const { ledger } = new World();
    for (const id of ids(5)) newSession(ledger, id);
    newSession(ledger, 'h1', { priority: 'high' });
    newSession(ledger, 'h2', { priority: 'high' });
    assert.deepEqual(
      line(ledger.sessions()).map((each) => each.id),
      ['h1', 'h2', 's03', 's04'],
    );
  });

  it('sends a finished session to the end of the line when it is continued, and refuses it when the line is full', () => {
    const world = new World();
    newSession(world.ledger, 'first');
    for (let i = 0; i < 3; i++) world.step('first');
    world.take('first');
    world.finish('first');
    world.step('first');
    world.step('first');
    for (const id of ids(12)) newSession(world.ledger, id);
    const next = addPrompt(world.ledger.sessions(), world.ledger.get('first'), { text: 'more', steer: false }, limits);
    assert.deepEqual(next.verdict, { status: 'queued', position: 10 });
    world.ledger.append(next.events);
    assert.equal(statusOf(world.ledger.get('first')), 'queued');
    const stranger = newSession(world.ledger, 'x');
    assert.equal(stranger.status, 'rejected');
  });

  it('keeps its order whatever order sessions are listed in (property)', () => {
    const { ledger } = new World();
    for (const [index, id] of ids(13).entries())
      newSession(ledger, id, { priority: index % 3 === 0 ? 'high' : 'normal' });
    const expected = line(ledger.sessions()).map((each) => each.id);
    fc.assert(
      fc.property(fc.shuffledSubarray(ledger.sessions(), { minLength: 13 }), (shuffled) => {
        assert.deepEqual(
          line(shuffled).map((each) => each.id),
          expected,
        );
      }),
    );
  });
});
