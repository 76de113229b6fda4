import assert from 'node:assert/strict';
import { event } from '../../../src/core/events.ts';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { observe } from '../../../src/core/session/observe.ts';
import { escalationAfter, noAttempts, usualAttemptLimits } from '../../../src/core/supervision/attempts.ts';
import { sessionDetail } from '../../../src/engine/sessions/views.ts';
import { limits, newSession, World } from './world.ts';

const retrying: AgentEvent = { kind: 'retrying', attempt: 1, error: 'overloaded' };

describe("an agent that asks its model's service again", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 's');
    world.schedule();
    while (world.ledger.get('s').turn === undefined) {
      if (world.step('s').do === 'wait') world.take('s');
    }
  });

  const reads = (offset: number, seen = retrying): number => {
    const events = observe(world.ledger.get('s'), seen, offset);
    world.ledger.append(events, 'agent:demo');
    return events.length;
  };
  const attempts = (): number | undefined => world.ledger.get('s').attempts?.transport;

  it('is counted once for each line that says so, also by an engine that reads the turn from its beginning', () => {
    const at = world.ledger.get('s').streamOffset;
    for (const line of [1, 2, 3]) reads(at + line * 100);
    const read = [1, 2, 3].map((line) => reads(at + line * 100));
    assert.deepEqual([read, attempts()], [[0, 0, 0], 3]);
    assert.equal(reads(at + 400), 1, 'the next one after that');
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('has used up no attempt of the task, and tells it of the session', () => {
    const at = world.ledger.get('s').streamOffset;
    for (let line = 1; line <= 50; line += 1) reads(at + line);
    const session = world.ledger.get('s');
    assert.deepEqual([session.attempts?.errors, session.attempts?.process, session.automatic], [[], 0, undefined]);
    assert.equal(escalationAfter(session.attempts ?? noAttempts, 'any', usualAttemptLimits), 'again');
    const extra = {
      activity: undefined,
      mistake: undefined,
      stream: '',
      watch: undefined,
      overlaps: [],
      pushing: false,
    } as const;
    const metered = (): boolean => false;
    const detail = sessionDetail(session, [session], limits, { ...extra, metered });
    assert.equal(detail.retries, 50);
  });

  it("is counted anew from a person's prompt on, and no line of before once more", () => {
    const at = world.ledger.get('s').streamOffset;
    reads(at + 1);
    world.ledger.append([event('prompt.added', { session: 's', prompt: 2, text: 'go on', steer: false })], 'user:me');
    assert.deepEqual([attempts(), reads(at + 1), attempts()], [undefined, 0, undefined]);
    assert.deepEqual([reads(at + 2), attempts()], [1, 1]);
  });

  it('is not counted beyond what tells anything', () => {
    const at = world.ledger.get('s').streamOffset;
    for (let line = 1; line <= 1200; line += 1) reads(at + line);
    assert.equal(attempts(), 1000);
  });
});
