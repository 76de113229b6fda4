import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputName } from '../../../src/executors/inbox.ts';
import { fileSize, freeBytes, spaceAt, watchSpace } from '../../../src/executors/space.ts';
import type { Space } from '../../../src/executors/space.ts';

describe('space', () => {
  it('is compared with the watermark', async () => {
    const free = await freeBytes(tmpdir());
    assert.ok(free > 0);
    assert.equal((await spaceAt(tmpdir(), 1)).incomplete, false);
    assert.equal((await spaceAt(tmpdir(), Number.MAX_SAFE_INTEGER)).incomplete, true);
    await assert.rejects(freeBytes(join(tmpdir(), 'coppice-absent')), { code: 'ENOENT' });
  });

  it('is watched until aborted, and only a crossing is told', async () => {
    const abort = new AbortController();
    const told: Space[] = [];
    const watching = watchSpace(tmpdir(), {
      watermarkBytes: Number.MAX_SAFE_INTEGER,
      everyMs: 5,
      signal: abort.signal,
      onCrossed: (space) => void told.push(space),
    });
    for (let i = 0; told.length === 0; i += 1) {
      assert.ok(i < 2_000, 'nothing was told');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
    abort.abort();
    await watching;
    assert.deepEqual(
      told.map(({ incomplete }) => incomplete),
      [true],
    );
  });

  it('knows the size of a file that may not exist', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coppice-space-'));
    try {
      await writeFile(join(folder, 'stream'), '12345');
      assert.equal(await fileSize(join(folder, 'stream')), 5);
      assert.equal(await fileSize(join(folder, 'absent')), 0);
      await assert.rejects(fileSize(join(folder, 'stream', 'below')), { code: 'ENOTDIR' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the number of an input', () => {
  it('is 1 to 999,999, in six digits', () => {
    assert.equal(inputName(1), '000001');
    assert.equal(inputName(999_999), '999999');
    for (const n of [0, -1, 1.5, 1_000_000, NaN, Infinity]) {
      assert.throws(() => inputName(n), { code: 'bad-usage' }, String(n));
    }
  });
});
