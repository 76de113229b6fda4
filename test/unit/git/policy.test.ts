import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CleanupCase, cleanupDecision, keepFailedMs } from '../../../src/git/policy.ts';

const now = 1_800_000_000_000;
const base: CleanupCase = {
  origin: 'created',
  leased: false,
  active: false,
  dirty: false,
  merged: false,
  pushed: false,
  ended: undefined,
  endedAt: undefined,
};
const removed = (more: Partial<CleanupCase>) => cleanupDecision({ ...base, ...more }, now).remove;

describe('cleanupDecision', () => {
  it('merged, or done and pushed, or failed for a week', () => {
    assert.equal(removed({ merged: true }), true);
    assert.equal(removed({ ended: 'done', pushed: true }), true);
    assert.equal(removed({ ended: 'done' }), false);
    assert.equal(removed({ ended: 'failed', endedAt: now - keepFailedMs }), true);
    assert.equal(removed({ ended: 'failed', endedAt: now - keepFailedMs + 1 }), false);
    assert.equal(removed({ ended: 'failed' }), false);
    assert.equal(removed({ ended: 'failed', endedAt: now + 1 }), false);
    assert.equal(removed({ pushed: true }), false);
  });

  it('never one that is dirty, leased, needed or somebody else’s', () => {
    const cases = fc.record<CleanupCase>({
      origin: fc.constantFrom('created', 'adopted', 'reused'),
      leased: fc.boolean(),
      active: fc.boolean(),
      dirty: fc.boolean(),
      merged: fc.boolean(),
      pushed: fc.boolean(),
      ended: fc.constantFrom('done', 'failed', undefined),
      endedAt: fc.option(fc.integer({ min: 0, max: now * 2 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(cases, (each) => {
        const { remove, reason } = cleanupDecision(each, now);
        assert.notEqual(reason, '');
        if (remove) assert.equal(each.dirty || each.leased || each.active || each.origin === 'adopted', false);
      }),
    );
  });
});
