import assert from 'node:assert/strict';
import type { NewEvent } from '../../../src/core/domain.ts';
import { event } from '../../../src/core/events.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import type { Place } from '../../../src/core/session/state.ts';
import { engineActor } from '../../../src/engine/sessions/context.ts';
import { validateTurn } from '../../../src/engine/supervision/validate-step.ts';
import { id, stageOf, type Given, type Stage } from './stage.ts';

const place = { path: '/work', slug: 'alpha', branch: 'feature/alpha', baseCommit: 'b' } as unknown as Place;
const turn = { n: 1, run: 1, startedAt: 1, offset: 0, heldMs: 0 };
const checkpoints = {
  lookBeside: async (_session: unknown, _place: unknown, beside: () => Promise<unknown>) => ['t', await beside()],
  paths: () => Promise.resolve([]),
  changed: () => Promise.resolve([]),
} as never;
const ended = event('turn.ended', {
  ...{ session: id, run: 1, turn: 1, outcome: 'success', reason: 'done', usage: noUsage, denials: 0, offset: 9 },
});
const asked = (breakpoint: string): NewEvent =>
  event('breakpoint.raised', { session: id, breakpoint, kind: 'decision', title: 'Well?', detail: '' });
const answered = (breakpoint: string): NewEvent =>
  event('breakpoint.closed', { session: id, breakpoint, why: 'delivered' });

describe('how long a turn took', () => {
  let stage: Stage | undefined;
  afterEach(() => stage?.stop());

  const took = async (given: Given, events: readonly NewEvent[]): Promise<unknown> => {
    stage = await stageOf(
      { worktree: place, holding: true, turns: 1, usage: noUsage, ...given },
      { context: { checkpoints } },
    );
    await stage.store.commit(engineActor, () => events);
    const heard = { incomplete: false, malformedLines: 0 };
    await validateTurn(stage.context, stage.store.session(id), place, heard);
    return stage.store.session(id).judgement?.took;
  };

  it('is on record as it is judged, also where a person was asked in the turn', async () => {
    assert.deepEqual(await took({ turn }, [ended]), { agentMs: 1, endedAt: 2 });
    assert.deepEqual(await took({ turn }, [asked('a'), answered('a'), ended]), { agentMs: 1, endedAt: 2 });
  });

  it('is not known where its judging waited for a person, or where its beginning is not known', async () => {
    assert.equal(await took({ turn }, [ended, asked('a'), answered('a')]), undefined);
    assert.equal(await took({ lastTurn: { ...ended.data, n: 1, endedAt: 2 } as never }, []), undefined);
  });
});
