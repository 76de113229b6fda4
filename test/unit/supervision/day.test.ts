import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dayOf } from '../../../src/engine/supervision/reserve-step.ts';

const hour = 3_600_000;

describe('the day of a budget', () => {
  it('begins at midnight of this machine, and has its date', () => {
    const { name, since } = dayOf(new Date(2026, 10, 6, 15, 4).getTime());
    assert.deepEqual([name, since], ['2026-11-06', new Date(2026, 10, 6).getTime()]);
  });

  it('holds the moment that it is of, and has one name from its beginning to its end, through every change of clocks', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(2020, 0), max: new Date(2040, 0), noInvalidDate: true }), (date) => {
        const now = date.getTime();
        const { name, since } = dayOf(now);
        assert.ok(since <= now && now - since < 25 * hour);
        assert.equal(dayOf(since).name, name);
        assert.notEqual(dayOf(since - 1).name, name);
      }),
    );
  });
});
