import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mattersHowMuch, shortages, type Room, type RoomLimits } from '../../../src/core/queue/room.ts';

const megabyte = 2 ** 20;
const limits: RoomLimits = {
  minFreeMemory: 256 * megabyte,
  sessionMemory: 300 * megabyte,
  minFreeDisk: 512 * megabyte,
};
const roomy: Room = {
  freeMemory: 8192 * megabyte,
  sessions: [],
  freeDisk: 90_000 * megabyte,
  worktree: 500 * megabyte,
};

function of(room: Partial<Room>, more: Partial<RoomLimits> = {}): readonly string[] {
  return shortages({ ...roomy, ...room }, { ...limits, ...more });
}

describe('room for one more session', () => {
  it('is there until what is to be left would be touched', () => {
    assert.deepEqual(of({}), []);
    assert.deepEqual(of({ freeMemory: 556 * megabyte }), []);
    assert.match(of({ freeMemory: 555 * megabyte })[0] ?? '', /^Memory .* 555 MB are free, .* 300 MB, and 256 MB are/);
    assert.deepEqual(of({ freeDisk: 1012 * megabyte }), []);
    assert.match(of({ freeDisk: 1011 * megabyte })[0] ?? '', /^The disk .* 1011 MB are free .* 500 MB, .* 512 MB/);
    assert.equal(of({ freeMemory: 0, freeDisk: 0 }).length, 2);
  });

  it('is measured by what sessions at work mostly use, and one giant among them does not count', () => {
    const freeMemory = 2000 * megabyte;
    const giant = [150, 9000, 200].map((each) => each * megabyte);
    assert.deepEqual(of({ freeMemory, sessions: giant }), []);
    const big = [1900, 1800, 150].map((each) => each * megabyte);
    assert.match(of({ freeMemory, sessions: big })[0] ?? '', /about 1800 MB; the 3 at work use 3850 MB/);
  });

  it('is not asked about where it cannot be told, or where that is set', () => {
    assert.deepEqual(shortages({ sessions: [], worktree: 0 }, limits), []);
    assert.deepEqual(of({ freeMemory: 0 }, { minFreeMemory: 0 }), []);
    assert.equal(mattersHowMuch(0, 3, { ...limits, minFreeMemory: 0 }), false);
  });

  it('never lacks with more of it, and sessions that are not looked at would not change that', () => {
    const amount = fc.integer({ min: 0, max: 64 * 1024 }).map((each) => each * megabyte);
    const session = fc.integer({ min: 1, max: 4096 }).map((each) => each * megabyte);
    fc.assert(
      fc.property(amount, amount, fc.array(session, { maxLength: 20 }), (free, more, sessions) => {
        if (of({ freeMemory: free, sessions }).length === 0)
          assert.deepEqual(of({ freeMemory: free + more, sessions }), []);
        if (!mattersHowMuch(free, sessions.length, limits)) {
          assert.deepEqual(of({ freeMemory: free, sessions }), of({ freeMemory: free, sessions: [] }));
        }
      }),
    );
  });
});
