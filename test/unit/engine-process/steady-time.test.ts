import assert from 'node:assert/strict';
import { SteadyTime } from '../../../src/engine/sessions/steady-time.ts';

describe('the time by which limits are judged', () => {
  it('moves on steadily, whatever is done to the clock, until something else is asked about', () => {
    const clocks = { wall: 1_000_000, steady: 50 };
    const time = new SteadyTime(
      () => clocks.wall,
      () => clocks.steady,
    );
    assert.equal(time.now('turn 1'), 1_000_000);
    clocks.wall += 86_400_000;
    clocks.steady += 10;
    assert.equal(time.now('turn 1'), 1_000_010, 'the clock was set, or the machine slept');
    clocks.wall -= 2 * 86_400_000;
    clocks.steady += 10;
    assert.equal(time.now('turn 1'), 1_000_020, 'the clock was set back');
    assert.equal(time.now('turn 2'), clocks.wall, 'what begins later was dated by the clock as it is by then');
    assert.equal(time.now('turn 2'), clocks.wall);
  });
});
