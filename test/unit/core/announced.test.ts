import assert from 'node:assert/strict';
import { noUsage } from '../../../src/core/agent/usage.ts';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { event } from '../../../src/core/events.ts';
import type { Intent } from '../../../src/core/intent/state.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import { observe, observeExit, withAnnounced } from '../../../src/core/session/observe.ts';
import type { Session } from '../../../src/core/session/state.ts';
import { live, newSession, World } from './world.ts';

const intent = 'the-input';
const what = { kind: 'prompt', prompt: 1 } as const;
const ended: AgentEvent = { kind: 'turn-ended', outcome: 'success', reason: 'done', usage: noUsage, denials: 0 };

describe('an agent that is quicker than the record of its input', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start']) assert.equal(world.step('a').do, expected);
    const effect = { kind: 'input', run: 1, input: 1, what } as const;
    world.ledger.append([event('intent.opened', { intent, session: 'a', effect })]);
  });

  /** As a follower sees the session. */
  function present(): Session {
    const announced = world.ledger.entity('intent', intent) as unknown as Intent | undefined;
    return withAnnounced(world.ledger.get('a'), announced === undefined ? [] : [announced]);
  }

  function written(): void {
    world.ledger.append([event('input.written', { session: 'a', run: 1, input: 1, what, intent })]);
  }

  it('begins its turn with the announced prompt, which is not on its way again afterwards', () => {
    world.ledger.append(observe(present(), { kind: 'prompt-seen' }, 10));
    assert.equal(world.ledger.get('a').turn?.prompt, 1);
    written();
    assert.equal(world.ledger.get('a').prompts[0]?.state, 'seen');
    assert.deepEqual(nextStep(world.ledger.get('a'), live), { do: 'wait', for: 'agent' });
    world.ledger.append(observe(present(), ended, 20));
    assert.deepEqual(world.step('a'), { do: 'close' });
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('may be done before anything of it is on record', () => {
    for (const [index, seen] of [{ kind: 'prompt-seen' } as const, ended].entries()) {
      world.ledger.append(observe(present(), seen, 10 * (index + 1)));
    }
    written();
    const session = world.ledger.get('a');
    assert.equal(session.lastTurn?.outcome, 'success');
    assert.equal(session.turns, 1);
    assert.deepEqual(world.step('a'), { do: 'close' });
  });

  it('may be gone before anything of it is on record: the prompt has had its turn', () => {
    world.ledger.append(observeExit(present(), { signal: 'SIGKILL' }, [], 10));
    written();
    const session = world.ledger.get('a');
    assert.equal(session.lastTurn?.outcome, 'crashed');
    assert.deepEqual(world.step('a'), { do: 'settle' }, 'it is not sent to another run');
  });

  it('is not given what was announced for another run, or anything but a prompt', () => {
    const session = world.ledger.get('a');
    const announced = (effect: Intent['effect']): Intent => ({ id: 'i', session: 'a', openedAt: 0, effect });
    for (const effect of [
      { kind: 'input', run: 2, input: 1, what },
      { kind: 'input', run: 1, input: 1, what: { kind: 'close' } },
      { kind: 'commit' },
    ] as const) {
      assert.equal(withAnnounced(session, [announced(effect)]), session);
    }
  });
});
