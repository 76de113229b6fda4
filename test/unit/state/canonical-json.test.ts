import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/state/canonical-json.ts';
import { readHashedLine, writeHashedLine } from '../../../src/state/hashed-line.ts';

/** Keys that objects have by themselves, or that order, escape or hash in another way than they look. */
const keys = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'hasOwnProperty', 'length', 'hash', '0', '-0', ''),
  fc.string({ unit: 'binary' }),
  fc.string(),
);
/** Any code units, lone surrogates too. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
const leaves = fc.oneof(fc.jsonValue({ maxDepth: 1 }), units, fc.constantFrom(-0, 5e-324, 1.7976931348623157e308));
const hostile = fc.dictionary(keys, fc.oneof(leaves, fc.array(leaves), fc.dictionary(keys, leaves)), { minKeys: 1 });

describe('canonical JSON', () => {
  it('says the same as JSON, whatever the value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), hostile), (value) => {
        assert.deepEqual<unknown>(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same text for the same members in any order', () => {
    const shuffled = fc
      .uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([key]) => key })
      .chain((entries) => fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })));
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        assert.equal(canonicalJson(Object.fromEntries(one)), canonicalJson(Object.fromEntries(other)));
      }),
    );
  });

  it('is as RFC 8785 says', () => {
    const value = {
      '€': 'Euro',
      '\r': 1e21,
      '1': [-0, 1e-7, 333333333.3333333, null],
      '\u{1f600}': '\u000f\n"',
      '': false,
    };
    assert.equal(
      canonicalJson(value),
      '{"":false,"\\r":1e+21,"1":[0,1e-7,333333333.3333333,null],"€":"Euro","😀":"\\u000f\\n\\""}',
    );
    assert.equal(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}')), '{"__proto__":{"a":2},"b":1}');
    assert.equal(canonicalJson({ b: undefined, a: '\ud800' }), '{"a":"\\ud800"}');
  });

  it('refuses what is not JSON', () => {
    const values: readonly unknown[] = [
      NaN,
      Infinity,
      1n,
      undefined,
      () => 1,
      Symbol('x'),
      new Date(0),
      new Map(),
      [undefined],
    ];
    for (const value of values)
      assert.throws(() => canonicalJson({ value: [value] }), { code: 'internal' }, String(value));
  });

  it('refuses what is nested too deeply instead of exhausting the stack', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    assert.throws(() => canonicalJson(deep), { code: 'bad-usage' });
  });
});

describe('a hashed line', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), hostile), (value) => {
        const { text, hash } = writeHashedLine(value);
        assert.deepEqual(readHashedLine(Buffer.from(text)), {
          value: JSON.parse(JSON.stringify(value)) as unknown,
          hash,
        });
      }),
    );
  });

  it('is refused if too short, changed, or not JSON in spite of its hash', () => {
    const { text } = writeHashedLine({ a: 1 });
    assert.equal(readHashedLine(Buffer.from('')), undefined);
    assert.equal(readHashedLine(Buffer.from(text.slice(1))), undefined);
    assert.equal(readHashedLine(Buffer.from(text.replace('1', '2'))), undefined);
    assert.equal(readHashedLine(Buffer.from(text.toUpperCase())), undefined);
    const hash = createHash('sha256').update('{"a":x}').digest('hex');
    assert.equal(readHashedLine(Buffer.from(`{"a":x,"hash":"${hash}"}`)), undefined);
  });
});
