import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import type { Session } from '../../../src/core/session/state.ts';
import {
  fitting,
  isLimited,
  reserveDue,
  type Allowance,
  type LevelLimits,
} from '../../../src/core/supervision/levels.ts';
import { live } from './world.ts';

function session(id: string, more: Partial<Session> & { tokens?: number } = {}): Session {
  const { tokens = 0, ...rest } = more;
  const base = { id, repository: { id: 'r', root: '/r' }, turns: 0, usage: { ...noUsage, inputTokens: tokens } };
  return { ...base, ...rest } as Session;
}

const known = (sessions: readonly Session[], limits: Partial<LevelLimits>, allowances: readonly Allowance[] = []) => ({
  ...{ sessions, allowances, billing: 'metered' as const },
  limits: { plan: {}, project: {}, ...limits },
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
    assert.ok(!isLimited({ plan: {}, project: {} }));
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
