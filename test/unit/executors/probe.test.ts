import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe } from '../../../src/executors/local/probe.ts';
import type { RunRef } from '../../../src/executors/executor.ts';
import { FakeTable } from './fake-table.ts';

const pidFile = 'pid 10\nstart start\nboot boot-1\nwrapper 9\nwrapper-start start\n';

describe('probe', () => {
  let run: RunRef;
  let table: FakeTable;
  /** Whole or not at all, as the wrapper does it. */
  const plant = async (name: string, text: string): Promise<void> => {
    await writeFile(join(run.directory, 'made'), text);
    await rename(join(run.directory, 'made'), join(run.directory, name));
  };

  beforeEach(async () => {
    const home = await mkdtemp(join(tmpdir(), 'coppice-probe-'));
    const directory = join(home, 'run');
    await mkdir(join(directory, 'lock'), { recursive: true });
    run = { session: 's', run: 1, directory, streamPath: join(home, 'stream'), stderrPath: join(home, 'stderr') };
    table = new FakeTable();
  });
  afterEach(() => rm(join(run.directory, '..'), { recursive: true, force: true }));

  it('without a lock: not started', async () => {
    await rm(join(run.directory, 'lock'), { recursive: true });
    assert.deepEqual(await probe(run, table), { state: 'not-started' });
    await rm(run.directory, { recursive: true });
    assert.deepEqual(await probe(run, table), { state: 'not-started' });
  });

  it('with a lock and no (complete) pid file: unknown', async () => {
    assert.equal((await probe(run, table)).state, 'unknown');
    await plant('pid', pidFile.slice(0, 20));
    assert.equal((await probe(run, table)).state, 'unknown');
    await plant('command.json', '{"bootId":"boot-1"}');
    assert.equal((await probe(run, table)).state, 'unknown');
    await plant('command.json', '{"bootId":');
    assert.equal((await probe(run, table)).state, 'unknown');
  });

  it('with a lock of another boot and no pid file: gone', async () => {
    await plant('command.json', '{"bootId":"boot-0"}');
    assert.equal((await probe(run, table)).state, 'gone');
  });

  it('the agent lives: running, whether or not its wrapper does', async () => {
    await plant('pid', pidFile);
    table.processes = [{ pid: 10, ppid: 1 }];
    assert.deepEqual(await probe(run, table), { state: 'running', pid: 10 });
  });

  it('the pid is of another boot: gone, even if a process has pid and start time', async () => {
    await plant('pid', pidFile);
    table.boot = 'boot-2';
    table.processes = [{ pid: 10, ppid: 1 }];
    assert.equal((await probe(run, table)).state, 'gone');
  });

  it('the pid was reused: gone', async () => {
    await plant('pid', pidFile);
    table.processes = [{ pid: 10, ppid: 1, startTime: 'later' }];
    assert.equal((await probe(run, table)).state, 'gone');
  });

  it('agent and wrapper are no more: exited without a code', async () => {
    await plant('pid', pidFile);
    assert.deepEqual(await probe(run, table), { state: 'exited' });
    table.processes = [{ pid: 10, ppid: 1, zombie: true }];
    assert.deepEqual(await probe(run, table), { state: 'exited' }, 'a zombie that nobody collects');
  });

  it('the wrapper is about to write the end: waits for it', async () => {
    await plant('pid', pidFile);
    table.processes = [{ pid: 9, ppid: 1 }];
    const answer = probe(run, table);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await plant('exit.json', '{"code":3,"at":0}');
    assert.deepEqual(await answer, { state: 'exited', code: 3 });
  });

  it('the wrapper never writes: bounded', async () => {
    await plant('pid', pidFile);
    table.processes = [{ pid: 9, ppid: 1 }];
    assert.deepEqual(await probe(run, table, 50), { state: 'exited' });
  });

  it('an exit record outweighs everything else', async () => {
    await plant('exit.json', '{"code":0,"at":5}');
    table.broken = new Error('no /proc');
    assert.deepEqual(await probe(run, table), { state: 'exited', code: 0, at: 5000 });
  });

  it('what cannot be read is unknown, never dead', async () => {
    await plant('pid', pidFile);
    table.broken = new Error('no /proc');
    const state = await probe(run, table);
    assert.ok(state.state === 'unknown');
    assert.match(state.reason, /no \/proc/);
  });

  it('a folder in the way of a file is unknown', async () => {
    await mkdir(join(run.directory, 'exit.json'));
    assert.equal((await probe(run, table)).state, 'unknown');
  });

  it('a journalled record stands in for a lost directory', async () => {
    await rm(run.directory, { recursive: true });
    const record = {
      ...run,
      pid: 10,
      startTime: 'start',
      bootId: 'boot-1',
      wrapperPid: 9,
      wrapperStartTime: 'start',
    };
    table.processes = [{ pid: 10, ppid: 9 }];
    assert.deepEqual(await probe(record, table), { state: 'running', pid: 10 });
    table.processes = [];
    assert.deepEqual(await probe(record, table), { state: 'exited' });
  });
});
