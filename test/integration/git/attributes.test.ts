import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attributesOf } from '../../../src/git/attributes.ts';
import { Sandbox } from './support.ts';

describe('attributes of paths', () => {
  let sandbox: Sandbox;
  beforeEach(async () => (sandbox = await Sandbox.make()));
  afterEach(() => sandbox.clean());

  it('are told where a file stands in the place of a folder that may say more', async () => {
    const main = await sandbox.repository('project', { '.gitattributes': '*.txt text\n', 'src/a.txt': 'a\n' });
    await writeFile(join(sandbox.env['HOME'] ?? '', '.config'), 'a file\n');
    const repository = await sandbox.open(main);
    const place = { path: main, admin: join(main, '.git') };
    const found = await attributesOf(repository, place, ['src/a.txt', 'src/a.txt/b.txt']);
    assert.equal(found.get('src/a.txt')?.get('text'), 'set');
  });
});
