import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oneLine, printable } from '../../../src/core/printable.ts';
import { fit, widthOf } from '../../../src/cli/width.ts';
import { jsonLine } from '../../../src/cli/json-line.ts';
import { paintWith } from '../../../src/cli/paint.ts';
import { table } from '../../../src/cli/table.ts';
import { text, Text } from '../../../src/cli/text.ts';

const esc = '\u001B';

describe('printable text', () => {
  it('takes escape sequences out whole', () => {
    const cases: [string, string][] = [
      [`a${esc}[31mred${esc}[0mb`, 'aredb'],
      [`${esc}[2J${esc}[H${esc}[?25lx`, 'x'],
      [`${esc}]0;title\u0007x`, 'x'],
      [`${esc}]52;c;cm0gLXJmIC8=${esc}\\x`, 'x'],
      [`${esc}]8;;https://evil.example${esc}\\link${esc}]8;;${esc}\\`, 'link'],
      [`${esc}P1$r0m${esc}\\x`, 'x'],
      [`\u009B31mx\u009D0;t\u009Cy`, 'xy'],
      [`${esc}cx${esc}(Bx`, 'xx'],
      [`${esc}]unterminated`, 'unterminated'],
      [`${esc}${esc}[31mx`, 'x'],
    ];
    for (const [hostile, plain] of cases) assert.equal(printable(hostile), plain, JSON.stringify(hostile));
  });

  it('takes out marks that reorder or hide, and keeps what people write', () => {
    assert.equal(printable('a\u202Eb\u2066c\u200Fd\u061Ce\u200Bf\uFEFFg\u{E0041}h'), 'abcdefgh');
    assert.equal(printable('naïve 日本語 👩‍💻 שלום\tx'), 'naïve 日本語 👩‍💻 שלום\tx');
    assert.equal(printable('a\r\nb\rc\u2028d\u0000\u0008e'), 'a\nb\nc\nde');
    assert.equal(printable('\uD800x'), '\uFFFDx');
  });

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 30 }),
          fc.array(fc.constantFrom(esc, '[', ']', '\u009B', '3', 'm', ';', '\u0007', 'x')).map((all) => all.join('')),
        ),
        (any) => {
          const shown = printable(any);
          assert.ok(!/[^\P{Cc}\n\t]/u.test(shown), JSON.stringify(shown));
          assert.ok(!/[\u202A-\u202E\u2066-\u2069]/.test(shown));
          assert.equal(printable(shown), shown);
        },
      ),
    );
  });

  it('is quick with megabytes of beginnings of sequences', () => {
    const begun = performance.now();
    printable(`${esc}]`.repeat(500_000));
    printable(`${esc}[`.repeat(500_000));
    printable(`${esc}]${'x'.repeat(1_000_000)}`);
    assert.ok(performance.now() - begun < 2_000);
  });

  it('makes one line of many and cuts it', () => {
    assert.equal(oneLine(' a\n\n b\tc '), 'a b c');
    assert.equal(oneLine('abcdef', 4), 'abc…');
    assert.equal(oneLine('👩👩👩', 2), '👩…');
    assert.ok(oneLine('x'.repeat(50_000_000), 80).length <= 80);
  });

  it('counts columns', () => {
    assert.equal(widthOf('abc'), 3);
    assert.equal(widthOf('日本'), 4);
    assert.equal(widthOf('e\u0301'), 1);
    assert.equal(fit('日本語', 4), '日…');
    assert.equal(fit('abc', 3), 'abc');
    assert.equal(fit('abc', 0), '');
  });

  it('is what every text for the terminal is made of', () => {
    const { red } = paintWith(true);
    assert.equal(text`a ${`${esc}[2Jb`} ${red(`${esc}[0mc`)} ${3}`.value, `a b ${esc}[31mc${esc}[39m 3`);
    assert.equal(Text.join([`${esc}[1mx`, 'y'], `${esc}[K,`).value, 'x,y');
    assert.equal(Text.of(red('日本')).width, 4);
    assert.equal(Text.of('a\n\nb').indent(2, '> ').value, '> a\n\n  b');
  });
});

describe('a table', () => {
  it('has one line for each row, whatever is in a cell', () => {
    const lines = table([['a\nmain  main checkout', 'b']], 80);
    assert.deepEqual(
      lines.map(({ value }) => value),
      ['a\u2424main  main checkout  b'],
    );
  });
});

describe('JSON lines', () => {
  it('say the same on one line without a character that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }), (value) => {
        const line = jsonLine(value);
        assert.ok(!/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(line), line);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
