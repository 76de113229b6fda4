import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetWorkIndexes, withWorkIndex } from '../../../src/git/work-index.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('indexes that live as long as one piece of work', () => {
  let privateDir: string;
  const names = async (): Promise<string[]> => (await readdir(join(privateDir, 'index'))).sort();
  beforeEach(async () => {
    privateDir = await mkdtemp(join(tmpdir(), 'coppice-index-'));
    await mkdir(join(privateDir, 'index'));
  });
  afterEach(() => rm(privateDir, { recursive: true }));

  it('have another name each time, and go with the lock of a git that was killed, also when the work fails', async () => {
    const seen = new Set<string>();
    for (const fails of [false, true, true]) {
      const work = withWorkIndex({ privateDir }, 'x', async (index) => {
        seen.add(index);
        await writeFile(index, '');
        await writeFile(`${index}.lock`, '');
        if (fails) throw new Error('no');
      });
      await (fails ? assert.rejects(work, /no/) : work);
      assert.deepEqual(await names(), []);
    }
    assert.equal(seen.size, 3);
  });

  it('of killed engines are removed when no work can be under way in them, and nothing else is', async () => {
    let left = '';
    await withWorkIndex({ privateDir }, 'x', async (index) => {
      left = index;
    });
    for (const name of [left, `${left}.lock`, join(privateDir, 'index', '0123456789abcdef0123456789abcdef')])
      await writeFile(name, '');
    const before = await names();
    assert.equal(await forgetWorkIndexes({ privateDir }, Date.now() + dayMs - 60_000), 0);
    assert.deepEqual(await names(), before);
    assert.equal(await forgetWorkIndexes({ privateDir }, Date.now() + dayMs + 60_000), 2);
    assert.deepEqual(await names(), ['0123456789abcdef0123456789abcdef']);
  });
});
