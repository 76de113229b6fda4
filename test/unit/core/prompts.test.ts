import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fitParts, shortened, type Part } from '../../../src/core/supervision/context.ts';
import { fill, readTemplate } from '../../../src/core/supervision/template.ts';
import { countTokens, learned, tokensAtMost, usualScale } from '../../../src/core/supervision/tokens.ts';

const known = ['task', 'criteria', 'error'];
const head = '---\nname: next\ndescription: "Goes on"\n---\n';
const read = (text: string) => {
  const made = readTemplate(text, known);
  return made.ok ? made.value : made.problem;
};

describe('templates', () => {
  it('are filled by replacing, once', () => {
    const template = read(`${head}Do {{task}}.\n{{ criteria }} and {{task}}`);
    assert.ok(typeof template !== 'string');
    assert.deepEqual(template.variables, ['task', 'criteria']);
    const made = fill(template, { task: 'a {{criteria}} {{task}}', criteria: '$& $1', error: 'unused' });
    assert.deepEqual(made, { ok: true, value: 'Do a {{criteria}} {{task}}.\n$& $1 and a {{criteria}} {{task}}' });
  });

  it('without a value for each variable are a mistake', () => {
    const template = read(`${head}{{task}} {{error}}`);
    assert.ok(typeof template !== 'string');
    assert.deepEqual(fill(template, { task: 'x' }), {
      ok: false,
      problem: 'The template next needs a value for: error.',
    });
    assert.ok(!fill(template, Object.create({ error: 'inherited', task: 'x' }) as Record<string, string>).ok);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['Do it.', /begin with a head/u],
    ['---\nname: a\n---\n{{nobody}}', /no variable `nobody`\. There are: task, criteria, error/u],
    ['---\nname: a\n---\n{{#each x}}', /`\{\{#each x\}\}` is no variable/u],
    ['---\nname: a\n---\n{{task', /is no variable/u],
    ['---\ndescription: a\n---\n', /no `name`/u],
    ['---\nname: a\nrun: rm\n---\n', /unknown field `run`/u],
    ['---\nname: a\nname: b\n---\n', /two fields `name`/u],
    ['---\n- a\n---\n', /a line that is no field/u],
    [`${head}${'x'.repeat(300_000)}`, /longer than 256 KiB/u],
  ];
  for (const [text, pattern] of wrong)
    it(`are refused: ${String(pattern)}`, () => {
      const made = read(text);
      assert.match(typeof made === 'string' ? made : '', pattern);
    });

  it('hold whatever is put in, to the letter', () => {
    const template = read(`${head}<{{task}}>`);
    assert.ok(typeof template !== 'string');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (task) =>
        assert.deepEqual(fill(template, { task }), { ok: true, value: `<${task}>` }),
      ),
    );
  });
});

describe('counting tokens', () => {
  it('comes near to a model whose counts it has seen', () => {
    // A made-up tokenizer: three letters, one digit, one mark, four spaces or half of another character are one token each.
    const truth = (text: string): number =>
      3 +
      Math.ceil(
        [...text].reduce(
          (sum, each) => sum + (/[a-z]/iu.test(each) ? 1 / 3 : /\s/u.test(each) ? 0.25 : each > '~' ? 2 : 1),
          0,
        ),
      );
    const texts = (from: number, count: number): string[] =>
      Array.from({ length: count }, (_, at) => {
        const n = from + at;
        const words = Array.from(
          { length: 40 + ((n * 13) % 200) },
          (__, w) =>
            ['const', 'a1', 'return value;', '{ }', 'Straße', '42', 'function', '日本', '// note'][
              (n * (w + 3) + w * w) % 9
            ],
        );
        return words.join(n % 3 === 0 ? '\n  ' : ' ');
      });
    let scale = usualScale;
    for (const text of texts(0, 60)) scale = learned(scale, text, truth(text));
    const misses = texts(1000, 50).map((text) => Math.abs(countTokens(text, scale) - truth(text)) / truth(text));
    assert.ok(misses.filter((each) => each <= 0.01).length >= 44, misses.join(' '));
    assert.ok(Math.max(...misses) < 0.03, misses.join(' '));
  });

  it('leaves room for how wrong it was, and does not believe a count that cannot be', () => {
    assert.ok(tokensAtMost('hello world', usualScale) > countTokens('hello world', usualScale));
    assert.equal(countTokens('', usualScale), 0);
    for (const counted of [0, -1, NaN, 1e9, 0.5]) assert.equal(learned(usualScale, 'hello', counted), usualScale);
  });

  it('stays a number whatever it is taught', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 100 }), fc.integer({ min: 1, max: 200 })), { maxLength: 30 }),
        (lessons) => {
          const scale = lessons.reduce((all, [text, counted]) => learned(all, text, counted), usualScale);
          assert.ok(Number.isInteger(countTokens('some text, 123', scale)));
        },
      ),
    );
  });
});

describe('the context of a prompt', () => {
  const count = (text: string): number => Math.ceil(text.length / 4);

  it('keeps goal, criteria and last error to the last, ten times over the limit', () => {
    const parts: Part[] = [
      { name: 'goal', text: `GOAL ${'g'.repeat(400)}`, keep: true, rank: 0 },
      { name: 'criteria', text: 'CRITERIA: it works', keep: true, rank: 0 },
      { name: 'error', text: `ERROR ${'e'.repeat(800)} LAST`, keep: true, rank: 0 },
      { name: 'history', text: 'h'.repeat(40_000), keep: false, rank: 1 },
      { name: 'diff', text: 'd'.repeat(4000), keep: false, rank: 2 },
    ];
    const fitted = fitParts(parts, 1000, count);
    assert.ok(fitted.tokens <= 1000, `${fitted.tokens}`);
    const text = fitted.parts.map((each) => each.text).join('\n');
    for (const mark of ['GOAL', 'CRITERIA: it works', 'ERROR', 'LAST']) assert.ok(text.includes(mark), mark);
    assert.deepEqual(fitted.shortened, ['history', 'diff']);
  });

  it('is under the limit whatever the parts are', () => {
    const part = fc.record({
      name: fc.string(),
      text: fc.string({ unit: 'grapheme', maxLength: 500 }),
      keep: fc.boolean(),
      rank: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.integer({ min: 0, max: 300 }), (parts, limit) => {
        const fitted = fitParts(parts, limit, count);
        assert.ok(fitted.tokens <= limit, `${fitted.tokens} of ${limit}`);
        assert.equal(fitted.parts.length, parts.length);
        const all = parts.reduce((sum, { text }) => sum + count(text), 0);
        if (all <= limit) assert.deepEqual(fitted.shortened, []);
      }),
      { numRuns: 500 },
    );
  });

  it('shortens by the middle, and says how much is gone', () => {
    assert.match(
      shortened(`begin${'x'.repeat(1000)}end`, 30, count),
      /^begin.*\[… \d+ characters left out …\].*end$/su,
    );
    assert.equal(shortened('long text', 0, count), '');
  });
});
