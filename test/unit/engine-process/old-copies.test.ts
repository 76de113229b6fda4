import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetOldCopies } from '../../../src/engine/process/old-copies.ts';
import { openLog } from '../../../src/engine/process/log.ts';

describe('copies of engines', () => {
  it('go when they are older than the engine that runs; newer ones and everything else stay', async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'copies-')));
    try {
      const names = [
        '0.9.0',
        '0.10.0',
        '0.10.1-beta',
        '0.10.1',
        '0.10.1+aa',
        '0.10.1+bb',
        '0.9.0+cc',
        '0.11.0',
        '.new-abcdef',
        '0.0.0-source',
        'notes',
      ];
      for (const name of names) {
        await mkdir(join(root, 'engine', name), { recursive: true });
        await writeFile(join(root, 'engine', name, 'engine.js'), '');
      }
      await writeFile(join(root, 'engine', '0.1.0'), 'a file');
      const log = openLog({ path: join(root, 'engine', 'engine.log'), clock: Date.now, pid: 1, level: 'info' });
      const left = async (program?: string): Promise<string[]> => {
        await forgetOldCopies({ root }, '0.10.1', log, program);
        return (await readdir(join(root, 'engine'))).sort();
      };
      const rest = ['.new-abcdef', '0.1.0', '0.10.1', '0.10.1+aa', '0.10.1+bb', '0.11.0', 'engine.log', 'notes'];
      assert.deepEqual(await left(join(root, 'dist', 'engine.js')), rest, 'it does not run from a copy itself');
      const own = rest.filter((name) => name !== '0.10.1' && name !== '0.10.1+bb');
      assert.deepEqual(await left(join(root, 'engine', '0.10.1+aa', 'engine.js')), own);
      await mkdir(join(root, 'engine', '0.0.0-source'));
      const program = join(root, 'engine', '0.0.0-source', 'engine.js');
      assert.ok((await left(program)).includes('0.0.0-source'), 'its own, whatever it is called');
      await forgetOldCopies({ root: join(root, 'nowhere') }, '0.10.1', log);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
