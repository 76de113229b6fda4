import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskOf } from '../../../src/engine/sessions/resources.ts';

describe('the disk of a worktree', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'disk-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('counts every file below it once, and follows no link', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'b', 'big'), Buffer.alloc(1_000_000, 1));
    const { bytes, isMore } = await diskOf(folder, 60_000);
    assert.ok(bytes >= 1_000_000 && bytes < 1_200_000 && !isMore, String(bytes));
    linkSync(join(folder, 'a', 'b', 'big'), join(folder, 'again'));
    symlinkSync('/usr', join(folder, 'elsewhere'));
    assert.ok((await diskOf(folder, 60_000)).bytes < 1_200_000);
  });

  it('of one that is gone is nothing, and counting ends when it takes too long', async () => {
    assert.deepEqual(await diskOf(join(folder, 'gone'), 60_000), { bytes: 0, isMore: false });
    assert.equal((await diskOf(folder, -1)).isMore, true);
  });
});
