import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '../../../src/core/landing/state.ts';
import { gateRunner } from '../../../src/engine/gates/gate-runner.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import { wrapper } from '../../support/engine/world.ts';
import { systemProcessTable } from '../../../src/executors/process-table-system.ts';

describe('a gate that is run', function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'gates-'))));
  after(async () => rm(folder, { recursive: true, force: true }));

  const run = (
    script: string,
    timeoutMs = 60_000,
    signal = new AbortController().signal,
  ): Promise<Omit<Evidence, 'tree' | 'command'>> => {
    const executor = new LocalExecutor({ wrapperPath: wrapper });
    const env = { PATH: process.env['PATH'] ?? '' };
    const runner = gateRunner({
      cwd: folder,
      env,
      timeoutMs,
      folder: join(folder, 'out'),
      maxOutputBytes: 1_000_000,
      newId: randomUUID,
      sweep: (mark, limits) => executor.sweep(mark, limits),
    });
    return runner({ kind: 'test', command: ['sh', '-c', script], from: 'settings' }, signal);
  };

  it('has its exit code and its output', async () => {
    assert.deepEqual({ ...(await run('echo fine')), ms: 0, output: '' }, { passed: true, code: 0, ms: 0, output: '' });
    const { passed, code, output } = await run('echo broken; exit 3');
    assert.deepEqual([passed, code], [false, 3]);
    assert.equal((await stat(output)).size, 'broken\n'.length);
  });

  it('leaves nothing running, whatever it forked, in whatever session', async () => {
    const seconds = 400 + Math.floor(Math.random() * 1e6);
    const { passed } = await run(
      `setsid sleep ${seconds} >/dev/null 2>&1 & nohup sleep ${seconds} >/dev/null 2>&1 & (setsid sh -c 'sleep ${seconds} & wait' &) ; sleep 0.3; true`,
    );
    assert.ok(passed);
    const marked = await systemProcessTable().list();
    const command = await Promise.all(
      marked.filter(({ name, zombie }) => name === 'sleep' && !zombie).map(({ pid }) => commandOf(pid)),
    );
    assert.deepEqual(
      command.filter((each) => each.includes(String(seconds))),
      [],
    );
  });

  it('is ended at its limit, and has not passed, whatever code it makes up', async () => {
    const began = performance.now();
    const { passed, code } = await run("trap 'exit 0' TERM; while true; do sleep 0.1; done", 500);
    assert.deepEqual([passed, code], [false, null]);
    assert.ok(performance.now() - began < 50_000);
  });

  it('that prints without end is ended at its limit, and a megabyte of it is kept', async () => {
    const { passed, code, output } = await run('yes', 1500);
    assert.deepEqual([passed, code], [false, null]);
    assert.ok((await stat(output)).size < 1_001_000);
  });

  it('that cannot be started has not passed', async () => {
    const executor = new LocalExecutor({ wrapperPath: wrapper });
    const runner = gateRunner({
      cwd: folder,
      env: {},
      timeoutMs: 1000,
      folder,
      newId: randomUUID,
      sweep: (mark, limits) => executor.sweep(mark, limits),
    });
    const { passed, code } = await runner(
      { kind: 'test', command: ['/nowhere/at-all'], from: 'settings' },
      new AbortController().signal,
    );
    assert.deepEqual([passed, code], [false, null]);
  });

  it('is ended when the engine stops, and says nothing', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('stopping')), 200);
    await assert.rejects(run('sleep 500', 60_000, abort.signal), /stopping/u);
  });
});

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
