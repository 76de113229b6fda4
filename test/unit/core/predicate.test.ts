import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  breakpointSpecSchema,
  holds,
  matches,
  met,
  predicateSchema,
  type Armed,
  type Moment,
  type Predicate,
} from '../../../src/core/supervision/predicate.ts';

const tool: Moment = {
  session: 's',
  kind: 'tool',
  at: 'before',
  name: 'Bash',
  command: 'npm run deploy',
  paths: ['src/db/a.sql'],
  dangers: ['network'],
};
const turn: Moment = {
  session: 's',
  kind: 'turn',
  at: 'after',
  changedLines: 500,
  testDelta: -2,
  tokensPerMinute: 9000,
  costPerMinute: 0.5,
  workedMinutes: 12,
  confidence: 0.7,
  sameErrors: 2,
};
const ended: Moment = { session: 's', kind: 'end', at: 'after', stage: { at: 'after', name: 'build' } };

describe('predicates', () => {
  const cases: readonly (readonly [Predicate, Moment, boolean])[] = [
    [{ when: 'turn', at: 'after' }, turn, true],
    [{ when: 'turn', at: 'before' }, turn, false],
    [{ when: 'tool', at: 'before' }, tool, true],
    [{ when: 'tool', at: 'before', name: 'Ba*' }, tool, true],
    [{ when: 'tool', at: 'before', name: 'Edit' }, tool, false],
    [{ when: 'command', pattern: '*deploy*' }, tool, true],
    [{ when: 'command', pattern: 'deploy' }, tool, false],
    [{ when: 'path', glob: '**/*.sql' }, tool, true],
    [{ when: 'path', glob: 'src/*.sql' }, tool, false],
    [{ when: 'danger' }, tool, true],
    [{ when: 'danger', danger: 'force-push' }, tool, false],
    [{ when: 'diff-size', lines: 500 }, turn, true],
    [{ when: 'diff-size', lines: 0 }, tool, false],
    [{ when: 'fewer-tests', by: 2 }, turn, true],
    [{ when: 'tokens-per-minute', above: 9000 }, turn, false],
    [{ when: 'cost-per-minute', above: 0.4 }, turn, true],
    [{ when: 'worked-minutes', above: 10 }, turn, true],
    [{ when: 'confidence', below: 0.7 }, turn, false],
    [{ when: 'confidence', below: 0.71 }, turn, true],
    [{ when: 'confidence', below: 1 }, tool, false],
    [{ when: 'same-error', times: 3 }, turn, false],
    [{ when: 'stage', at: 'after', name: 'build' }, ended, true],
    [{ when: 'stage', at: 'after' }, ended, true],
    [{ when: 'stage', at: 'before' }, ended, false],
    [{ when: 'stage', at: 'after', name: 'deploy' }, ended, false],
    [{ when: 'turn', at: 'after' }, ended, false],
    [{ when: 'stage', at: 'after' }, turn, false],
    [
      {
        all: [
          { when: 'tool', at: 'before' },
          { when: 'path', glob: '**' },
        ],
      },
      tool,
      true,
    ],
    [{ any: [{ when: 'turn', at: 'after' }, { when: 'danger' }] }, tool, true],
    [{ not: { when: 'path', glob: 'src/**' }, and: { when: 'tool', at: 'before' } }, tool, false],
  ];
  for (const [predicate, moment, wanted] of cases) {
    it(`${JSON.stringify(predicate)} is ${wanted}`, () => {
      assert.deepEqual(predicateSchema.parse(predicate), predicate);
      assert.equal(holds(predicate, moment), wanted);
    });
  }

  it('that nobody could mean are refused', () => {
    for (const wrong of [
      { when: 'x' },
      { when: 'confidence', below: 2 },
      { when: 'turn', at: 'after', more: 1 },
      { all: [] },
      { when: 'diff-size', lines: -1 },
      'always',
    ]) {
      assert.ok(!predicateSchema.safeParse(wrong).success, JSON.stringify(wrong));
    }
  });
});

describe('breakpoints that are set', () => {
  const spec = (id: string, more: object = {}) =>
    breakpointSpecSchema.parse({ id, predicate: { when: 'turn', at: 'after' }, enabled: true, ...more });
  const ids = (armed: Armed, times: number): string[][] => {
    const seen: string[][] = [];
    for (let i = 0, now = armed; i < times; i += 1) {
      const result = met(now, turn);
      now = result.armed;
      seen.push(result.holding.map(({ id }) => id));
    }
    return seen;
  };

  it('hold from the hit on that they were set for', () =>
    assert.deepEqual(ids({ specs: [spec('a', { fromHit: 3 })], hits: {} }, 4), [[], [], ['a'], ['a']]));
  it('hold once when they are to be run to', () =>
    assert.deepEqual(ids({ specs: [spec('a', { once: true, fromHit: 2 })], hits: {} }, 4), [[], ['a'], [], []]));
  it('hold nothing while they are off, or are for another session', () => {
    assert.deepEqual(
      ids(
        {
          specs: [spec('a', { enabled: false }), spec('b', { session: 'other' }), spec('c', { session: 's' })],
          hits: {},
        },
        1,
      ),
      [['c']],
    );
  });
});

describe('patterns', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['**/a', 'a', true],
    ['**/a', 'x/y/a', true],
    ['**/a', 'xa', false],
    ['src/**', 'src/a/b', true],
    ['src/**', 'srcs/a', false],
    ['src/**/b', 'src/b', true],
    ['src/**/b', 'src/a/c/b', true],
    ['*.ts', 'a.ts', true],
    ['*.ts', 'a/b.ts', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['', '', true],
    ['.', 'a', false],
    ['(a+)+', '(a+)+', true],
  ];
  for (const [pattern, subject, wanted] of table) {
    it(`${pattern} ${wanted ? 'matches' : 'does not match'} ${subject}`, () =>
      assert.equal(matches(pattern, subject, true), wanted));
  }

  it('agree with a plain regular expression, and take their time in proportion', () => {
    const alphabet = fc.constantFrom('a', 'b', '*', '?');
    fc.assert(
      fc.property(
        fc.array(alphabet, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }),
        (pattern, subject) => {
          const source = pattern.map((each) => (each === '*' ? '.*' : each === '?' ? '.' : each)).join('');
          assert.equal(
            matches(pattern.join(''), subject.join(''), false),
            new RegExp(`^${source}$`, 'su').test(subject.join('')),
          );
        },
      ),
      { numRuns: 1000 },
    );
    const began = performance.now();
    matches('*a'.repeat(250), 'a'.repeat(5000), false);
    matches('**/'.repeat(160), 'a/'.repeat(2500), true);
    assert.ok(performance.now() - began < 4000);
  });
});
