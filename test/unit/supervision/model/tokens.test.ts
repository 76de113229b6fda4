import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { bytePairCounter, type Vocabulary } from '../../../../src/supervision/model/byte-pairs.ts';
import { TokenMeter } from '../../../../src/supervision/model/meter.ts';
import { vocabularyOf } from '../../../../src/supervision/model/vocabulary.ts';
import { learnedMerges, withMerge } from '../../../support/merges.ts';
import { OllamaDouble } from '../../../support/ollama/index.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const learnedFrom = read('docs/supervision.md');
const words = [...new Set(learnedFrom.slice(0, 12_000).split(/(?=\s)/u))].map((word) => word.replaceAll(/\s/gu, 'Ġ'));
const vocabulary: Vocabulary = { split: 'qwen2', merges: learnedMerges(words, 300) };

function counter(of: Vocabulary): (text: string) => number {
  const count = bytePairCounter(of);
  assert.ok(count !== undefined);
  return count;
}

describe('counting by a model’s own vocabulary', () => {
  const count = counter(vocabulary);

  it('merges as the vocabulary was learned: each pair everywhere, in its order', () => {
    // In words of plain letters a letter is its byte, and a word is never split.
    const letters = fc.string({
      unit: fc.constantFrom('a', 'e', 'i', 'o', 'n', 'd', 't', 'r', 's'),
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(letters, (word) => {
        let parts: readonly string[] = Array.from(word);
        for (const pair of vocabulary.merges) parts = withMerge(parts, pair);
        assert.equal(count(word), parts.length);
      }),
    );
  });

  it('loses no byte of any text, and gives every text a number between one token and one for each byte', () => {
    const bytes = counter({ split: 'qwen2', merges: [] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.equal(bytes(text), Buffer.byteLength(text));
        assert.ok(count(text) <= Buffer.byteLength(text));
        assert.equal(count(text) > 0, text !== '');
      }),
    );
    assert.equal(bytes('='.repeat(100_000)), 100_000);
  });

  it('cuts words that are long without end, so that their cost grows with their length, and counts none of their tokens too few', () => {
    const doubled = Array.from({ length: 16 }, (_, at) => `${'a'.repeat(2 ** at)} ${'a'.repeat(2 ** at)}`);
    assert.equal(counter({ split: 'qwen2', merges: doubled })('a'.repeat(65_536)), 512);
    const word = learnedFrom.replaceAll(/[^a-z]/gu, '').slice(0, 5000);
    let parts: readonly string[] = Array.from(word);
    for (const pair of vocabulary.merges) parts = withMerge(parts, pair);
    const more = count(word) - parts.length;
    assert.ok(more >= 0 && more <= 80, `${more} more than ${parts.length}`);
  });

  it('splits texts by the rule of the model', () => {
    const merges = ['1 2', '12 3', '123 4'];
    const of = (text: string): readonly number[] =>
      ['qwen2', 'qwen35', 'llama-bpe', 'gpt-4o', 'tekken', 'deepseek-r1-qwen'].map((split) =>
        counter({ split, merges })(text),
      );
    assert.deepEqual(of('1234'), [4, 4, 2, 2, 4, 4], 'digits one by one, or three by three');
    const joined = ['a B'];
    const camel = ['qwen2', 'llama-bpe', 'gpt-4o', 'tekken'].map((split) => counter({ split, merges: joined })('aB'));
    assert.deepEqual(camel, [1, 1, 2, 2], 'words of a name in camel case, together or apart');
    assert.equal(counter({ split: 'gpt-4o', merges: ["B '"] })("aB'd"), 3, 'an ending belongs to its word');
  });

  it('is not tried where the rule by which a model splits texts is not known', () => {
    assert.equal(bytePairCounter({ ...vocabulary, split: 'default' }), undefined);
    assert.equal(bytePairCounter({ ...vocabulary, split: 'constructor' }), undefined);
  });
});

