import assert from 'node:assert/strict';
import type { AgentRequest } from '../../../src/core/agent/events.ts';
import { event } from '../../../src/core/events.ts';
import { answer, answeredBefore } from '../../../src/core/session/commands.ts';
import { statusOf } from '../../../src/core/session/status.ts';
import { newSession, World } from './world.ts';

const key = 'b8f1a0b0-0000-4000-8000-000000000001';

/** A session whose agent asks this. */
function asking(request: AgentRequest): World {
  const world = new World();
  newSession(world.ledger, 'a');
  for (const expected of ['prepare', 'start', 'feed']) assert.equal(world.step('a').do, expected);
  world.take('a');
  world.say('a', { kind: 'asked', request });
  return world;
}

/** Allows what is asked, under this key. */
function allow(world: World, name?: string): void {
  const session = world.ledger.get('a');
  world.ledger.append(answer(session, undefined, { choice: 'allow' }, 'user:cli', undefined, name));
}

describe('an answer', () => {
  const request: AgentRequest = { id: 'ask-1', kind: 'permission', title: 'Bash', detail: 'rm x' };

  it('that is sent again is known, also once it was delivered; another one is told whose that is', () => {
    const world = asking(request);
    const before = (breakpoint?: string, name: string | undefined = key): string | undefined =>
      answeredBefore(world.ledger.get('a'), breakpoint, name);
    const late = (): unknown => answer(world.ledger.get('a'), 'ask-1', { choice: 'deny' }, 'user:vscode');
    const told = /was answered already by user:cli with "allow"/u;
    assert.equal(before(), undefined);
    allow(world, key);
    assert.deepEqual([before(), before('ask-1')], ['ask-1', 'ask-1']);
    assert.throws(late, told);
    assert.equal(world.step('a').do, 'answer');
    world.say('a', { kind: 'answer-seen', request: 'ask-1' });
    assert.deepEqual(world.ledger.get('a').breakpoints, []);
    assert.deepEqual([before(), before('ask-1')], ['ask-1', 'ask-1']);
    assert.deepEqual([before('ask-2'), before('ask-1', 'another')], [undefined, undefined]);
    assert.throws(late, told);
  });

  it('is taken where an agent calls its request as it called one that was answered', () => {
    const world = asking(request);
    allow(world, key);
    assert.equal(world.step('a').do, 'answer');
    world.say('a', { kind: 'answer-seen', request: 'ask-1' });
    world.say('a', { kind: 'asked', request });
    assert.equal(statusOf(world.ledger.get('a')), 'needs-you');
    allow(world);
    assert.equal(world.step('a').do, 'answer');
  });

  it('is remembered with its words, and from journals in which none has a key', () => {
    const world = asking({ id: 'q', kind: 'question', title: 'Which?', detail: '' });
    const given = { choice: 'answer' as const, answers: { 'Which?': 'Blue\nor red', 'How?': 'Fast' } };
    const by = 'user:cli';
    world.ledger.append([event('breakpoint.resolved', { session: 'a', breakpoint: 'q', answer: given, by })]);
    assert.deepEqual(world.ledger.get('a').answered, [{ breakpoint: 'q', by, said: 'Blue or red; Fast' }]);
    assert.equal(answeredBefore(world.ledger.get('a'), 'q', undefined), undefined);
  });
});
