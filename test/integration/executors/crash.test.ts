import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { RunRef } from '../../../src/executors/executor.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import { prepareRun } from '../../../src/executors/run-files.ts';
import { isAlive, sleep, tell, until, Workbench, wrapperPath } from './workbench.ts';

describe('a local run, when something is killed', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.dispose());

  /** Lines that the agents of all starts wrote: one per agent. */
  async function agents(run: RunRef): Promise<string[]> {
    const text = existsSync(run.streamPath) ? await bench.stream(run) : '';
    return text.split('\n').filter((line) => line.startsWith('agent '));
  }

  it('is started exactly once by any number of starters at the same moment', async function () {
    this.timeout(60_000);
    for (let round = 1; round <= 2; round += 1) {
      const spec = bench.spec('echo "agent $$"; sleep 60', { run: round });
      const at = Date.now() + 700;
      const starters = Array.from({ length: 3 }, () => bench.controller({ do: 'start', spec, at }));
      while (Date.now() < at) await sleep(1);
      const own = await Promise.all([bench.start(spec), bench.start(spec)]);
      await Promise.all(starters.map(({ exit }) => exit));
      const records = starters.map((starter) => JSON.parse(starter.output().split('\n')[1] ?? '') as unknown);
      for (const record of [...records, ...own]) assert.deepEqual(record, own[0]);
      await until(async () => (await agents(spec)).length === round, 'the agent');
      await sleep(50);
      assert.deepEqual((await agents(spec)).at(-1), `agent ${own[0].pid}`);
      assert.equal((await agents(spec)).length, round, 'one agent per run');
    }
  });

  it('is started exactly once when wrappers race', async () => {
    const wrappers = 8;
    for (let round = 1; round <= 12; round += 1) {
      const spec = bench.spec('', { run: round });
      await prepareRun(spec, 'boot');
      const { directory, streamPath, stderrPath } = spec;
      const args = [wrapperPath, directory, streamPath, stderrPath, 'plain', '/bin/echo', 'agent'];
      const codes = await Promise.all(
        Array.from({ length: wrappers }, async () => {
          const child = spawn('/bin/sh', args, { stdio: 'ignore', env: {} });
          return new Promise((resolve) => child.once('close', resolve));
        }),
      );
      assert.deepEqual(codes.sort(), [0, ...Array.from({ length: wrappers - 1 }, () => 75)]);
      assert.equal(await bench.stream(spec), 'agent\n'.repeat(round));
    }
  });

  it('loses no byte and doubles none when its starter is killed in mid-stream', async () => {
    const go = join(bench.home, 'go');
    const script = `i=0
      while [ $i -lt 400 ]; do
        echo "$i ü🌳 $$"; i=$((i+1)); [ $((i % 4)) = 0 ] && sleep 0.004
        while [ $i = 300 ] && [ ! -e "$1" ]; do sleep 0.02; done
      done`;
    const spec = bench.spec(script, { args: ['-c', script, 'agent', go] });
    const first = bench.controller({ do: 'start-and-tail', spec });
    await until(() => first.output().split('\n').length > 100, 'a hundred lines');
    first.child.kill('SIGKILL');
    await first.exit;
    const seen = first.output().split('\n').slice(0, -1);
    const taken = seen.map((line) => JSON.parse(line) as { text: string; end: number });
    const state = await bench.executor.probe(spec);
    assert.equal(state.state, 'running', 'the agent outlives its starter');
    await writeFile(go, '');

    const { lines, end } = bench.follow(spec, taken.at(-1)?.end);
    assert.equal((await end).reason, 'ended');
    assert.ok(taken.length < 400 && lines.length > 0);
    const text = [...taken, ...lines].map((line) => `${line.text}\n`).join('');
    assert.equal(text, await bench.stream(spec));
    assert.equal(text.split('\n').length, 401);
    const ended = await bench.executor.probe(spec);
    assert.ok(ended.state === 'exited' && ended.code === 0);
  });

  it('is started exactly once when its starter is killed at any moment of the start', async function () {
    this.timeout(120_000);
    const seed = Date.now() % 1_000_000;
    tell(`seed ${seed}`);
    for (let round = 1; round <= 8; round += 1) {
      const spec = bench.spec('echo "agent $$"; sleep 60', { run: round, streamPath: join(bench.home, `s${round}`) });
      const starter = bench.controller({ do: 'start', spec, at: 0 });
      await until(() => starter.output().includes('ready'), 'the starter');
      // A start takes about 10 ms here.
      await sleep(((seed * round * 7_919) % 150) / 10);
      starter.child.kill('SIGKILL');
      await starter.exit;
      const before = await bench.executor.probe(spec);
      const record = await bench.start(spec);
      await until(async () => (await agents(spec)).length > 0, `the agent (it was ${before.state})`);
      await sleep(20);
      assert.deepEqual(await agents(spec), [`agent ${record.pid}`]);
    }
  });

  it('goes on when its wrapper is killed; its end is then known, its code is not', async () => {
    const spec = bench.spec('echo "agent $$"; read -r line; echo "$line"; exit 3', { duplex: true });
    const record = await bench.start(spec);
    // An agent whose wrapper dies before that can be given nothing, and says so.
    await until(async () => (await bench.executor.processes(spec)).length === 3, 'wrapper, agent and feeder');
    process.kill(record.wrapperPid, 'SIGKILL');
    await until(() => !isAlive(record.wrapperPid), 'the end of the wrapper');
    assert.deepEqual(await bench.executor.probe(spec), { state: 'running', pid: record.pid });
    const { lines, end } = bench.follow(spec);
    await bench.executor.write(spec, 1, 'go on\n');
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(
      lines.map(({ text }) => text),
      [`agent ${record.pid}`, 'go on'],
    );
    assert.deepEqual(await bench.executor.probe(spec), { state: 'exited' });
    assert.deepEqual(await bench.start(spec), record, 'it is not started again');
    // The feeder has nobody to end it.
    const { killed, left, signal } = await bench.executor.stop(spec, { graceMs: 100 });
    assert.deepEqual([killed.length, left, signal], [1, [], 'none']);
    assert.deepEqual(await agents(spec), [`agent ${record.pid}`]);
  });

  describe('at every line of the wrapper', () => {
    const kill = 'kill -KILL "$$"';
    /** Ends the process that is about to become the agent; in a subshell `$$` is still the wrapper. */
    const killAgent = "exec sh -c 'kill -KILL $$'";

    it('is never run twice, and nothing of it is left over', async function () {
      this.timeout(180_000);
      const lines = (await readFile(wrapperPath, 'utf8')).split('\n');
      const first = lines.indexOf('coppice_main() {') + 1;
      const subshell = lines.indexOf('  (', first);
      const cuts: { at: number; command: string }[] = [];
      for (let at = first; lines[at] !== '}'; at += 1) {
        const line = lines[at]?.trim() ?? '';
        if (line === '' || line.startsWith('#') || lines[at - 1]?.endsWith('\\') === true) continue;
        cuts.push({ at, command: kill });
        if (at > subshell && at <= subshell + 6) cuts.push({ at, command: killAgent });
      }
      assert.ok(cuts.length > 50, `${cuts.length} places`);
      const outcomes = new Map<string, number>();
      const next = cuts.entries();
      const worker = async (): Promise<void> => {
        for (const [index, { at, command }] of next) {
          const path = join(bench.home, `run-${index}.sh`);
          await writeFile(path, lines.toSpliced(at, 0, command).join('\n'));
          const outcome = await startKilled(path, index + 1, command === kill).catch((error: unknown) => {
            throw new Error(`line ${at + 1}, ${command}: ${String(error)}`, { cause: error });
          });
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      };
      const workers = await Promise.allSettled(Array.from({ length: 6 }, worker));
      for (const result of workers) if (result.status === 'rejected') throw result.reason;
      tell(`${cuts.length} places: ${[...outcomes].map(([key, count]) => `${count} × ${key}`).join('; ')}`);
      assert.ok(outcomes.size >= 3, 'all kinds of outcome were met');
      assert.doesNotMatch([...outcomes.keys()].join(), /unknown/, 'none is left in doubt');
    });

    /** Starts with a wrapper that kills itself, then with a good one; says what came of the two. */
    async function startKilled(path: string, run: number, agentLives: boolean): Promise<string> {
      const streamPath = join(bench.home, `stream-${run}`);
      await writeFile(streamPath, 'torn');
      const spec = bench.spec('echo "agent $$"; exec sleep 60', { run, streamPath, duplex: run % 4 !== 0 });
      const killed = await outcomeOf(
        new LocalExecutor({ wrapperPath: path }).start(spec, new AbortController().signal),
      );
      const again = await outcomeOf(bench.start(spec));
      let { state } = await bench.executor.probe(spec);
      // One that is about to kill itself is there for a moment.
      const isSettled = async (): Promise<boolean> => {
        ({ state } = await bench.executor.probe(spec));
        return state !== 'running' || (await agents(spec)).length === 1;
      };
      if (state === 'running') await until(isSettled, 'the agent, or its end');
      if (state !== 'running') assert.deepEqual(await agents(spec), []);
      if (again === 'started' && agentLives) assert.equal(state, 'running');
      const report = await bench.executor.stop(spec, { graceMs: 20_000 });
      assert.deepEqual(report.left, []);
      assert.deepEqual(await bench.executor.processes(spec), []);
      assert.ok((await agents(spec)).length <= 1);
      if (state === 'running') assert.equal(report.signal, 'SIGTERM');
      return `${killed}, then ${again}, ${state}, after stop ${report.state.state}`;
    }
  });

  it('says so when the agent is killed', async () => {
    const spec = bench.echo();
    const { pid } = await bench.start(spec);
    process.kill(pid, 'SIGKILL');
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 137 && state.signal === 'SIGKILL');
    await assert.rejects(bench.executor.write(spec, 1, 'x\n'), { code: 'wrong-state' });
    await until(async () => (await bench.executor.processes(spec)).length === 0, 'the end of wrapper and feeder');
  });

  it('is known from its record alone when its directory is lost', async () => {
    const spec = bench.spec('echo "agent $$"; sleep 60');
    const record = await bench.start(spec);
    await rm(spec.directory, { recursive: true });
    assert.deepEqual(await bench.executor.probe(record), { state: 'running', pid: record.pid });
    const report = await bench.executor.stop(record, { graceMs: 20_000 });
    assert.equal(report.signal, 'SIGTERM');
    assert.deepEqual(report.state, { state: 'exited' });
    assert.deepEqual(await bench.executor.processes(record), []);
  });

  it('shows a reused pid, and a pid of another boot, as gone, and signals nobody', async () => {
    const spec = bench.spec('sleep 60');
    const bystander = bench.bystander('sleep', ['60'], {});
    const record = await bench.start(spec);
    const file = join(spec.directory, 'pid');
    const text = await readFile(file, 'utf8');
    await bench.executor.stop(spec, { graceMs: 1_000 });
    await rm(join(spec.directory, 'exit.json'));
    for (const [from, to] of [
      [`pid ${record.pid}`, `pid ${bystander.pid}`],
      [record.bootId, '00000000-0000-0000-0000-000000000000'],
    ] as const) {
      await writeFile(file, text.replace(from, to));
      assert.equal((await bench.executor.probe(spec)).state, 'gone');
      assert.equal(await bench.executor.signal(spec, 'SIGKILL'), 'not-running');
      const report = await bench.executor.stop(spec, { graceMs: 50 });
      assert.deepEqual([report.signal, report.killed, report.left], ['none', [], []]);
    }
    assert.ok(isAlive(bystander.pid ?? 0));
    assert.deepEqual((await readdir(spec.directory)).includes('lock'), true);
  });
});

async function outcomeOf(start: Promise<unknown>): Promise<string> {
  try {
    await start;
    return 'started';
  } catch (error) {
    assert.ok(error instanceof CoppiceError, String(error));
    assert.ok(['internal', 'unknown-outcome'].includes(error.code), String(error));
    return error.code;
  }
}
