import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  escalationAfter,
  isBoxSpent,
  mayRestart,
  mostRepeated,
  noAttempts,
  usualAttemptLimits,
  withFailure,
  withSuccess,
} from '../../../src/core/supervision/attempts.ts';
import { normalisedError } from '../../../src/core/supervision/fingerprint.ts';
import { fingerprintOf } from '../../../src/supervision/fingerprint.ts';

const same: readonly (readonly [string, string])[] = [
  ["Error: ENOENT: no such file, open '/home/ana/a/b.ts'", "Error: ENOENT: no such file, open '/tmp/x/c.ts'"],
  ['TypeError: x is undefined\n    at f (/a/b.js:10:5)', 'TypeError: x is undefined\n    at f (/c/d.js:22:17)'],
  ['2026-11-26T10:00:00.123Z failed', '2026-11-27T23:59:01Z failed'],
  ['Timeout of 2000ms exceeded', 'Timeout of 5000ms exceeded'],
  ['request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 failed', 'request 00000000-4f89-11d3-9a0c-0305e82c3301 failed'],
  ['commit 1a2b3c4d5e6f is bad', 'commit ffeeddccbbaa0011 is bad'],
  ['\u001B[31mfailed\u001B[0m', 'failed'],
  ['3 of 120 tests failed', '4 of 121 tests failed'],
  ['at 10:31:02: refused', 'at 9:01:59: refused'],
  ['segfault at 0x7ffe12', 'segfault at 0x10'],
  ['a   b\n\nc', 'a b c'],
];
const different: readonly (readonly [string, string])[] = [
  ['TypeError: x is undefined', 'TypeError: y is undefined'],
  ['expected true to equal false', 'expected false to equal true'],
  ["Cannot find module 'left-pad'", "Cannot find module 'right-pad'"],
  ['lint failed', 'test failed'],
];

describe('the fingerprint of an error', () => {
  it('is the same for what differs by time, place, number or id only', () => {
    for (const [a, b] of same) assert.equal(fingerprintOf(a).id, fingerprintOf(b).id, `${a} / ${b}`);
  });

  it('differs for what is another error', () => {
    for (const [a, b] of different) assert.notEqual(fingerprintOf(a).id, fingerprintOf(b).id, `${a} / ${b}`);
  });

  it('is the MD5 of the normalised message, and keeps the MD5 of the raw one', () => {
    assert.match(fingerprintOf('a').id, /^0cc175b9c0f1b6a831c399e269772661$/u);
    assert.notEqual(fingerprintOf('at 10:00:00').id, fingerprintOf('at 10:00:00').rawId);
  });

  it('can be taken of anything, soon, and normalising twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normalisedError(text);
        assert.equal(normalisedError(once), once);
      }),
      { numRuns: 2000 },
    );
    const began = performance.now();
    for (const hostile of ['/a'.repeat(1e6), '1'.repeat(1e6), '-'.repeat(1e6), 'a/'.repeat(1e6), '\u001B]'.repeat(1e6)])
      fingerprintOf(hostile);
    assert.ok(performance.now() - began < 1000);
  });
});

describe('attempts', () => {
  const failing = (message: string, times: number) => {
    let attempts = noAttempts;
    for (let i = 0; i < times; i += 1) attempts = withFailure(attempts, 'task', fingerprintOf(message), i);
    return attempts;
  };

  it('escalate with the same error: more context, stronger, a person', () => {
    const { id } = fingerprintOf('x');
    const steps = [0, 1, 2, 3, 4].map((times) => escalationAfter(failing('x', times), id, usualAttemptLimits));
    assert.deepEqual(steps, ['again', 'more-context', 'stronger', 'person', 'person']);
  });

  it('count each error for itself, and transport and processes apart', () => {
    let attempts = failing('x', 2);
    attempts = withFailure(attempts, 'task', fingerprintOf('y'), 9);
    for (let i = 0; i < 50; i += 1) attempts = withFailure(attempts, 'transport', fingerprintOf('x'), i);
    assert.equal(escalationAfter(attempts, fingerprintOf('y').id, usualAttemptLimits), 'more-context');
    assert.equal(escalationAfter(attempts, fingerprintOf('x').id, usualAttemptLimits), 'stronger');
    assert.deepEqual([attempts.transport, attempts.process, mostRepeated(attempts)?.count], [50, 0, 2]);
    for (let i = 0; i < 4; i += 1) attempts = withFailure(attempts, 'process', fingerprintOf('z'), i);
    assert.ok(!mayRestart(attempts, usualAttemptLimits));
    assert.ok(mayRestart(withSuccess(attempts), usualAttemptLimits));
  });

  it('always end at a person, whatever the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 20 }), (perError, times) => {
        const limits = { ...usualAttemptLimits, perError };
        const next = escalationAfter(failing('x', times), fingerprintOf('x').id, limits);
        assert.equal(next === 'person', times >= perError);
      }),
    );
  });

  it('a time box counts work only, and one that is not there never ends', () => {
    assert.ok(isBoxSpent(1_800_000, 1_800_000));
    assert.ok(!isBoxSpent(1_799_999, 1_800_000));
    assert.ok(!isBoxSpent(Number.MAX_SAFE_INTEGER, undefined));
  });
});
