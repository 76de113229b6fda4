import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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

  it('leaves what a person wrote there as it is, byte for byte', async () => {
    await mkdir(join(common, 'info'));
    const own = Buffer.from('# f\xfcr mich\r\ncaf\xe9\r\n', 'latin1');
    await writeFile(join(common, 'info', 'exclude'), own);
    await excludeOwnFiles(common);
    const after = await readFile(join(common, 'info', 'exclude'));
    assert.deepEqual(after, Buffer.concat([own, Buffer.from('.coppice/\n.tasks/\n')]));
    assert.deepEqual(await readdir(join(common, 'info')), ['exclude']);
  });

  it('writes to where a link leads, and the link stays', async () => {
    await mkdir(join(common, 'info'));
    await writeFile(join(common, 'shared'), 'mine\n');
    await symlink('../shared', join(common, 'info', 'exclude'));
    await excludeOwnFiles(common);
    assert.equal((await lstat(join(common, 'info', 'exclude'))).isSymbolicLink(), true);
    assert.equal(await readFile(join(common, 'shared'), 'utf8'), 'mine\n.coppice/\n.tasks/\n');
  });

  it('writes to where a link leads also when nothing is there yet, and the link stays', async () => {
    await mkdir(join(common, 'info'));
    await symlink('../later', join(common, 'info', 'exclude'));
    await excludeOwnFiles(common);
    assert.equal((await lstat(join(common, 'info', 'exclude'))).isSymbolicLink(), true);
    assert.equal(await readFile(join(common, 'later'), 'utf8'), '.coppice/\n.tasks/\n');
  });

  it('writes nothing over a file that it cannot read', async () => {
    await mkdir(join(common, 'info', 'exclude'), { recursive: true });
    await assert.rejects(excludeOwnFiles(common), { code: 'EISDIR' });
  });
});
