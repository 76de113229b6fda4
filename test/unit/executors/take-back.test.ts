import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRef } from '../../../src/executors/executor.ts';
import { takeBack } from '../../../src/executors/local/take-back.ts';
import { FakeTable } from './fake-table.ts';

const pidFile = 'pid 10\nstart start\nboot boot-1\nwrapper 9\nwrapper-start start\n';
const wrapper = { pid: 9, ppid: 1, mark: { session: 's', run: '1' } };

describe('takeBack', () => {
  let run: RunRef;
  let table: FakeTable;
  const plant = (name: string, text: string): Promise<void> => writeFile(join(run.directory, name), text);
  const isLocked = (): boolean => existsSync(join(run.directory, 'lock'));

  beforeEach(async () => {
    const home = await mkdtemp(join(tmpdir(), 'coppice-take-back-'));
    const directory = join(home, 'run');
    for (const folder of ['lock', 'in', 'done']) await mkdir(join(directory, folder), { recursive: true });
    run = { session: 's', run: 1, directory, streamPath: join(home, 'stream'), stderrPath: join(home, 'stderr') };
    table = new FakeTable();
    await plant('command.json', '{"bootId":"boot-1"}');
    await plant('in/000001', 'one');
  });
  afterEach(() => rm(join(run.directory, '..'), { recursive: true, force: true }));

  it('makes a start undone whose wrapper died before the agent ran', async () => {
    for (const name of ['done/000001', 'stdin', 'exit.json']) await plant(name, '');
    await plant('pid', 'pid 1');
    assert.equal(await takeBack(run, table), true);
    const [aside, ...rest] = (await readdir(run.directory)).sort().reverse();
    assert.match(aside ?? '', /^taken-back-/);
    assert.deepEqual(rest, ['in', 'done', 'command.json']);
    assert.deepEqual(await readdir(join(run.directory, 'done')), [], 'what was fed to nobody is fed again');
    assert.deepEqual(await readdir(join(run.directory, 'in')), ['000001']);
    assert.equal(await takeBack(run, table), true, 'there is nothing left to take back');
  });

  it('does nothing while a process of the run lives', async () => {
    table.processes = [wrapper];
    assert.equal(await takeBack(run, table), false);
    assert.ok(isLocked());
    table.processes = [{ ...wrapper, zombie: true }];
    assert.equal(await takeBack(run, table), true);
  });

  it('does nothing when only a second look sees the child of a wrapper that died meanwhile', async () => {
    const list = table.list.bind(table);
    let looks = 0;
    table.list = async () => {
      looks += 1;
      if (looks === 2) table.processes = [{ ...wrapper, pid: 10 }];
      return list();
    };
    assert.equal(await takeBack(run, table), false);
    assert.ok(isLocked());
  });

  it('does nothing when the agent is known after all', async () => {
    const list = table.list.bind(table);
    table.list = async () => {
      await plant('pid', pidFile);
      return list();
    };
    assert.equal(await takeBack(run, table), false);
    assert.ok(isLocked());
  });

  it('does nothing when the start was on another boot, or it is not known on which', async () => {
    table.boot = 'boot-2';
    assert.equal(await takeBack(run, table), false);
    await rm(join(run.directory, 'command.json'));
    assert.equal(await takeBack(run, table), false);
    assert.ok(isLocked());
  });

  it('does nothing when it cannot look', async () => {
    table.broken = new Error('no /proc');
    await assert.rejects(takeBack(run, table));
    assert.ok(isLocked());
  });

  it('is done by one of many, and never takes the lock of a start that came after', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => takeBack(run, table)));
    assert.equal(isLocked(), false);
    assert.ok(results.includes(true));
    // Someone who looked at the old lock long ago comes late.
    const list = table.list.bind(table);
    await mkdir(join(run.directory, 'lock'));
    let isReplaced = false;
    table.list = async () => {
      if (!isReplaced) {
        isReplaced = true;
        assert.equal(await takeBack(run, table), true);
        await mkdir(join(run.directory, 'lock'));
      }
      return list();
    };
    assert.equal(await takeBack(run, table), false);
    assert.ok(isLocked());
  });
});
