import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHead } from '../../../src/git/facts.ts';

describe('the HEAD of a checkout', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'coppice-head-'))));
  after(async () => rm(folder, { recursive: true, force: true }));
  const head = async (text: string) => {
    await writeFile(join(folder, 'HEAD'), text);
    return readHead(folder);
  };

  it('is a branch or a commit', async () => {
    assert.deepEqual(await head('ref: refs/heads/feature/x\n'), { kind: 'branch', branch: 'feature/x' });
    const commit = '0123456789abcdef0123456789abcdef01234567';
    assert.deepEqual(await head(`${commit}\n`), { kind: 'detached', commit });
  });

  it('is refused with the name of its branch where git could take that for an option, and with how to rename it', async () => {
    await assert.rejects(head('ref: refs/heads/--upload-pack=x\n'), {
      code: 'worktree-unsafe',
      message:
        'The branch that is checked out is named "--upload-pack=x", which git does not take as the name of a branch.',
      next: 'Rename it there: `git branch -m NAME`.',
    });
  });

  it('is refused where it is none', async () => {
    await assert.rejects(head('refs/heads/x\n'), {
      code: 'worktree-unsafe',
      message: /is not the HEAD of a checkout/u,
    });
  });
});