describe('the tokens of questions to a model', () => {
  const count = counter(vocabulary);
  const source = [
    'src/engine/sessions/worker.ts',
    'src/core/session/reducer.ts',
    'CHANGELOG.md',
    'docs/architecture.md',
  ];
  const questions = source.flatMap((path) =>
    Array.from({ length: 14 }, (_, at) => read(path).slice(at * 500, at * 500 + 400 + 150 * at)),
  );
  /** As a server counts: with its marks around a question. */
  const server = (question: string): number => count(question) + 11;
  const misses = (meter: TokenMeter): readonly number[] =>
    questions.map((question) => {
      const counted = server(question);
      const miss = Math.abs(meter.expected(question) - counted) / counted;
      meter.hear(question, counted);
      return miss;
    });

  it('are as the server counts them from its first count on, by the model’s vocabulary', () => {
    const meter = new TokenMeter();
    meter.use(count);
    const [, ...later] = misses(meter);
    const within = later.filter((miss) => miss <= 0.01).length;
    assert.deepEqual([meter.method, within], ['tokenizer', later.length]);
    process.stdout.write(`      within 1 %: ${within} of ${later.length}\n`);
  });

  it('come nearer with each count where there is none, and always fit by what is said to be the most', () => {
    const meter = new TokenMeter();
    assert.equal(meter.method, 'usual');
    const all = misses(meter);
    assert.equal(meter.method, 'calibrated');
    const mean = (some: readonly number[]): number => some.reduce((sum, each) => sum + each, 0) / some.length;
    const asked = questions.slice(-14);
    const usual = asked.map((each) => Math.abs(new TokenMeter().expected(each) - server(each)) / server(each));
    const last = mean(all.slice(-14));
    assert.ok(last < mean(usual), `${last}, not less than ${mean(usual)}`);
    process.stdout.write(
      `      missed by ${(last * 100).toFixed(1)} % on the average of the last 14 of ${all.length}\n`,
    );
    const tooLong = questions.filter((question) => server(question) > meter.atMost(question) + 400);
    assert.deepEqual(tooLong, []);
  });

  it('are counted by the line again when the vocabulary is not the one that the server uses', () => {
    const meter = new TokenMeter();
    meter.use((text) => count(text) * 2);
    misses(meter);
    assert.equal(meter.method, 'calibrated');
  });

  it('are not learned from counts of what was new to a server that has the start of an earlier question in its memory', () => {
    const head = read('media/prompts/prompt-review.md').repeat(2);
    for (const own of [count, undefined]) {
      const meter = new TokenMeter();
      if (own !== undefined) meter.use(own);
      // The first are of an empty memory.
      for (const question of questions) meter.hear(question, server(question));
      const [first = '', ...long] = questions.filter(({ length }) => length > 1000).map((question) => head + question);
      meter.hear(first, server(first));
      const before = questions.map((question) => meter.expected(question));
      for (const question of long) meter.hear(question, server(question) - count(head) - 5);
      const misses = questions.map(
        (question, at) => Math.abs(meter.expected(question) - (before[at] ?? 0)) / (before[at] ?? 1),
      );
      assert.equal(meter.method, own === undefined ? 'calibrated' : 'tokenizer');
      assert.ok(
        Math.max(...misses) < 0.01,
        `${own === undefined ? 'line' : 'vocabulary'}: moved by ${Math.max(...misses)}`,
      );
    }
  });

  it('are learned from a server that counts all of it, although it has the start of an earlier one in its memory', () => {
    const head = read('media/prompts/prompt-review.md');
    const meter = new TokenMeter();
    for (const question of questions) meter.hear(head + question, server(head + question));
    assert.equal(meter.heard, questions.length);
  });

  it('are not learned from a count of what was not in the server’s memory, nor from one that is no number', () => {
    const meter = new TokenMeter();
    for (const counted of [3, 0, -1, 1.5, Number.NaN, 1e12]) meter.hear(learnedFrom, counted);
    assert.equal(meter.method, 'usual');
    const fresh = new TokenMeter();
    assert.equal(meter.expected(learnedFrom), fresh.expected(learnedFrom));
  });
});

describe('the vocabulary of a model', () => {
  const ask = async (more: object): Promise<unknown> => {
    const server = await OllamaDouble.start();
    try {
      server.models = [{ name: 'm', ...more }];
      return await vocabularyOf({ base: server.base, headers: {} }, 'm', { timeoutMs: 30_000 });
    } finally {
      await server.stop();
    }
  };

  it('is what its server tells when it is asked for everything', async () => {
    assert.deepEqual(await ask({ vocabulary }), { ok: true, value: vocabulary });
    assert.deepEqual(await ask({}), { ok: true, value: undefined });
  });

  it('may be as long as those of real models', async () => {
    const merges = Array.from({ length: 300_000 }, (_, at) => `left${at} right${at}`);
    const told = (await ask({ vocabulary: { split: 'qwen35', merges } })) as { value: Vocabulary };
    assert.equal(told.value.merges.length, 300_000);
  });
});
