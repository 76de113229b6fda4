import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRef, StopReport } from '../../../src/executors/executor.ts';
import { isAlive, pidIn, sleep, until, Workbench } from './workbench.ts';

describe('stopping a local run', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.dispose());

  const ready = async (spec: { streamPath: string }): Promise<void> =>
    until(async () => {
      const { readFile } = await import('node:fs/promises');
      return (await readFile(spec.streamPath, 'utf8')).includes('ready');
    }, 'the agent');

  it('lets the agent clean up', async () => {
    const spec = bench.spec('trap "echo cleaned; exit 0" TERM; echo ready; while :; do sleep 0.02; done');
    await bench.start(spec);
    await ready(spec);
    const begin = performance.now();
    const report = await bench.executor.stop(spec, { graceMs: 50_000 });
    assert.ok(performance.now() - begin < 40_000, 'the grace time is not waited for');
    assert.equal(report.signal, 'SIGTERM');
    assert.ok(report.state.state === 'exited' && report.state.code === 0);
    assert.deepEqual(report.left, []);
    assert.equal(await bench.stream(spec), 'ready\ncleaned\n');
  });

  it('kills an agent that ignores SIGTERM, after the grace time', async () => {
    const spec = bench.spec('trap "echo no" TERM; echo ready; while :; do sleep 0.02; done');
    const { wrapperPid } = await bench.start(spec);
    await ready(spec);
    const begin = performance.now();
    const report = await bench.executor.stop(spec, { graceMs: 300 });
    const elapsed = performance.now() - begin;
    assert.ok(elapsed >= 300 && elapsed < 30_000, `${elapsed} ms`);
    assert.equal(report.signal, 'SIGKILL');
    assert.ok(report.state.state === 'exited' && report.state.code === 137);
    assert.equal(isAlive(wrapperPid), false);
  });

  it('ends what got away: own session, other parent, no mark, deaf', async () => {
    const files = ['marked', 'unmarked', 'deaf', 'nested'].map((name) => join(bench.home, name));
    const spec = bench.spec('', {
      args: [
        '-c',
        `sh -c 'setsid -f sh -c "echo \\$\\$ >$0; exec sleep 60"' "$1"
         env -i setsid sh -c 'echo $$ >"$0"; while :; do sleep 1; done' "$2" &
         setsid sh -c 'trap "" TERM HUP INT; echo $$ >"$0"; while :; do sleep 1; done' "$3" &
         ( setsid sh -c '( sh -c "echo \\$\\$ >$0; exec sleep 60" & )' "$4" & )
         echo ready; while :; do sleep 0.02; done`,
        'agent',
        ...files,
      ],
    });
    await bench.start(spec);
    await ready(spec);
    const pids = await Promise.all(files.map(pidIn));
    const report = await bench.executor.stop(spec, { graceMs: 20_000 });
    assert.equal(report.signal, 'SIGTERM');
    assert.deepEqual(report.left, []);
    for (const pid of pids) assert.equal(isAlive(pid), false, `${pid}`);
    for (const pid of pids) assert.ok(report.killed.some((process) => process.pid === pid));
    assert.equal(report.killed.find(({ pid }) => pid === pids[1])?.by, 'descent');
    assert.equal(report.killed.find(({ pid }) => pid === pids[0])?.by, 'mark');
  });

  it('sweeps behind an agent that was killed with SIGKILL, and behind one that ended by itself', async () => {
    const script = 'setsid -f sleep 60; setsid -f sleep 60; echo ready; read -r line';
    /** It and the feeder have a moment to live when the end is on record. */
    const wrapperGone = (run: RunRef): Promise<void> =>
      until(async () => (await bench.executor.processes(run)).length === 2, 'the end of wrapper and feeder');
    const killed = bench.spec(script, { duplex: true });
    const { pid } = await bench.start(killed);
    await ready(killed);
    process.kill(pid, 'SIGKILL');
    await bench.ended(killed); // until its wrapper has seen it, it counts as running
    await wrapperGone(killed);
    const first = await bench.executor.stop(killed, { graceMs: 1_000 });
    assert.deepEqual([first.signal, first.killed.length, first.left], ['none', 2, []]);
    assert.ok(first.state.state === 'exited' && first.state.signal === 'SIGKILL');

    const ended = bench.spec(script, { run: 2, duplex: true, streamPath: join(bench.home, 'second') });
    await bench.start(ended);
    await ready(ended);
    await bench.executor.close(ended);
    await bench.ended(ended);
    await wrapperGone(ended);
    const second = await bench.executor.stop(ended, { graceMs: 1_000 });
    assert.deepEqual([second.signal, second.killed.length, second.left], ['none', 2, []]);
    assert.deepEqual((await bench.executor.stop(ended, { graceMs: 1_000 })).killed, []);
  });

  it('may be asked by two at once', async () => {
    const spec = bench.spec('trap "" TERM; echo ready; while :; do sleep 0.02; done', { duplex: true });
    await bench.start(spec);
    await ready(spec);
    const reports = await Promise.all([1, 2, 3].map(() => bench.executor.stop(spec, { graceMs: 200 })));
    for (const report of reports) assert.deepEqual([report.state.state, report.left], ['exited', []]);
  });

  it('outruns processes that multiply', async function () {
    this.timeout(120_000);
    // A tree of 127 and three that start another one of their kind all the time, none of them below the agent for long.
    const script = `tree() { [ "$1" -eq 0 ] || { tree $(($1 - 1)) & tree $(($1 - 1)) & }; exec sleep 60; }
      (tree 6) &
      for i in 1 2 3; do setsid -f sh -c 'while :; do setsid -f sleep 60; sleep 0.01; done'; done
      echo ready; while :; do sleep 1; done`;
    const spec = bench.spec(script);
    await bench.start(spec);
    await ready(spec);
    await until(async () => (await bench.executor.processes(spec)).length > 150, 'the crowd');
    const begin = performance.now();
    const report = await bench.executor.stop(spec, { graceMs: 500, sweepMs: 60_000 });
    assert.deepEqual(report.left, []);
    assert.ok(report.killed.length >= 150, `${report.killed.length}`);
    assert.ok(performance.now() - begin < 50_000, 'before its limit');
    assert.deepEqual(await bench.executor.processes(spec), []);
  });

  it('never touches a bystander, however much it looks like one of ours', async () => {
    const { session } = bench;
    const spec = bench.spec('echo ready; while :; do sleep 0.02; done', { run: 2 });
    const other = bench.spec('echo ready; while :; do sleep 0.02; done', {
      session: `${session}2`,
      run: 2,
      streamPath: join(bench.home, 'other'),
    });
    const script = 'while :; do sleep 1; done';
    const bystanders = [
      bench.bystander('sleep', ['60'], { COPPICE_SESSION: session, COPPICE_RUN: '22' }),
      bench.bystander('sleep', ['60'], { COPPICE_SESSION: session, COPPICE_RUN: '1' }),
      bench.bystander('sleep', ['60'], { COPPICE_SESSION: session }),
      bench.bystander('sleep', ['60'], { COPPICE_SESSION: `${session}x`, COPPICE_RUN: '2' }),
      bench.bystander('sleep', ['60'], { COPPICE_SESSION: session.slice(1), COPPICE_RUN: '2' }),
      bench.bystander('sleep', ['60'], { OLD_COPPICE_SESSION: session, COPPICE_RUN: '2' }),
      bench.bystander('sleep', ['60'], { NOTE: `\nCOPPICE_SESSION=${session}\nCOPPICE_RUN=2\n` }),
      bench.bystander('sh', ['-c', script, `COPPICE_SESSION=${session}`, 'COPPICE_RUN=2'], {}),
    ];
    await bench.start(spec);
    await bench.start(other);
    await ready(spec);
    await ready(other);
    const report = await bench.executor.stop(spec, { graceMs: 20_000 });
    assert.equal(report.signal, 'SIGTERM');
    await sleep(50);
    for (const [index, { pid }] of bystanders.entries()) assert.ok(isAlive(pid ?? 0), `bystander ${index}`);
    assert.equal((await bench.executor.probe(other)).state, 'running');

    // The session's mark counts without the run's only for those that carry a run at all.
    await bench.executor.sweep(session, { graceMs: 0 });
    await sleep(50);
    assert.deepEqual(
      bystanders.map(({ pid }) => isAlive(pid ?? 0)),
      [false, false, true, true, true, true, true, true],
    );
    assert.equal((await bench.executor.probe(other)).state, 'running');
  });

  it('does not end the one who asks, although it carries the mark itself', async () => {
    const spec = bench.spec('echo ready; while :; do sleep 0.02; done');
    await bench.start(spec);
    await ready(spec);
    const program = fileURLToPath(new URL('./controller.ts', import.meta.url));
    const { session, run, directory, streamPath, stderrPath } = spec;
    const task = JSON.stringify({ do: 'stop', run: { session, run, directory, streamPath, stderrPath } });
    const env = { ...process.env, COPPICE_SESSION: session, COPPICE_RUN: '1' };
    const marked = spawn(process.execPath, [program, task], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    marked.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await new Promise((resolve) => marked.once('close', resolve));
    const report = JSON.parse(output) as StopReport;
    assert.equal(marked.exitCode, 0);
    assert.deepEqual([report.signal, report.left], ['SIGTERM', []]);
    assert.equal(
      report.killed.some(({ pid }) => pid === marked.pid),
      false,
    );
  });
});
