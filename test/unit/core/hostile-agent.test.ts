import assert from 'node:assert/strict';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { event } from '../../../src/core/events.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import { live, newSession, World } from './world.ts';

describe('an agent that means harm', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
    for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
    world.take('a');
  });

  const ask = (id: string): AgentEvent => ({
    kind: 'asked',
    request: { id, kind: 'permission', title: id, detail: '' },
  });

  it('is ended when it asks more than anybody could answer, and says so once', () => {
    for (let n = 1; n <= 200; n += 1) world.say('a', ask(`q${n}`));
    const { breakpoints, cancelling } = world.ledger.get('a');
    assert.equal(breakpoints.length, 64);
    assert.match(cancelling?.error?.message ?? '', /more than 64 things at once/);
    assert.equal(world.ledger.records.filter(({ type }) => type === 'session.cancelling').length, 1);
    assert.equal(nextStep(world.ledger.get('a'), live).do, 'stop');
  });

  it('asks as often as it likes one thing after the other', () => {
    for (let n = 1; n <= 200; n += 1) {
      world.say('a', ask(`q${n}`));
      world.say('a', { kind: 'ask-withdrawn', request: `q${n}` });
    }
    assert.deepEqual([world.ledger.get('a').breakpoints.length, world.ledger.get('a').cancelling], [0, undefined]);
  });

  it('closes no question that is not its own', () => {
    const raised = { session: 'a', breakpoint: 'ours', kind: 'decision', title: 't', detail: 'd' } as const;
    world.ledger.append([event('breakpoint.raised', raised)]);
    world.say('a', { kind: 'ask-withdrawn', request: 'ours' });
    world.say('a', { kind: 'answer-seen', request: 'ours' });
    assert.deepEqual(
      world.ledger.get('a').breakpoints.map(({ id }) => id),
      ['ours'],
    );
  });

  for (const [what, agentSession] of [
    ['an option', '--dangerously-skip-permissions'],
    ['several words', 'a b'],
    ['a control character', 'a\u0007'],
    ['a very long name', 'a'.repeat(100_000)],
  ] as const) {
    it(`is not known by ${what}, which would be given back on a command line`, () => {
      const before = world.ledger.records.length;
      world.say('a', { kind: 'identified', agentSession });
      assert.equal(world.ledger.records.length, before);
    });
  }

  it('has the names of its model and version on one line that is not long', () => {
    world.say('a', { kind: 'identified', agentSession: 'x', model: `m\n${'o'.repeat(1000)}`, version: '1\u001b[31m' });
    const { model, agentVersion } = world.ledger.get('a');
    assert.deepEqual([model?.length, model?.slice(0, 3), agentVersion], [200, 'm o', '1']);
  });
});
