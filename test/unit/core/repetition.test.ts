import assert from 'node:assert/strict';
import fc from 'fast-check';
import { circle, noUses, silence, useKey, withUse } from '../../../src/core/supervision/repetition.ts';
import { toolErrorOf } from '../../../src/core/supervision/tool-errors.ts';

function told(keys: readonly string[]): (number | undefined)[] {
  let uses = noUses;
  return keys.map((key) => {
    uses = withUse(uses, key);
    return circle(uses);
  });
}

describe('repetition', () => {
  it('is told at the third time in a row, then at the sixth and the twelfth', () => {
    const all = told(Array.from({ length: 13 }, () => 'a'));
    assert.deepEqual(
      all.flatMap((each, at) => (each === undefined ? [] : [`${at + 1}:${each}`])),
      ['3:3', '6:6', '12:12'],
    );
  });

  it('is told of two that take turns', () => {
    const all = told(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? 'a' : 'b')));
    assert.deepEqual(all.filter((each) => each !== undefined).length, 2);
  });

  it('is not told of work that moves on', () => {
    const uses = Array.from({ length: 60 }, (_, at) => (at % 6 === 0 ? 'npm test' : `edit ${at}`));
    assert.ok(told(uses).every((each) => each === undefined));
  });

  it('looks at tool and input, in whatever order the fields are', () => {
    assert.equal(useKey('Bash', { a: 1, b: { c: 2, d: 3 } }), useKey('Bash', { b: { d: 3, c: 2 }, a: 1 }));
    assert.notEqual(useKey('Bash', { a: 1 }), useKey('Read', { a: 1 }));
    assert.ok(useKey('Write', { content: 'x'.repeat(1e6) }).length < 5000);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (a, b) => {
        if (JSON.stringify(a) === JSON.stringify(b)) assert.equal(useKey('x', a), useKey('x', b));
      }),
    );
  });
});

describe('silence', () => {
  it('is told above the limit only, and never by a clock that was set back', () => {
    assert.equal(silence(1000, 1500, 600), undefined);
    assert.equal(silence(1000, 1700, 600), 700);
    assert.equal(silence(5000, 1000, 600), undefined);
  });
});

describe('errors of tools', () => {
  it('are critical where only a person can help', () => {
    assert.deepEqual(toolErrorOf('bash: /etc/x: Permission denied'), {
      kind: 'permission denied',
      severity: 'critical',
    });
    assert.deepEqual(toolErrorOf('cat: a.txt: No such file or directory'), {
      kind: 'file not found',
      severity: 'warning',
    });
    assert.equal(toolErrorOf('write: No space left on device').severity, 'critical');
    assert.equal(toolErrorOf('sh: 1: foo: command not found').kind, 'program missing');
    assert.equal(toolErrorOf('3 tests failed').kind, 'failed');
    assert.equal(toolErrorOf('').severity, 'warning');
    assert.equal(toolErrorOf(`${'x'.repeat(1e6)}\nEACCES: permission denied`).severity, 'critical');
  });
});
