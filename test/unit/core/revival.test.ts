import assert from 'node:assert/strict';
import { revivalDue, revived } from '../../../src/core/session/revival.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import type { Session } from '../../../src/core/session/state.ts';
import type { Step } from '../../../src/core/session/next.ts';
import { answer } from '../../../src/core/session/commands.ts';
import type { RunEnd } from '../../../src/core/session/observe.ts';
import { live, newSession, World, type Ledger } from './world.ts';

const with3 = { ...live, restarts: 3 };

interface CutOff {
  readonly world: World;
  readonly ledger: Ledger;
  readonly id: string;
  /** To the middle of the next turn. */
  readonly begin: () => void;
  /** To the middle of the next turn, where its process ends so; what then comes. */
  readonly die: (end: RunEnd) => Step;
}

/** A session whose agent can be ended. */
function cutOff(): CutOff {
  const world = new World();
  world.knows = with3;
  const id = 's';
  newSession(world.ledger, id, { prompt: 'the goal' });
  const begin = (): void => {
    for (let steps = 0; world.step(id).do !== 'feed'; steps++) assert.ok(steps < 10);
    world.take(id);
  };
  const die = (end: RunEnd): Step => {
    begin();
    world.exit(id, end);
    return world.step(id);
  };
  return { world, ledger: world.ledger, id, begin, die };
}

describe('a turn that something outside cut off', () => {
  it('is gone on with, and after the last time a person is asked', () => {
    const { world, ledger, id, die } = cutOff();
    for (const times of [1, 2, 3]) {
      assert.deepEqual(die({ signal: 'SIGKILL' }), { do: 'revive', turn: times });
      ledger.append(revived(ledger.get(id), { do: 'revive', turn: times }, { most: 3, resumes: true, id: 'b' }));
      assert.equal(ledger.get(id).revivals, times);
      assert.match(ledger.get(id).prompts.at(-1)?.text ?? '', /ended from outside \(SIGKILL\)/u);
    }
    assert.deepEqual(die({ signal: 'SIGSEGV' }), { do: 'revive', turn: 4 });
    ledger.append(revived(ledger.get(id), { do: 'revive', turn: 4 }, { most: 3, resumes: true, id: 'b' }));
    assert.deepEqual(world.step(id), { do: 'wait', for: 'person' });
    assert.match(ledger.get(id).breakpoints[0]?.detail ?? '', /SIGSEGV.*started again 3 times before/u);
    ledger.append(answer(ledger.get(id), 'b', { choice: 'allow' }, 'user:me'), 'user:me');
    assert.equal(ledger.get(id).revivals, undefined, 'a person’s prompt is a fresh start');
    assert.deepEqual(world.step(id), { do: 'start', prompt: 5 });
    assert.equal(ledger.replayed(), ledger.state());
  });

  it('counts no more once a turn came to its end', () => {
    const { world, ledger, id, die, begin } = cutOff();
    die({ signal: 'SIGKILL' });
    ledger.append(revived(ledger.get(id), { do: 'revive', turn: 1 }, { most: 3, resumes: true, id: 'b' }));
    begin();
    world.finish(id);
    assert.equal(ledger.get(id).revivals, undefined);
  });

  it('is left alone where nobody asked for that, it ended by itself, or people sit at the keyboard', () => {
    const { ledger, id, die } = cutOff();
    die({ signal: 'SIGKILL' });
    const session = ledger.get(id);
    const not = (changed: Partial<Session>, most = 3): void =>
      assert.equal(revivalDue({ ...session, ...changed }, most), undefined);
    not({}, 0);
    not({ mode: 'dispatch' });
    not({ holding: false });
    not({ turns: session.turns + 1 });
    const { lastTurn, run } = session;
    assert.ok(lastTurn !== undefined && run !== undefined);
    not({ lastTurn: { ...lastTurn, outcome: 'interrupted' } });
    const { signal, ...byItself } = run;
    assert.equal(signal, 'SIGKILL');
    not({ run: { ...byItself, code: 1 } });
    not({ run: { ...byItself, state: 'gone' } });
    assert.equal(nextStep(session, live).do, 'settle', 'without restarts it fails at once');
    assert.equal(nextStep({ ...session, cancelling: { reason: 'x', at: 1 } }, with3).do, 'settle');
  });

  it('is told whole to an agent that does not know its conversation', () => {
    const { ledger, id, die } = cutOff();
    die({ signal: 'SIGKILL' });
    const [event] = revived(ledger.get(id), { do: 'revive', turn: 1 }, { most: 3, resumes: false, id: 'b' });
    assert.match(String(event?.data['text']), /This is what was asked for:\n\nthe goal$/u);
  });
});
