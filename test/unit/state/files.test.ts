import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFiles } from '../../../src/state/file-operations.ts';
import { appendToFile, readWholeFile, removeTemporaries, writeFileAtomic } from '../../../src/state/files.ts';
import { FaultyFiles } from './faulty-files.ts';
import { openState } from './states.ts';
import { noted, opened } from './toy-domain.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coppice-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('files on the disk', () => {
  it('are replaced in one step, for the owner alone, in folders for the owner alone', async () => {
    const path = join(folder, 'a', 'b', 'file.json');
    const files = new FaultyFiles(diskFiles);
    await writeFileAtomic(files, path, 'one');
    await writeFileAtomic(files, path, [Buffer.from('tw'), Buffer.from('ö')]);
    assert.equal(readFileSync(path, 'utf8'), 'twö');
    assert.deepEqual([mode(path), mode(join(folder, 'a')), mode(join(folder, 'a', 'b'))], ['600', '700', '700']);
    assert.deepEqual(readdirSync(join(folder, 'a', 'b')), ['file.json']);
    const second = files.calls.slice(files.calls.length / 2).map(({ operation }) => operation);
    assert.deepEqual(second.filter((operation) => operation !== 'write').slice(-4), [
      'open',
      'datasync',
      'rename',
      'syncdir',
    ]);
    assert.equal((await readWholeFile(diskFiles, path)).toString(), 'twö');
  });

  it('stay as they are when replacing them fails, and nothing is left beside', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    for (const failing of ['open', 'write', 'datasync', 'rename'] as const) {
      const files = new FaultyFiles(diskFiles);
      files.fail = ({ operation }) => (operation === failing ? { code: 'ENOSPC', bytesWritten: 1 } : undefined);
      await assert.rejects(writeFileAtomic(files, path, 'newer'), { code: 'ENOSPC' });
      assert.equal(readFileSync(path, 'utf8'), 'old');
      assert.deepEqual(readdirSync(folder), ['file']);
    }
  });

  it('are never written through a planted symbolic link', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious');
    const link = join(folder, 'link');
    symlinkSync(target, link);
    await assert.rejects(appendToFile(diskFiles, link, 'x'), { code: 'ELOOP' });
    await writeFileAtomic(diskFiles, link, 'mine');
    assert.deepEqual([readFileSync(target, 'utf8'), readFileSync(link, 'utf8')], ['precious', 'mine']);
  });

  it('are appended to, and made if missing', async () => {
    const path = join(folder, 'deep', 'log');
    await appendToFile(diskFiles, path, 'a\n');
    await appendToFile(diskFiles, path, 'b\n');
    assert.deepEqual([readFileSync(path, 'utf8'), mode(path)], ['a\nb\n', '600']);
  });

  it('that a killed process left are removed, others are not', async () => {
    for (const name of ['.a.0123456789abcdef.tmp', '.b.tmp', 'c.0123456789abcdef.tmp', '.0123456789abcdef.tmp']) {
      writeFileSync(join(folder, name), '');
    }
    await removeTemporaries(diskFiles, folder);
    assert.deepEqual(readdirSync(folder).sort(), ['.0123456789abcdef.tmp', '.b.tmp', 'c.0123456789abcdef.tmp']);
  });

  it('that are read while they shrink give what is there', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'short');
    const file = await diskFiles.open(path, 'read');
    const files = { ...diskFiles, open: async () => ({ ...file, status: () => ({ bytes: 100, linked: true }) }) };
    assert.equal((await readWholeFile(files, path)).toString(), 'short');
  });

  it('list nothing for a folder that is not there, and tell other errors', async () => {
    assert.deepEqual(await diskFiles.list(join(folder, 'nowhere')), []);
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(diskFiles.list(join(folder, 'file')), { code: 'ENOTDIR' });
    mkdirSync(join(folder, 'there'));
    await diskFiles.remove(join(folder, 'nothing'));
  });
});

describe('the state on a real disk', () => {
  it('survives restarts, rollovers and a torn end', async () => {
    const home = join(folder, 'home');
    const state = await openState(diskFiles, { home, segmentBytes: 4096 });
    for (let i = 0; i < 20; i++)
      await state.transact('engine', () => [opened(`a${i}`), noted(`n${i}`, 'x'.repeat(100))]);
    await state.close();
    const journal = join(home, 'journal');
    const segments = readdirSync(journal).sort();
    assert.ok(segments.length > 2);
    assert.deepEqual([mode(home), mode(journal), mode(join(journal, '000001.jsonl'))], ['700', '700', '600']);
    writeFileSync(join(journal, segments.at(-1) ?? ''), '{"torn', { flag: 'a' });
    const again = await openState(diskFiles, { home, segmentBytes: 4096 });
    assert.equal(again.openReport.tornBytes, 6);
    assert.equal(again.canonicalState(), state.canonicalState());
    await again.transact('engine', () => [opened('after')]);
    assert.equal((await again.verify()).ok, true);
    assert.ok(existsSync(join(home, 'snapshot.jsonl')));
  });

  it('stops when its journal is deleted', async () => {
    const home = join(folder, 'home');
    const state = await openState(diskFiles, { home });
    await state.transact('engine', () => [opened('a')]);
    rmSync(home, { recursive: true });
    await assert.rejects(
      state.transact('engine', () => [opened('b')]),
      { code: 'read-only', message: /deleted/ },
    );
    await state.close();
    assert.equal(existsSync(home), false);
  });
});
