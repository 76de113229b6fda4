import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  breachSentence,
  noBudgets,
  reserve,
  reservedAt,
  settle,
  withBudget,
  type Amounts,
  type Budgets,
} from '../../../src/core/supervision/budget.ts';

function made(all: Budgets, id: string, limits: Amounts, parent?: string): Budgets {
  const next = withBudget(all, id, limits, parent);
  if (typeof next === 'string') throw new Error(next);
  return next;
}

function refusal(answer: Budgets | string): string {
  return typeof answer === 'string' ? answer : '';
}

const tree = ['stage', 'one', 'two'].reduce(
  (all, id) =>
    made(
      all,
      id,
      id === 'stage' ? { tokens: 1500 } : { tokens: 1000, costUsd: 1 },
      id === 'stage' ? 'project' : 'stage',
    ),
  made(noBudgets, 'project', { tokens: 2000, workMs: 60_000 }),
);

describe('budgets', () => {
  it('are reserved at every level before anything starts', () => {
    const first = reserve(tree, { id: 'r1', budget: 'one', amounts: { tokens: 900 } }, 'metered');
    assert.ok('budgets' in first);
    assert.deepEqual(
      [reservedAt(first, 'one').tokens, reservedAt(first, 'project').tokens, reservedAt(first, 'two')],
      [900, 900, {}],
    );
    const second = reserve(first, { id: 'r2', budget: 'two', amounts: { tokens: 700 } }, 'metered');
    assert.deepEqual(second, { budget: 'stage', resource: 'tokens', limit: 1500, wanted: 1600 });
    assert.equal(breachSentence(second), 'The budget of stage allows 1500 tokens; 1600 tokens would be used.');
  });

  it('do not let cost decide with a subscription', () => {
    const wanted = { id: 'r', budget: 'one', amounts: { costUsd: 5 } };
    assert.ok('resource' in reserve(tree, wanted, 'metered'));
    const held = reserve(tree, wanted, 'subscription');
    assert.ok('budgets' in held);
    const { budgets, breaches } = settle(held, 'r', { costUsd: 5 }, 'subscription');
    assert.deepEqual([budgets.budgets['project']?.spent.costUsd, breaches], [5, []]);
  });

  it('record what was really used, once, and tell every limit that it exceeds', () => {
    const held = reserve(tree, { id: 'r', budget: 'one', amounts: { tokens: 10 } }, 'metered');
    assert.ok('budgets' in held);
    const { budgets, breaches } = settle(held, 'r', { tokens: 1600 }, 'metered');
    assert.deepEqual(
      breaches.map((each) => each.budget),
      ['one', 'stage'],
    );
    assert.deepEqual(settle(budgets, 'r', { tokens: 1600 }, 'metered'), { budgets, breaches: [] });
  });

  it('refuse what makes no sense', () => {
    assert.match(refusal(withBudget(noBudgets, 'a', { tokens: -1 })), /0 or more: tokens is -1/u);
    assert.match(refusal(withBudget(noBudgets, 'a', { tokens: NaN })), /0 or more/u);
    assert.match(refusal(withBudget(noBudgets, 'a', {}, 'b')), /no budget b/u);
    assert.match(refusal(withBudget(tree, 'project', {}, 'one')), /below itself/u);
  });

  it('keep their sums whatever happens, and never lose or double a reservation', () => {
    const step = fc.record({
      kind: fc.constantFrom('reserve' as const, 'settle' as const),
      id: fc.integer({ min: 0, max: 5 }),
      budget: fc.constantFrom('one', 'two'),
      tokens: fc.oneof(fc.integer({ min: -50, max: 900 }), fc.constant(NaN)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let all = tree;
        let spent = 0;
        for (const { kind, id, budget, tokens } of steps) {
          const key = `r${id}`;
          const before = all;
          if (kind === 'reserve') {
            const next = reserve(all, { id: key, budget, amounts: { tokens } }, 'metered');
            if ('budgets' in next) all = next;
          } else {
            if (all.reservations[key] !== undefined) spent += Math.max(0, tokens || 0);
            all = settle(all, key, { tokens }, 'metered').budgets;
          }
          const at = (name: string): number =>
            (all.budgets[name]?.spent.tokens ?? 0) + (reservedAt(all, name).tokens ?? 0);
          assert.equal(at('project'), at('stage'));
          assert.equal(at('stage'), at('one') + at('two'));
          assert.equal(all.budgets['project']?.spent.tokens ?? 0, spent);
          // What was used may exceed what was set aside; nothing is ever set aside beyond a limit.
          if (kind === 'reserve' && all !== before) assert.ok(at('project') <= 2000 && at(budget) <= 1000);
        }
      }),
      { numRuns: 300 },
    );
  });
});
