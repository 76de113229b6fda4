import assert from 'node:assert/strict';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { addPrompt } from '../../../src/core/session/commands.ts';
import { observe, observeExit } from '../../../src/core/session/observe.ts';
import { limits, newSession, World } from './world.ts';

describe('a conversation', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
  });
  const conversed = (): boolean => world.ledger.get('a').conversed === true;

  it('is there as soon as the agent was heard in a turn', () => {
    assert.equal(conversed(), false);
    world.ledger.append(observe(world.ledger.get('a'), { kind: 'prompt-seen' }, 10), 'agent:demo');
    assert.equal(conversed(), true);
  });

  it('is not there when the agent died in silence, however often', () => {
    for (let turn = 1; turn <= 2; turn += 1) {
      world.ledger.append(observeExit(world.ledger.get('a'), { signal: 'SIGKILL' }, [], 10));
      assert.equal(world.ledger.get('a').turns, turn);
      assert.equal(conversed(), false);
      assert.equal(world.step('a').do, 'settle');
      const session = world.ledger.get('a');
      const more = addPrompt(world.ledger.sessions(), session, { text: 'again', steer: false }, limits);
      world.ledger.append(more.events);
      for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    }
  });

  it('is there when an agent that prints nothing has succeeded', () => {
    const success = {
      kind: 'turn-ended',
      outcome: 'success',
      reason: 'exit code 0',
      usage: noUsage,
      denials: 0,
    } as const;
    world.ledger.append(observeExit(world.ledger.get('a'), { code: 0 }, [success], 10));
    assert.equal(conversed(), true);
  });

  it('stays when a later run dies in silence', () => {
    world.ledger.append(observe(world.ledger.get('a'), { kind: 'prompt-seen' }, 10), 'agent:demo');
    world.ledger.append(observeExit(world.ledger.get('a'), { signal: 'SIGKILL' }, [], 20));
    assert.equal(conversed(), true);
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });
});
