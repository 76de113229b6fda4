import assert from 'node:assert/strict';
import type { CheckpointRecord } from '../../../src/core/checkpoint/state.ts';
import { CoppiceError } from '../../../src/core/errors.ts';
import { event } from '../../../src/core/events.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { restore } from '../../../src/engine/sessions/restore.ts';
import { id, stageOf } from './stage.ts';

const usage = { inputTokens: 0, outputTokens: 0 };
const point = { offset: 0, prompts: 1, turns: 1, agentSession: 'a', position: 'p' };
const worktree = { path: '/nowhere', slug: 'alpha', branch: 'feature/alpha', base: 'main', baseCommit: 'c' } as Place;
const files = { tree: 't1', commit: 'c1', head: 'h' };
const checkpoint = {
  ...{ ...files, n: 0, kind: 'turn-end', parent: null, changed: false, byPerson: false, conversation: point, usage },
  ...{ queue: { priority: 'normal' }, turn: 1 },
} as CheckpointRecord;

describe('a rollback of files and conversation', () => {
  it('is one that was done although its agent is not known any more: that one gets an account of what was said', async () => {
    const carried: string[] = [];
    const stage = await stageOf(
      { admission: 'idle', holding: true, worktree, turns: 2, restoring: { id: 'r', to: 0, conversation: true } },
      {
        context: {
          agent: () => Promise.reject(new CoppiceError('agent-missing', 'There is no agent "fake".', 'Name one.')),
          checkpoints: {
            differs: () => Promise.resolve(false),
            take: () => Promise.resolve({ tree: 't2', commit: 'c2', head: 'h', remarks: [] }),
            plan: () => Promise.resolve({ ...files, moves: [{ path: 'a.txt' }] }),
            carryOut: () => Promise.resolve(carried.push('a.txt')),
          } as never,
        },
      },
    );
    const { context, store } = stage;
    await store.commit('user:cli', () => [
      event('repository.trusted', { repository: 'r', root: '/repository', host: false, by: 'user:cli' }),
      event('checkpoint.made', { session: id, checkpoint }),
    ]);
    await restore(context, store.session(id));
    const { restored } = store.session(id);
    assert.deepEqual(carried, ['a.txt']);
    assert.deepEqual(
      { files: restored?.files, error: restored?.error, conversation: restored?.conversation },
      { files: 1, error: undefined, conversation: 'summary' },
    );
    stage.stop();
  });
});
