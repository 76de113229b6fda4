import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunRef } from '../../../src/executors/executor.ts';
import { prepareRun } from '../../../src/executors/run-files.ts';
import { feederWaits, isAlive, sleep, until, Workbench } from './workbench.ts';

/** Writes to the fifo as it is: what a broken or dying engine may leave there. */
async function notify(run: RunRef, text: string): Promise<void> {
  const fifo = await open(join(run.directory, 'stdin'), constants.O_WRONLY | constants.O_NONBLOCK);
  await fifo.write(text);
  await fifo.close();
}

describe('the input of a local run', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.dispose());

  /** The oldest of those that are neither agent nor wrapper: what feeds is a child of it. */
  async function feederOf(run: RunRef): Promise<number> {
    const feeder = (await bench.executor.processes(run)).findLast(({ by }) => by === 'mark');
    assert.ok(feeder !== undefined);
    return feeder.pid;
  }

  async function endOf(run: RunRef): Promise<string> {
    await bench.executor.close(run);
    await bench.ended(run);
    return bench.stream(run);
  }

  it('that was written before the start is fed at the start', async () => {
    const spec = bench.echo();
    await assert.rejects(bench.executor.write(spec, 1, 'early\n'), { code: 'wrong-state' });
    await prepareRun(spec, 'boot');
    assert.equal(await bench.executor.write(spec, 1, 'early\n'), 'pending');
    await bench.executor.close(spec);
    await bench.start(spec);
    await bench.ended(spec);
    assert.equal(await bench.stream(spec), 'early\n');
  });

  it('is fed once, however often it is written', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    assert.equal(await bench.executor.inputState(spec, 1), 'absent');
    await bench.executor.write(spec, 1, 'one\n');
    await bench.executor.write(spec, 1, 'one\n');
    await until(async () => (await bench.executor.inputState(spec, 1)) === 'fed', 'the input');
    assert.equal(await bench.executor.write(spec, 1, 'other\n'), 'fed');
    assert.equal(await bench.executor.write(spec, 1, 'another\n'), 'fed');
    await bench.executor.write(spec, 2, 'two\n');
    assert.equal(await endOf(spec), 'one\ntwo\n');
  });

  it('is fed in order: a later number waits for the ones before it', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    for (const n of [5, 3, 4, 2]) await bench.executor.write(spec, n, `${n}\n`);
    await sleep(50);
    assert.equal(await bench.stream(spec), '');
    assert.equal(await bench.executor.inputState(spec, 3), 'pending');
    await bench.executor.write(spec, 1, '1\n');
    await until(async () => (await bench.executor.inputState(spec, 5)) === 'fed', 'all inputs');
    assert.equal(await endOf(spec), '1\n2\n3\n4\n5\n');
  });

  it('does not mind torn, repeated, foreign and misleading notices', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    await notify(spec, '0000');
    await notify(spec, '{"half');
    await notify(spec, '\n000001\n000001\n../../../etc/passwd\n$(touch no)\n*\n\0\n999999\nclose\n');
    await bench.executor.write(spec, 1, 'one\n');
    await notify(spec, '000001\n'.repeat(50));
    await notify(spec, 'torn');
    await bench.executor.write(spec, 2, 'two\n');
    await notify(spec, 'close\n');
    await bench.executor.write(spec, 3, 'three\n');
    assert.equal(await endOf(spec), 'one\ntwo\nthree\n');
  });

  it('is found by the next notice, of whatever, when its own was lost with its engine', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    await bench.executor.write(spec, 1, 'one\n');
    await until(async () => (await bench.stream(spec)) === 'one\n', 'the echo');
    await feederWaits(await feederOf(spec));
    await writeFile(join(spec.directory, 'in', '000002'), 'two\n');
    await sleep(30);
    assert.equal(await bench.executor.inputState(spec, 2), 'pending');
    assert.equal(await bench.executor.write(spec, 2, 'of the next engine\n'), 'pending');
    await until(async () => (await bench.executor.inputState(spec, 2)) === 'fed', 'the input');
    assert.equal(await endOf(spec), 'one\ntwo\n');
  });

  it('may be of any size and hold any byte', async () => {
    const spec = bench.spec('', {
      command: 'sh',
      args: ['-c', 'cat >"$1"', 'agent', join(bench.home, 'copy')],
      duplex: true,
    });
    await bench.start(spec);
    const inputs = [
      Buffer.alloc(300_000, 'prompt '),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.alloc(0),
      Buffer.alloc(3_000_000, '🌳'),
      Buffer.from('\\n\\c%s -n -e\n'),
    ];
    for (const [index, data] of inputs.entries()) await bench.executor.write(spec, index + 1, data);
    await endOf(spec);
    assert.ok((await readFile(join(bench.home, 'copy'))).equals(Buffer.concat(inputs)));
  });

  it('of 1,000 numbers arrives whole, once and in order, written by two engines at once', async function () {
    this.timeout(120_000);
    const spec = bench.echo();
    await bench.start(spec);
    const { directory, streamPath, stderrPath, session, run } = spec;
    const ref: RunRef = { directory, streamPath, stderrPath, session, run };
    const other = bench.controller({ do: 'write', run: ref, from: 1, to: 1_000, text: 'line' });
    for (let n = 1_000; n >= 1; n -= 1) await bench.executor.write(spec, n, `line ${n}\n`);
    await other.exit;
    assert.equal(other.child.exitCode, 0);
    await until(async () => (await bench.executor.inputState(spec, 1_000)) === 'fed', 'the last input', 60_000);
    const expected = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1}\n`).join('');
    assert.equal(await endOf(spec), expected);
    assert.deepEqual(
      (await readdir(join(directory, 'in'))).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('of the same number by two engines is one of the two, whole', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const spec = bench.echo({ run: round, streamPath: join(bench.home, `stream-${round}`) });
      await bench.start(spec);
      const texts = ['a', 'b', 'c'].map((letter) => `${letter.repeat(100_000)}\n`);
      await Promise.all(texts.map((text) => bench.executor.write(spec, 1, text)));
      await until(async () => (await bench.executor.inputState(spec, 1)) === 'fed', 'the input');
      const stream = await endOf(spec);
      assert.ok(texts.includes(stream), `${stream.length} bytes, from ${stream.slice(0, 3)} to ${stream.slice(-3)}`);
    }
  });

  it('to an agent that does not read fills up without holding anybody, and is fed when it reads', async () => {
    const spec = bench.spec('while [ ! -e "$1" ]; do sleep 0.02; done; cat', {
      duplex: true,
      args: ['-c', 'while [ ! -e "$1" ]; do sleep 0.02; done; cat', 'agent', join(bench.home, 'go')],
    });
    await bench.start(spec);
    const text = `${'x'.repeat(99_999)}\n`;
    const begin = performance.now();
    for (let n = 1; n <= 5; n += 1) await bench.executor.write(spec, n, text);
    // Enough notices to fill a pipe of 64 KiB.
    for (let i = 0; i < 10_000; i += 1) {
      const state = await bench.executor.write(spec, 5, text);
      assert.equal(state, 'pending');
      if (i === 200) {
        await promisify(execFile)(
          'sh',
          ['-c', 'yes 000005 | head -c 65536 >"$1"', 'sh', join(spec.directory, 'stdin')],
          {
            timeout: 500,
          },
        ).catch(() => undefined);
      }
      if (i > 400) break;
    }
    assert.ok(performance.now() - begin < 40_000);
    await writeFile(join(bench.home, 'go'), '');
    await until(async () => (await bench.executor.inputState(spec, 5)) === 'fed', 'the last input');
    assert.equal((await endOf(spec)).length, 500_000);
  });

  it('ends for the agent behind all inputs with close, which may be repeated', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    for (let n = 1; n <= 20; n += 1) await bench.executor.write(spec, n, `${n}\n`);
    await bench.executor.close(spec);
    await bench.executor.close(spec);
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 0);
    assert.equal((await bench.stream(spec)).split('\n').length, 21);
    await bench.executor.close(spec);
  });

  it('is refused at once when the agent has ended, or takes no more, and is not pending then', async () => {
    const spec = bench.spec('exec <&-; echo closed; sleep 60', { duplex: true });
    await bench.start(spec);
    const { lines } = bench.follow(spec);
    await until(() => lines.length === 1, 'the agent');
    // The first finds the broken pipe.
    await bench.executor.write(spec, 1, 'x\n');
    await until(async () => {
      const refused = await bench.executor.write(spec, 2, 'y\n').then(
        () => false,
        (error: unknown) => error,
      );
      return refused !== false;
    }, 'a refusal');
    await assert.rejects(bench.executor.write(spec, 3, 'z\n'), { code: 'wrong-state', message: /takes no more/ });
    assert.equal(await bench.executor.inputState(spec, 3), 'absent');
    await bench.executor.stop(spec, { graceMs: 1_000 });
    const begin = performance.now();
    await assert.rejects(bench.executor.write(spec, 4, 'z\n'), { code: 'wrong-state', message: /has ended/ });
    assert.ok(performance.now() - begin < 20_000);
    assert.equal(await bench.executor.inputState(spec, 4), 'absent');
  });

  it('is not pending when the feeder ends while it is being written', async () => {
    const spec = bench.spec('');
    await prepareRun(spec, 'boot');
    await mkdir(join(spec.directory, 'lock'));
    const fifo = join(spec.directory, 'stdin');
    await promisify(execFile)('mkfifo', [fifo]);
    const feeder = bench.bystander('sh', ['-c', 'exec 3<>"$0"; echo >"$0.open"; sleep 60 3<&-', fifo], {});
    await until(() => existsSync(`${fifo}.open`), 'the feeder');
    const writing = assert.rejects(bench.executor.write(spec, 1, Buffer.alloc(100_000_000)), { code: 'wrong-state' });
    await until(async () => (await readdir(join(spec.directory, 'in'))).length === 1, 'the beginning of the write');
    assert.equal(await bench.executor.inputState(spec, 1), 'absent');
    feeder.kill('SIGKILL');
    while (isAlive(feeder.pid ?? 0)) continue; // the write does not go on meanwhile: it needs this thread
    await writing;
    assert.deepEqual(await readdir(join(spec.directory, 'in')), []);
  });

  it('goes on when the wrapper was killed, and ends when the feeder was', async () => {
    const spec = bench.echo();
    const { wrapperPid } = await bench.start(spec);
    process.kill(wrapperPid, 'SIGKILL');
    await until(() => !isAlive(wrapperPid), 'the end of the wrapper');
    await bench.executor.write(spec, 1, 'one\n');
    await until(async () => (await bench.stream(spec)) === 'one\n', 'the echo');
    process.kill(await feederOf(spec), 'SIGKILL');
    assert.deepEqual(await bench.ended(spec), { state: 'exited' });
    await assert.rejects(bench.executor.write(spec, 2, 'two\n'), { code: 'wrong-state' });
  });

  it('to a run whose directory was removed is a typed error', async () => {
    const spec = bench.echo();
    await bench.start(spec);
    await bench.executor.stop(spec, { graceMs: 1_000 });
    await rm(spec.directory, { recursive: true });
    await assert.rejects(bench.executor.write(spec, 1, 'x\n'), { code: 'wrong-state' });
    await bench.executor.close(spec);
  });
});
