import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineLink, LinkState } from '../../../src/extension/engine/link.ts';
import { Emitter } from '../../../src/extension/lifecycle/emitter.ts';
import { reviewModel } from '../../../src/extension/review/model.ts';
import type { Records } from '../../../src/protocol/client/reconnecting.ts';
import { detail, keptLog } from './given.ts';

const fail = (error: unknown): never => {
  throw error;
};

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds() && Date.now() < end;) await delay(10);
  assert.ok(holds(), String(holds));
}

describe('the model of a review', () => {
  it('looks once more for whatever came during a look, and at the state after it', async () => {
    const records = new Emitter<Records>(fail);
    const states = new Emitter<LinkState>(fail);
    const link = {
      request: (() => Promise.reject(new Error('not asked here'))) as unknown as EngineLink['request'],
      onRecords: records.event,
      onState: states.event,
      state: { status: 'idle' } as const,
    };
    const looks: ((title: string) => void)[] = [];
    const look = (): Promise<ReturnType<typeof detail>> =>
      new Promise((resolve) => looks.push((title) => resolve(detail('s', { title, worktree: null }))));
    const model = reviewModel(link, { look }, keptLog());
    try {
      const shown = model.show('s');
      const record = (type: string): void => {
        const data = { session: 's' };
        records.fire([{ seq: 1, at: 0, type, v: 1, actor: 'engine', data, prev: '', hash: '' }]);
      };
      for (let n = 0; n < 50; n++) for (const type of ['files.changed', 'turn.ended']) record(type);
      await delay(150); // the pause after a record ends during the look, unless the machine is slow: then after it
      assert.equal(looks.length, 1);
      looks[0]?.('before');
      await shown;
      await until(() => looks.length === 2);
      looks[1]?.('after');
      await until(() => model.subject?.detail.title === 'after');
    } finally {
      model.dispose();
    }
  });

  it('has why a part of it could not be read, which the log tells once', async () => {
    const states = new Emitter<LinkState>(fail);
    const link = {
      request: (() => Promise.reject(new Error('Its worktree is gone.'))) as unknown as EngineLink['request'],
      onRecords: new Emitter<Records>(fail).event,
      onState: states.event,
      state: { status: 'idle' } as const,
    };
    const told: string[] = [];
    const log = { ...keptLog(), warn: (message: string) => void told.push(message) };
    const model = reviewModel(link, { look: () => Promise.resolve(detail('s', { worktree: '/gone' })) }, log);
    try {
      await model.show('s');
      await model.refresh();
      assert.equal(model.subject?.problem?.message, 'Its worktree is gone.');
      assert.deepEqual(told, ['A part of the review could not be read.']);
    } finally {
      model.dispose();
    }
  });
});
