import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { addPrompt, create } from '../../../src/core/session/commands.ts';
import { limits, newSession, World } from './world.ts';

function given(world: World, id: string, key: string, text = key): ReturnType<typeof addPrompt> {
  return addPrompt(world.ledger.sessions(), world.ledger.get(id), { text, steer: false, key }, limits);
}

describe('what a front end asks for a second time', () => {
  it('is the session that is there, wherever it stands by then', () => {
    const world = new World();
    const first = newSession(world.ledger, 'a');
    assert.deepEqual(first, { status: 'started' });
    for (let step = 0; step < 3; step++) {
      const before = world.ledger.state();
      assert.deepEqual(newSession(world.ledger, 'a'), { status: 'started' });
      assert.equal(world.ledger.state(), before, 'nothing happened a second time');
      world.step('a');
    }
    for (const id of ['b', 'c', 'd']) newSession(world.ledger, id);
    assert.deepEqual(newSession(world.ledger, 'd'), { status: 'queued', position: 1 });
    assert.equal(world.ledger.sessions().length, 4);
  });

  it('is refused when its id stands for other work', () => {
    const world = new World();
    newSession(world.ledger, 'a', { prompt: 'one thing' });
    const wrong = (error: unknown): boolean => isCoppiceError(error, 'wrong-state') && error.context['session'] === 'a';
    assert.throws(() => newSession(world.ledger, 'a', { prompt: 'another' }), wrong);
    const { task, mode, agent, agentOptions, executor, priority, request, requester } = world.ledger.get('a');
    const rest = { task, mode, agent, agentOptions, executor, priority, request, requester };
    const elsewhere = { ...rest, session: 'a', repository: { id: 'other', root: '/other' } };
    assert.throws(() => create(world.ledger.sessions(), elsewhere, 'one thing', limits), wrong);
  });

  it('is a prompt that is given once, also when its turn is over by then', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    world.ledger.append(given(world, 'a', 'k1').events);
    assert.deepEqual(given(world, 'a', 'k1'), { events: [], verdict: { status: 'started' } });
    assert.equal(given(world, 'a', 'k2').events.length, 1, 'another key is another prompt');
    for (let turn = 0; turn < 2; turn++) {
      while (world.step('a').do !== 'wait') if (world.ledger.get('a').prompts.some(isWritten)) world.take('a');
      if (world.ledger.get('a').turn !== undefined) world.finish('a');
    }
    assert.deepEqual(given(world, 'a', 'k1').events, []);
  });

  it('changes nothing, whatever else happened in between', () => {
    const moves = fc.array(fc.tuple(fc.constantFrom('create', 'prompt'), fc.nat(5)), { maxLength: 60 });
    fc.assert(
      fc.property(moves, (sequence) => {
        const [once, often] = [new World(), new World()];
        const seen = new Set<string>();
        for (const [what, which] of sequence) {
          const move = (world: World): void => {
            if (what === 'create') newSession(world.ledger, `s${which}`);
            else if (seen.has('create 0')) world.ledger.append(given(world, 's0', `k${which}`).events);
          };
          move(often);
          if (!seen.has(`${what} ${which}`)) move(once);
          if (what === 'create' || seen.has('create 0')) seen.add(`${what} ${which}`);
        }
        assert.equal(often.ledger.state(), once.ledger.state());
      }),
    );
  });
});

function isWritten({ state }: { readonly state: string }): boolean {
  return state === 'written';
}
