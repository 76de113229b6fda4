import assert from 'node:assert/strict';
import { event } from '../../../src/core/events.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { nextStep, type Step } from '../../../src/core/session/next.ts';
import { goesOn, goesOnAt, putOffDue, waitsForCorrection } from '../../../src/core/session/put-off.ts';
import type { Session } from '../../../src/core/session/state.ts';
import { statusOf } from '../../../src/core/session/status.ts';
import { live, newSession, World } from './world.ts';

const id = 's';

/** A session whose model's service can say that it has no more for now. */
function limited(): {
  world: World;
  putOff: (retryAfterS?: number) => Step;
  session: () => Session;
  pause: () => void;
} {
  const world = new World();
  const session = (): Session => world.ledger.get(id);
  newSession(world.ledger, id, { prompt: 'the goal' });
  const putOff = (retryAfterS?: number): Step => {
    for (let steps = 0; world.step(id).do !== 'feed'; steps++) assert.ok(steps < 10);
    world.take(id);
    const end = {
      kind: 'turn-ended',
      outcome: 'rate-limited',
      reason: 'rate_limit',
      usage: noUsage,
      denials: 0,
    } as const;
    world.say(id, { ...end, ...(retryAfterS === undefined ? {} : { retryAfterS }) });
    assert.equal(world.step(id).do, 'close');
    world.exit(id, { code: 0 });
    return world.step(id);
  };
  const pause = (): void => {
    world.ledger.append([event('session.paused', { session: id, until: goesOnAt(session()), reason: 'later' })]);
  };
  return { world, putOff, session, pause };
}

describe('a turn that the model’s service put off', () => {
  it('is waited for until the announced time, and gone on with', () => {
    const { world, putOff, session, pause } = limited();
    assert.deepEqual(putOff(90), { do: 'put-off', turn: 1 });
    assert.equal(goesOnAt(session()), (session().lastTurn?.endedAt ?? 0) + 90_000);
    pause();
    assert.equal(statusOf(session()), 'paused');
    assert.deepEqual(world.step(id), { do: 'wait', for: 'pause' });
    assert.deepEqual(nextStep(session(), { ...live, over: true }), { do: 'go-on' });
    world.ledger.append(goesOn(session(), true));
    assert.equal(session().pausedUntil, undefined);
    assert.deepEqual(world.step(id), { do: 'start', prompt: 2 });
    assert.equal(world.ledger.replayed(), world.ledger.state());
  });

  it('is waited for as long as before, and counted once, where a mistake in the settings came in between', () => {
    const { world, putOff, session, pause } = limited();
    putOff(90);
    pause();
    const [{ pausedUntil, putOff: times }, then] = [session(), goesOnAt({ ...session(), putOff: 0 })];
    for (const problem of ['line 3.', 'line 4.']) world.ledger.append(waitsForCorrection(session(), problem, 7));
    assert.match(session().pausedUntil?.reason ?? '', /^line 4/);
    assert.deepEqual(world.step(id), { do: 'go-on' });
    world.ledger.append(goesOn(session(), true));
    assert.deepEqual(world.step(id), { do: 'put-off', turn: 1 });
    assert.equal(goesOnAt(session()), then);
    pause();
    assert.deepEqual([session().pausedUntil, session().putOff], [pausedUntil, times]);
    assert.equal(world.ledger.replayed(), world.ledger.state());
  });

  it('is over when an agent turns out to run that was started before', () => {
    const { world, session } = limited();
    while (nextStep(session(), live).do !== 'start') world.exactStep(id);
    world.ledger.append(waitsForCorrection(session(), 'line 3.', 7));
    assert.equal(statusOf(session()), 'paused');
    const started = { session: id, run: 1, offset: 0, record: {}, inputs: 0 };
    world.ledger.append([event('run.started', started as never)]);
    assert.equal(statusOf(session()), 'running');
  });

  it('is waited for longer each time, and not for ever', () => {
    const { world, putOff, session, pause } = limited();
    const waits: number[] = [];
    for (let times = 0; times < 6; times++) {
      assert.equal(putOff(1).do, 'put-off');
      waits.push((goesOnAt(session()) - (session().lastTurn?.endedAt ?? 0)) / 1000);
      pause();
      world.ledger.append(goesOn(session(), true));
    }
    assert.deepEqual(waits, [1, 30, 60, 120, 240, 480]);
    assert.deepEqual(putOff(1), { do: 'settle' });
  });

  it('ends its wait with what a person asks for, and is settled when it is stopped or interrupted', () => {
    const { world, putOff, session, pause } = limited();
    putOff(90);
    pause();
    const cancelled = { ...session(), cancelling: { reason: 'no more', at: 1 } };
    assert.deepEqual(nextStep(cancelled, live), { do: 'settle' });
    assert.deepEqual(nextStep({ ...session(), interrupting: true }, live), { do: 'settle' });
    world.ledger.append([event('prompt.added', { session: id, prompt: 2, text: 'now', steer: false })], 'user:me');
    assert.deepEqual([session().pausedUntil, session().putOff], [undefined, undefined]);
    assert.deepEqual(world.step(id), { do: 'start', prompt: 2 });
  });

  it('is a failed turn where nobody said until when, for longer than any limit lasts, or where people sit', () => {
    const { putOff, session } = limited();
    assert.deepEqual(putOff(), { do: 'settle' });
    const [end, retryAt] = [session().lastTurn, (session().lastTurn?.endedAt ?? 0) + 5000];
    assert.ok(end !== undefined);
    const told = { ...session(), holding: true, lastTurn: { ...end, retryAt } };
    assert.deepEqual(putOffDue(told), { do: 'put-off', turn: 1 });
    assert.equal(putOffDue({ ...told, mode: 'dispatch' }), undefined);
    assert.equal(putOffDue({ ...told, lastTurn: { ...end, retryAt: retryAt + 9 * 24 * 3_600_000 } }), undefined);
    assert.equal(putOffDue({ ...told, lastTurn: { ...end, retryAt, outcome: 'success' } }), undefined);
  });
});
