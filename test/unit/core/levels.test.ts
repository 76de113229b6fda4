import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import type { Session } from '../../../src/core/session/state.ts';
import {
  fitting,
  isLimited,
  levelName,
  reserveDue,
  type Allowance,
  type LevelLimits,
} from '../../../src/core/supervision/levels.ts';
import { spentSince, withSpell, type Spell } from '../../../src/core/supervision/spells.ts';
import { live } from './world.ts';

function session(id: string, more: Partial<Session> & { tokens?: number } = {}): Session {
  const { tokens = 0, ...rest } = more;
  const base = { id, repository: { id: 'r', root: '/r' }, turns: 0, usage: { ...noUsage, inputTokens: tokens } };
  return { ...base, ...rest } as Session;
}

const none: LevelLimits = { stage: {}, plan: {}, day: {}, project: {} };
const known = (sessions: readonly Session[], limits: Partial<LevelLimits>, allowances: readonly Allowance[] = []) => ({
  ...{ sessions, allowances, billing: 'metered' as const },
  limits: { ...none, ...limits },
  day: { name: '2026-11-26', since: 1_000_000_000_000 },
});
const set = (tokens: number): Session['reserved'] & object => ({ prompt: 1, amounts: { tokens } });

describe('budgets above a session', () => {
  it('count the whole plan, and the whole project, with what is set aside for others', () => {
    const top = session('top', { tokens: 400, turns: 4 });
    const below = session('below', { parent: 'top', tokens: 300, turns: 3 });
    const deep = session('deep', { parent: 'below' });
    const other = session('other', { tokens: 500, turns: 5, reserved: set(200) });
    const all = [top, below, deep, other];
    const wanted = (id: string, limits: Partial<LevelLimits>): string => {
      const fits = fitting(all.find((each) => each.id === id) ?? top, known(all, limits));
      return 'resource' in fits ? `${fits.budget} ${fits.wanted}` : `fits ${fits.amounts.tokens}`;
    };
    assert.equal(wanted('deep', { plan: { tokens: 800 } }), 'fits 100', 'the mean of all turns');
    assert.equal(wanted('deep', { plan: { tokens: 799 } }), 'plan:top 800');
    assert.equal(wanted('top', { project: { tokens: 1499 } }), 'project:r 1500');
    assert.equal(
      wanted('other', { project: { tokens: 1300 } }),
      'fits 100',
      'its own earlier reservation is not in its way',
    );
    assert.equal(wanted('other', { plan: { tokens: 700 } }), 'fits 100', 'another plan');
  });

  it('count a stage of a plan with all that its sessions started, and stages inside of it', () => {
    const top = session('top', { tokens: 400, turns: 4 });
    const build = { parent: 'top', stage: 'build: all' };
    const all = [
      top,
      session('one', { ...build, tokens: 300, turns: 3 }),
      session('two', build),
      session('deep', { parent: 'two', stage: 'inner', tokens: 100, turns: 1 }),
      session('other', { parent: 'top', stage: 'ship', tokens: 200, turns: 2 }),
    ];
    const wanted = (id: string, limits: Partial<LevelLimits>): string => {
      const fits = fitting(all.find((each) => each.id === id) ?? top, known(all, limits));
      return 'resource' in fits ? `${levelName(fits.budget)} ${fits.wanted}` : `fits ${fits.amounts.tokens}`;
    };
    assert.equal(wanted('two', { stage: { tokens: 500 } }), 'fits 100');
    assert.equal(wanted('two', { stage: { tokens: 499 } }), 'the stage build: all of this plan 500');
    assert.equal(wanted('deep', { stage: { tokens: 199 } }), 'the stage inner of this plan 200', 'the nearest first');
    assert.equal(wanted('deep', { stage: { tokens: 499 } }), 'the stage build: all of this plan 500');
    assert.equal(wanted('top', { stage: { tokens: 1 } }), 'fits 100', 'who leads the plan is in none of its stages');
    assert.equal(wanted('other', { stage: { tokens: 1 }, plan: { tokens: 1 } }), 'the stage ship of this plan 300');
  });

  it('count a day of the whole repository, what a clock ahead of time recorded too, and a raise for that day alone', () => {
    const { since } = known([], {}).day;
    const spells = [since - 900_000, since, since + 90_000_000].map((at) => ({ at, tokens: 100, costUsd: 0 }));
    const all = [session('a', { tokens: 300, turns: 3, spells }), session('b')];
    const [, b] = all;
    assert.ok(b !== undefined);
    assert.ok(!('resource' in fitting(b, known(all, { day: { tokens: 300 } }))));
    const limited = known(all, { day: { tokens: 299 } });
    const breach = fitting(b, limited);
    assert.ok('resource' in breach);
    assert.deepEqual([breach.budget, breach.wanted], ['day:r:2026-11-26', 300]);
    const raised = [{ id: breach.budget, above: breach.above, by: 'user:cli', at: 1 }];
    assert.ok(!('resource' in fitting(b, { ...limited, allowances: raised })));
    const next = { ...limited, allowances: raised, day: { name: '2026-11-27', since } };
    assert.ok('resource' in fitting(b, next));
  });

  it('forget nothing of a day when the clock jumps there and back', () => {
    const quarter = 900_000;
    const used = fc.record({ at: fc.integer({ min: 0, max: 99 }), tokens: fc.nat(50), ahead: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(used, { maxLength: 200 }), (uses) => {
        // At most the 100 quarters of a day of 25 hours, and 5 of a clock that is a year ahead.
        let spells: readonly Spell[] | undefined;
        for (const { at, tokens, ahead } of uses) {
          if (ahead > 0) spells = withSpell(spells, (365 * 96 + ahead) * quarter, { tokens, costUsd: 0 });
          spells = withSpell(spells, at * quarter + ahead, { tokens, costUsd: 0 });
        }
        const today = (spells ?? []).filter((each) => each.at < 100 * quarter);
        const expected = uses.reduce((sum, { tokens }) => sum + tokens, 0);
        assert.equal(spentSince(today, 0).tokens, expected);
      }),
    );
    assert.equal(withSpell(undefined, -1, { tokens: 1, costUsd: 0 })[0]?.at, -quarter);
  });

  it('let through what a person raised, whatever a turn takes, and cost only where it is metered', () => {
    const dear = session('a', { tokens: 1000, turns: 1 });
    const limits = { project: { tokens: 10 } };
    const first = fitting(dear, known([dear], limits));
    assert.ok('resource' in first);
    const raised = { id: first.budget, above: first.above, by: 'user:cli', at: 1 };
    assert.ok(!('resource' in fitting(dear, known([dear], limits, [raised]))));
    const cost = { ...known([session('a', { usage: { ...noUsage, costUsd: 9 } })], { project: { costUsd: 1 } }) };
    const [spender] = cost.sessions;
    assert.ok(spender !== undefined);
    assert.ok('resource' in fitting(spender, cost));
    assert.ok(!('resource' in fitting(spender, { ...cost, billing: 'subscription' })));
    assert.ok(!isLimited(none));
    for (const level of Object.keys(none)) assert.ok(isLimited({ ...none, [level]: { tokens: 1 } }), level);
  });

  it('never let sessions beside each other set aside more than the limit', () => {
    const use = fc.record({ tokens: fc.nat(300), turns: fc.integer({ min: 1, max: 3 }), parent: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(use, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 2000 }), (uses, tokens) => {
        // Parents may stand in a circle: a journal that says so must not hang the engine.
        let all = uses.map(({ parent, ...each }, at) => session(`${at}`, { ...each, parent: `${parent}` }));
        for (const { id } of all) {
          const asking = all.find((each) => each.id === id);
          assert.ok(asking !== undefined);
          const fits = fitting(asking, known(all, { project: { tokens } }));
          if ('resource' in fits) continue;
          all = all.map((each) =>
            each.id === id ? { ...each, reserved: { prompt: 1, amounts: fits.amounts } } : each,
          );
        }
        const spent = uses.reduce((sum, each) => sum + each.tokens, 0);
        const aside = all.reduce((sum, { reserved }) => sum + (reserved?.amounts.tokens ?? 0), 0);
        assert.ok(aside === 0 || spent + aside <= tokens, `${spent} + ${aside} of ${tokens}`);
      }),
    );
  });

  it('are asked before a prompt is given, once, and not about what steers a turn', () => {
    const prompts = [{ n: 2, text: 'x', steer: false, state: 'waiting' as const }];
    const waiting = session('a', { prompts, breakpoints: [], admission: 'admitted', holding: true, promptCount: 2 });
    assert.deepEqual(nextStep(waiting, { ...live, budgeted: true }), { do: 'reserve', prompt: 2 });
    const aside = { ...waiting, reserved: { ...set(1), prompt: 2 } };
    assert.notEqual(nextStep(aside, { ...live, budgeted: true }).do, 'reserve');
    assert.notEqual(nextStep(waiting, live).do, 'reserve');
    assert.equal(reserveDue({ ...waiting, turn: { n: 1 } as Session['turn'] & object }, true, 2), undefined);
  });
});
