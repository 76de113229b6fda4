import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { excludeOwnFiles } from '../../../src/git/exclude.ts';

describe('excludeOwnFiles', () => {
  let common: string;
  const text = (): Promise<string> => readFile(join(common, 'info', 'exclude'), 'utf8');

  beforeEach(async () => {
    common = await mkdtemp(join(tmpdir(), 'coppice-exclude-'));
  });
  afterEach(() => rm(common, { recursive: true, force: true }));

  it('adds both once, behind what is there', async () => {
    await excludeOwnFiles(common);
    await excludeOwnFiles(common);
    assert.equal(await text(), '.coppice/\n.tasks/\n');
  });

  it('lets git see the summaries when that is wanted, and keeps them out again', async () => {
    await excludeOwnFiles(common);
    await excludeOwnFiles(common, true);
    assert.equal(await text(), '.coppice/\n');
    await excludeOwnFiles(common, false);
    assert.equal(await text(), '.coppice/\n.tasks/\n');
  });
});
