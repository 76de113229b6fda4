import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSpec } from '../../../src/executors/executor.ts';
import {
  parseExit,
  parseProcesses,
  preparedBootId,
  prepareRun,
  readExit,
  readProcesses,
  writeWhole,
} from '../../../src/executors/run-files.ts';

async function made(path: string): Promise<string> {
  await writeFile(path, '');
  return path;
}

const complete = 'pid 12\nstart 3456\nboot b-1\nwrapper 11\nwrapper-start 3455\n';

describe('run files', () => {
  it('reads a pid file only when it is complete', () => {
    const expected = { pid: 12, startTime: '3456', bootId: 'b-1', wrapperPid: 11, wrapperStartTime: '3455' };
    assert.deepEqual(parseProcesses(complete), expected);
    for (let length = 0; length < complete.length; length += 1) {
      assert.equal(parseProcesses(complete.slice(0, length)), undefined, `after ${length} bytes`);
    }
    assert.equal(parseProcesses(complete.replace('12', '')), undefined);
    assert.equal(parseProcesses('\0'.repeat(60)), undefined);
  });

  it('reads start times that have spaces in them', () => {
    const text = complete.replace('3456', 'Sat Nov 21 02:01:27 2026');
    assert.equal(parseProcesses(text)?.startTime, 'Sat Nov 21 02:01:27 2026');
  });

  it('keeps the raw code and names the signal that it may mean', () => {
    assert.deepEqual(parseExit('{"code":0,"at":1795226166}      \n'), { state: 'exited', code: 0, at: 1795226166000 });
    assert.deepEqual(parseExit('{"code":7,"at":0}'), { state: 'exited', code: 7 });
    assert.deepEqual(parseExit('{"code":143,"at":0}'), { state: 'exited', code: 143, signal: 'SIGTERM' });
    assert.deepEqual(parseExit('{"code":137,"at":0}'), { state: 'exited', code: 137, signal: 'SIGKILL' });
    assert.deepEqual(parseExit('{"code":128,"at":0}'), { state: 'exited', code: 128 });
    assert.deepEqual(parseExit('{"code":255,"at":0}'), { state: 'exited', code: 255 });
    for (const damaged of ['', '{"code":', '{"code":"0","at":1}', '\0\0\0']) {
      assert.deepEqual(parseExit(damaged), { state: 'exited' }, JSON.stringify(damaged));
    }
  });

  describe('in a folder', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'coppice-files-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('says nothing of what an agent put in the place of a file: a device without end, a link, a fifo; of a folder that it cannot be read', async () => {
      const run = { session: 's', run: 1, directory: folder, streamPath: '', stderrPath: '' };
      await writeFile(join(folder, 'elsewhere'), complete);
      for (const target of ['/dev/zero', join(folder, 'elsewhere'), folder]) {
        for (const name of ['exit.json', 'pid']) await symlink(target, join(folder, name));
        assert.deepEqual(await readExit(run), { state: 'exited' }, target);
        assert.equal(await readProcesses(run), undefined, target);
        for (const name of ['exit.json', 'pid']) await rm(join(folder, name));
      }
      execFileSync('mkfifo', [join(folder, 'exit.json')]);
      assert.deepEqual(await readExit(run), { state: 'exited' });
      await rm(join(folder, 'exit.json'));
      await truncate(await made(join(folder, 'exit.json')), 2 ** 40);
      assert.deepEqual(await readExit(run), { state: 'exited' });
      await rm(join(folder, 'exit.json'));
      await mkdir(join(folder, 'exit.json'));
      await assert.rejects(readExit(run), { code: 'EISDIR' });
    });

    it('prepares a run with the names of its environment and no value of it', async () => {
      const spec: RunSpec = {
        session: 's-1',
        run: 3,
        directory: join(folder, 'runs', '3'),
        streamPath: join(folder, 'stream.jsonl'),
        stderrPath: join(folder, 'stderr.log'),
        command: 'agent',
        args: ['--flag', '"bootId": "other"'],
        cwd: '/',
        env: { PATH: '/secret-path', API_KEY: 'secret-key' },
        secrets: ['API_KEY'],
        duplex: true,
      };
      await prepareRun(spec, 'boot-1');
      const text = await readFile(join(spec.directory, 'command.json'), 'utf8');
      const command: unknown = JSON.parse(text);
      assert.deepEqual(command, {
        session: 's-1',
        run: 3,
        command: 'agent',
        args: ['--flag', '"bootId": "other"'],
        cwd: '/',
        duplex: true,
        environment: ['COPPICE_RUN', 'COPPICE_SESSION', 'PATH'],
        secrets: ['API_KEY'],
        bootId: 'boot-1',
      });
      assert.doesNotMatch(text, /secret-/);
      assert.equal(await preparedBootId(spec), 'boot-1');
      assert.equal((await stat(spec.directory)).mode & 0o777, 0o700);
      for (const path of [spec.streamPath, spec.stderrPath, join(spec.directory, 'command.json')]) {
        assert.equal((await stat(path)).mode & 0o777, 0o600, path);
      }
    });

    it('leaves no half file when a write fails', async () => {
      await assert.rejects(writeWhole(join(folder, 'absent', 'file'), 'x'), { code: 'ENOENT' });
      await assert.rejects(writeWhole(folder, 'x'));
      assert.deepEqual(await readdir(folder), []);
    });
  });
});
