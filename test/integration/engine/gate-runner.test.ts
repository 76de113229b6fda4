import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '../../../src/core/landing/state.ts';
import { gateRunner } from '../../../src/engine/gates/gate-runner.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import { wrapper } from '../../support/engine/world.ts';
import type { ProcessTable } from '../../../src/executors/process-table.ts';
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
    table = systemProcessTable(),
  ): Promise<Omit<Evidence, 'tree' | 'command'>> => {
    const executor = new LocalExecutor({ wrapperPath: wrapper, table });
    const env = { PATH: process.env['PATH'] ?? '' };
    const runner = gateRunner({
      cwd: folder,
      env,
      timeoutMs,
      folder: join(folder, 'out'),
      maxOutputBytes: 1_000_000,
      newId: randomUUID,
      watch: (mark) => executor.watch(mark),
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
    assert.deepEqual(await commandsWith(String(seconds)), []);
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

  it('that says what is wrong at the end of very much has its end kept', async () => {
    const script = 'head -c 30000000 /dev/zero | tr "\\0" x; echo; echo it is the cache; exit 3';
    const { passed, code, output } = await run(script);
    assert.deepEqual([passed, code], [false, 3]);
    assert.ok((await stat(output)).size < 1_001_000);
    assert.match((await readFile(output, 'utf8')).slice(-100), /x\nit is the cache\n$/u);
  });

  it('of which something goes on printing without end, in a session of its own, is not waited for', async () => {
    const word = `y${Math.floor(Math.random() * 1e9)}`;
    const { passed, code } = await run(`setsid yes ${word} & exit 0`, 200_000);
    assert.deepEqual([passed, code], [true, 0]);
    assert.deepEqual(await commandsWith(word), []);
  });

  it('ends also what was seen below it and has cleared its environment since', async () => {
    const seconds = String(400 + Math.floor(Math.random() * 1e6));
    const seen = join(folder, `seen-${seconds}`);
    const system = systemProcessTable();
    let shown = false;
    const table: ProcessTable = {
      bootId: async () => system.bootId(),
      find: async (pid) => system.find(pid),
      marks: async (pids) => system.marks(pids),
      carrying: async (pids, entry) => system.carrying(pids, entry),
      residentBytes: async (pid) => system.residentBytes(pid),
      async list() {
        // A look that showed it is over when the next one begins.
        if (shown) await writeFile(seen, '');
        const all = await system.list();
        const commands = await Promise.all(all.map(async ({ pid }) => commandOf(pid)));
        shown ||= commands.some((each) => each === `sleep\0${seconds}\0`);
        return all;
      },
    };
    // It has lost its mark at once, and its parent only when it was seen.
    const script = `env -i setsid sleep ${seconds} >/dev/null 2>&1 & until [ -e ${seen} ]; do sleep 0.1; done`;
    const { passed } = await run(script, 200_000, undefined, table);
    assert.ok(passed);
    assert.deepEqual(await commandsWith(seconds), []);
  });

  it('that forks without end is ended at its limit, with all of it', async () => {
    const word = `fork-${Math.floor(Math.random() * 1e9)}`;
    const bomb = `f() { sh -c 'sleep 300' ${word} & sleep 0.15; f & f; }; f`;
    const { passed, code } = await run(bomb, 1200);
    assert.deepEqual([passed, code], [false, null]);
    assert.deepEqual(await commandsWith(word), []);
  });

  it('that cannot be started has not passed', async () => {
    const executor = new LocalExecutor({ wrapperPath: wrapper });
    const runner = gateRunner({
      cwd: folder,
      env: {},
      timeoutMs: 1000,
      folder,
      newId: randomUUID,
      watch: (mark) => executor.watch(mark),
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

/** Command lines of this host that hold the text. */
async function commandsWith(text: string): Promise<readonly string[]> {
  const live = (await systemProcessTable().list()).filter(({ zombie }) => !zombie);
  const commands = await Promise.all(live.map(async ({ pid }) => commandOf(pid)));
  return commands.filter((each) => each.includes(text));
}

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
