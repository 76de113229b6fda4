import assert from 'node:assert/strict';
import { confidenceOf } from '../../../src/core/supervision/confidence.ts';
import { grownTests, isTestPath, testDelta, weakenedTests } from '../../../src/core/supervision/tests.ts';

describe('tests that the work made weaker', () => {
  const tests = [
    'test/a.js',
    'src/__tests__/a.ts',
    'a.test.ts',
    'pkg/a_test.go',
    'test_a.py',
    'spec/a_spec.rb',
    'ATest.java',
  ];
  for (const path of tests) it(`${path} is a test`, () => assert.equal(isTestPath(path), true));
  const others = ['src/a.ts', 'src/latest/a.ts', 'contest.py', 'attest.go', 'docs/testing.md', 'src/protest.js'];
  for (const path of others) it(`${path} is none`, () => assert.equal(isTestPath(path), false));

  it('are those that were there and lost lines', () => {
    const changes = [
      { path: 'test/lost.js', status: 'modified', insertions: 3, deletions: 1 },
      { path: 'test/grown.js', status: 'modified', insertions: 3, deletions: 0 },
      { path: 'test/gone.js', status: 'deleted', insertions: 0, deletions: 9 },
      { path: 'test/new.js', status: 'added', insertions: 9, deletions: 0 },
      { path: 'test/picture.png', status: 'modified' },
      { path: 'src/lost.js', status: 'modified', insertions: 0, deletions: 1 },
    ] as const;
    assert.deepEqual(weakenedTests(changes), ['test/lost.js', 'test/gone.js', 'test/picture.png']);
    assert.deepEqual(grownTests(changes), ['test/grown.js', 'test/new.js']);
  });

  it('take from passed gates what they are worth', () => {
    const gates = { say: 'passed', count: 1 } as const;
    const evidences = { issues: [], gates, changedLines: 1, sameErrors: 0, denials: 0, findings: [] };
    assert.ok(confidenceOf(evidences).score > 0.85);
    const { score, factors } = confidenceOf({ ...evidences, weakened: ['test/a.js', 'test/b.js'] });
    assert.ok(score < 0.6);
    assert.match(factors.find(({ name }) => name === 'tests weakened')?.sentence ?? '', /test\/a\.js and 1 more/);
  });

  it('make passed gates say more when they came with the work, and only then', () => {
    const evidences = { issues: [], changedLines: 1, sameErrors: 0, denials: 0, findings: [], grown: ['test/new.js'] };
    const [passed, none] = [{ say: 'passed', count: 1 } as const, { say: 'none' } as const];
    const named = (more: object, gates: typeof passed | typeof none): boolean =>
      confidenceOf({ ...evidences, ...more, gates }).factors.some(({ name }) => name === 'tests added');
    assert.deepEqual(
      [named({}, passed), named({}, none), named({ weakened: ['test/a.js'] }, passed)],
      [true, false, false],
    );
  });

  it('are counted by what a change declares', () => {
    const patch = [
      'diff --git a/test/a.test.js b/test/a.test.js\n--- a/test/a.test.js\n+++ b/test/a.test.js\n@@ -1,4 +1,2 @@',
      "-  it('adds', () => {",
      ['-  it', "skip('subtracts', () => {"].join('.'),
      "+  // it('adds', () => {",
      " it('stays', () => {",
      "+test('is new', () => {",
      'diff --git a/test_b.py b/test_b.py\n--- a/test_b.py\n+++ /dev/null\n@@ -1,2 +0,0 @@',
      '-def test_gone():',
      '-    assert add(1, 2) == 3',
      'diff --git a/src/c.js b/src/c.js\n--- a/src/c.js\n+++ b/src/c.js\n@@ -1 +0,0 @@',
      "-it('is no test here', () => {",
    ].join('\n');
    assert.equal(testDelta(patch), -2);
    assert.equal(testDelta(''), 0);
  });
});
