import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readYaml, type YamlFile } from '../../../src/engine/config/yaml.ts';

function said({ problems }: YamlFile): readonly string[] {
  return problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe('settings file as YAML', () => {
  it('gives values and the place of every key and value', () => {
    const yaml = readYaml('# mine\nlimits:\n  running: 5\nworktrees:\n  setup:\n    - npm ci\n    - [cp, a, "b c"]\n');
    assert.deepEqual(said(yaml), []);
    assert.deepEqual(plain(yaml.tree), {
      limits: { running: 5 },
      worktrees: { setup: ['npm ci', ['cp', 'a', 'b c']] },
    });
    assert.deepEqual(yaml.locate(['limits', 'running'], 'key'), { line: 3, column: 3 });
    assert.deepEqual(yaml.locate(['limits', 'running'], 'value'), { line: 3, column: 12 });
    assert.deepEqual(yaml.locate(['worktrees', 'setup', 1, 2], 'value'), { line: 7, column: 15 });
    assert.deepEqual(yaml.locate(['worktrees', 'setup', 1, 9], 'value'), { line: 7, column: 7 });
    assert.deepEqual(yaml.locate(['elsewhere'], 'key'), { line: 2, column: 1 });
  });

  it('is YAML 1.2: words of 1.1 stay words', () => {
    const yaml = readYaml('a: yes\nb: 010\nc: 1_000\nd: 12:30\n<<: {e: 1}\nf: true\n"1": x\n2: y\n');
    assert.deepEqual(said(yaml), []);
    assert.deepEqual(plain(yaml.tree), {
      a: 'yes',
      b: 10,
      c: '1_000',
      d: '12:30',
      '<<': { e: 1 },
      f: true,
      1: 'x',
      2: 'y',
    });
    assert.deepEqual(said(readYaml('%YAML 1.1\n---\na: yes\n')), [
      '1:1 settings are YAML 1.2; remove the line that begins with %YAML',
    ]);
  });

  it('takes an empty file, comments, a byte order mark and Windows line ends', () => {
    for (const text of ['', '\n\n', '# nothing\n', '---\n'])
      assert.deepEqual([readYaml(text).tree, said(readYaml(text))], [null, []]);
    const yaml = readYaml('\uFEFFa: 1\r\nb:\r\n  c: 2\r\n');
    assert.deepEqual(plain(yaml.tree), { a: 1, b: { c: 2 } });
    assert.deepEqual(yaml.locate(['b', 'c'], 'key'), { line: 3, column: 3 });
  });

  it('names the line of what is not YAML', () => {
    assert.match(said(readYaml('a: 1\nb: [1, 2\n'))[0] ?? '', /^3:1 this is not YAML: /u);
    assert.match(said(readYaml('a: 1\n\tb: 2\n'))[0] ?? '', /^2:/u);
    assert.match(said(readYaml('a: "open\n'))[0] ?? '', /^2:1 this is not YAML: Missing closing "quote/u);
  });

  it('refuses what would be passed over in silence', () => {
    assert.deepEqual(said(readYaml('a: 1\nb: 2\na: 3\n')), ['3:1 this key is written twice']);
    assert.deepEqual(said(readYaml('x:\n  a: 1\n  "a": 2\n')), ['3:3 this key is written twice']);
    assert.deepEqual(said(readYaml('a: 1\n---\nb: 2\n')), [
      '2:1 a settings file is one document; a second one begins here',
    ]);
    assert.deepEqual(said(readYaml('a: !!binary aGk=\n')), ['1:4 tags (!name) are not used in settings']);
    assert.deepEqual(said(readYaml('a: !!str 1\n')), ['1:10 tags (!name) are not used in settings']);
    assert.deepEqual(said(readYaml('? [a]\n: 1\n')), ['1:3 a key must be a plain word']);
  });

  it('refuses aliases, so a small file stays small', () => {
    const bomb = Array.from({ length: 30 }, (_, i) => `k${i}: &a${i} [*a${i - 1}, *a${i - 1}]`).slice(1);
    const yaml = readYaml(`k0: &a0 [x]\n${bomb.join('\n')}\n`);
    assert.match(said(yaml)[0] ?? '', /^2:10 aliases \(\*name\) are not used/u);
    assert.ok(JSON.stringify(yaml.tree).length < 10_000);
  });

  it('ends in reasonable time on 64 KiB of anything', function () {
    this.timeout(30_000);
    const size = 64 * 1024;
    const pieces = ['[', '- ', '"', ': ', '---\n', 'a,', '&a ', '{? '];
    for (const piece of pieces) {
      const begun = performance.now();
      const { problems } = readYaml(`a: ${piece.repeat(size / piece.length)}`);
      assert.ok(performance.now() - begun < 5000, JSON.stringify(piece));
      assert.ok(problems.length <= 50);
      for (const { message } of problems) assert.ok(message.length < 200 && !message.includes('\n'), message);
    }
  });

  it('quotes nothing of a file that cannot be read: it may be a secret', () => {
    const secret = 'hunter2hunter2';
    const texts = [
      `a: !${secret} x`,
      `%${secret}\n---\na: 1`,
      `a: "\\q${secret}"`,
      `a: |${secret}\n x`,
      `a: [1] ${secret}`,
    ];
    for (const text of [
      ...texts,
      `"x" ${secret}`,
      `a: b: ${secret}`,
      `- a\n${secret}`,
      `a: *${secret}`,
      `a: @${secret}`,
    ]) {
      const yaml = readYaml(`${text}\n`);
      assert.notDeepEqual(said(yaml), [], text);
      assert.ok(!said(yaml).join('\n').includes('hunter2'), said(yaml).join('\n'));
    }
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '#',
      '&x',
      '*x',
      '!t',
      '|',
      '>',
      '---',
      '\t',
      '?',
      ',',
      '\0',
      'é',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const yaml = readYaml(text);
        for (const { at } of yaml.problems) {
          assert.ok(
            at.line >= 1 && at.line <= text.split('\n').length + 1 && at.column >= 1,
            JSON.stringify([text, at]),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads back any tree that it was given as JSON, which is YAML', () => {
    const key = fc.string({ minLength: 1, maxLength: 8 });
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const yaml = readYaml(JSON.stringify(value));
        assert.deepEqual(said(yaml), []);
        assert.deepEqual(plain(yaml.tree), plain(value));
      }),
    );
  });
});
