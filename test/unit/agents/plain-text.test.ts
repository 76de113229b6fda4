import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonLine } from '../../../src/agents/json-line.ts';
import { plainLine, plainText, withoutTerminalCodes } from '../../../src/agents/plain-text.ts';

const anything = fc.string({ unit: 'binary', maxLength: 300 });

describe('plain text', () => {
  it('has no invisible or reordering characters, whatever went in', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const shown = plainText(text, limit);
        assert.doesNotMatch(
          shown.replaceAll(/[\n\t]/g, ''),
          /[\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u,
        );
        assert.match(plainLine(text, limit), /^[^\p{Cc}\p{Cs}]*$/u);
        assert.ok(plainLine(text, limit).length <= limit);
      }),
    );
  });

  it('leaves what people write as it is', () => {
    const text = 'Grüße, 世界 👍🏽 naïve\n\tindented «quotes» a\u0301';
    assert.equal(plainText(text), text);
    assert.equal(plainText('a\r\nb'), 'a\nb');
    assert.equal(plainLine('  two\n\n lines\t here '), 'two lines here');
  });

  it('says what was cut off, and cuts no character in half', () => {
    assert.equal(plainText('abcdef', 4), 'abcd\n… (2 more characters)');
    assert.equal(plainText('abc👍', 4), 'abc\n… (1 more characters)');
    assert.equal(plainLine('abcdef', 4), 'abc…');
  });

  it('loses terminal codes', () => {
    const line =
      '\u001b[1;31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u001b\\ \u001b[2K\u001b[?25lend\u001b7';
    assert.equal(withoutTerminalCodes(line), 'red link end');
  });
});

describe('a JSON line', () => {
  it('is one line for every reader, and means the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anything), (value) => {
        const line = jsonLine({ ...value, separator: 'a\u2028b\u2029c' });
        assert.match(line, /^[^\n\r\u2028\u2029]*\n$/);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify({ ...value, separator: 'a\u2028b\u2029c' })));
      }),
    );
  });
});
