import assert from 'node:assert/strict';
import type { Actor, NewEvent } from '../../../src/core/domain.ts';
import { requestLanding } from '../../../src/core/landing/commands.ts';
import { newSession, World } from './world.ts';

describe('a request to land', () => {
  const world = new World();
  before(() => {
    newSession(world.ledger, 'a');
    for (const act of [() => world.take('a'), () => world.finish('a'), () => undefined]) {
      for (let left = 3; left > 0; left -= 1) world.step('a');
      act();
    }
  });

  const request = { landing: 'l', repository: 'r', way: 'squash', target: 'main', tip: 't', message: 'm' } as const;
  const ask = (actor: Actor, defaultBranch: boolean, files?: readonly string[]): readonly NewEvent[] => {
    const wanted = files === undefined ? request : { ...request, private: files };
    return requestLanding(world.ledger.get('a'), [], wanted, { actor, defaultBranch });
  };

  it('in the default branch is for a person, and so are files that the checkout keeps out of git', () => {
    assert.equal(ask('supervisor', false).length, 1);
    assert.throws(() => ask('supervisor', true), { code: 'default-branch' });
    assert.throws(() => ask('supervisor', false, ['.env']), { code: 'private-file' });
    world.ledger.append(ask('user:cli', true, ['.env']), 'user:cli');
    const landing = world.ledger.entity('landing', 'l');
    assert.deepEqual([landing?.['private'], landing?.['by']], [['.env'], 'user:cli']);
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });
});
