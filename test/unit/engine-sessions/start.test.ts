import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { event } from '../../../src/core/events.ts';
import { startRun } from '../../../src/engine/sessions/start.ts';
import { engineActor } from '../../../src/engine/sessions/context.ts';
import { id, stageOf, type Stage } from './stage.ts';

describe('a start that an earlier engine announced and that cannot be made again', () => {
  let stage: Stage;

  async function announced(probe: () => Promise<never>): Promise<void> {
    const prompts = [{ n: 1, text: 'alpha', state: 'waiting', steer: false }];
    const worktree = { path: '/work', branch: 'coppice/alpha', admin: '/admin', baseCommit: 'b', base: 'main' };
    const full = (): Promise<never> => Promise.reject(new CoppiceError('no-room', 'The disk is full.', 'Make room.'));
    stage = await stageOf({ prompts, worktree } as never, { executor: { probe, view: full } });
    await stage.store.commit(engineActor, () => [
      event('repository.trusted', { repository: 'r', root: '/repository', host: true, by: 'user:cli' }),
      event('intent.opened', { intent: 'i', session: id, effect: { kind: 'spawn', run: 1, offset: 0 } }),
    ]);
  }
  const start = (): Promise<boolean> => startRun(stage.context, stage.store.session(id), 1);
  afterEach(() => stage.stop());

  for (const [what, probe] of [
    ['may have happened', () => Promise.resolve({ state: 'running' } as never)],
    ['is on a host that cannot be asked', () => Promise.reject(new CoppiceError('unreachable', 'Away.', 'Wait.'))],
  ] as const) {
    it(`stays open where it ${what}, and says what prevents it`, async () => {
      await announced(probe);
      await assert.rejects(start(), (error: CoppiceError) => {
        assert.equal(error.code, 'unknown-outcome');
        assert.match(error.message, /cannot be told.*The disk is full/);
        return true;
      });
      assert.equal(stage.store.intentsOf(id).length, 1);
    });
  }

  it('is given up where it certainly did not happen', async () => {
    await announced(() => Promise.resolve({ state: 'not-started' } as never));
    await assert.rejects(start(), (error: CoppiceError) => error.code === 'no-room');
    assert.equal(stage.store.intentsOf(id).length, 0);
  });
});
