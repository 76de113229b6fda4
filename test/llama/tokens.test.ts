import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alphabet, bytePairCounter } from '../../src/supervision/model/byte-pairs.ts';
import { learnedMerges } from '../support/merges.ts';
import { vocabularyFile } from './random-model.ts';
import { tokensOf } from './server.ts';

const core = fileURLToPath(new URL('../../src/core/supervision', import.meta.url));
const odd = [
  '日本語のテキスト、混ぜる 🎉🎉 naïve cafe\u0301 عربى 12345678 สวัสดีครับ',
  "DON'T don't I'LL they're",
  '   \n\n\t\t x  \r\n\r\n',
  '='.repeat(900),
];

describe('the tokens of texts', function () {
  this.timeout(600_000);
  for (const split of ['qwen2', 'qwen35']) {
    it(`are those of a real llama.cpp with the same vocabulary (${split})`, async () => {
      const names = (await readdir(core)).filter((name) => name.endsWith('.ts'));
      const texts = [...odd, ...(await Promise.all(names.map((name) => readFile(join(core, name), 'utf8'))))];
      const letters = (word: string): string => Array.from(Buffer.from(word), (byte) => alphabet[byte] ?? '').join('');
      const words = texts
        .join('\n')
        .slice(0, 60_000)
        .split(/(?=\s)|(?<=\S)(?=[^\w\s])/u);
      const merges = learnedMerges(words.map(letters), 250);
      const count = bytePairCounter({ split, merges });
      assert.ok(count !== undefined);
      const folder = await mkdtemp(join(tmpdir(), 'llama-'));
      try {
        const path = join(folder, 'vocabulary.gguf');
        await writeFile(path, vocabularyFile(split, alphabet, merges));
        const counted = await tokensOf(path, texts);
        assert.deepEqual(texts.map(count), counted);
        const sum = counted.reduce((total, each) => total + each, 0);
        process.stdout.write(`      the same in ${texts.length} of ${texts.length} texts, ${sum} tokens\n`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});
