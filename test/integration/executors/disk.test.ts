import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { watchSpace } from '../../../src/executors/space.ts';
import type { RunSpec } from '../../../src/executors/executor.ts';
import { sleep, tell, until, Workbench } from './workbench.ts';

/** Writes until nothing fits, waits for `$1`, writes once more, ends with 4. */
const filler = `i=0
while [ $i -lt 4000 ]; do echo "line $i $2" 2>/dev/null; i=$((i+1)); done
while [ ! -e "$1" ]; do sleep 0.02; done
echo after; exit 4`;
const pageBytes = 4096;
const padding = 'x'.repeat(180);

describe('a local run on a full disk', () => {
  let bench: Workbench;
  let disk: string | undefined;
  beforeEach(async () => {
    bench = await Workbench.open();
    try {
      disk = await bench.fileSystem('512k');
    } catch (error) {
      disk = undefined;
      tell(`no file system of its own (${String(error)}): a file size limit stands in for a full disk`);
    }
  });
  afterEach(() => bench.dispose());

  /** A spec whose files are on the small disk, or whose agent may write no more than 400 kB. */
  function onDisk(spec: RunSpec): RunSpec {
    if (disk === undefined) {
      const [, script = '', ...rest] = spec.args;
      return { ...spec, args: ['-c', `ulimit -f 800; trap '' XFSZ; ${script}`, ...rest] };
    }
    return {
      ...spec,
      directory: join(disk, 'runs', String(spec.run)),
      streamPath: join(disk, 'stream.jsonl'),
      stderrPath: join(disk, 'stderr.log'),
    };
  }

  async function fill(): Promise<string> {
    const path = join(disk ?? bench.home, 'ballast');
    // The last pages too: in steps that become smaller.
    for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
      for (let full = false; !full;) {
        full = await writeFile(path, Buffer.alloc(size), { flag: 'a' }).then(
          () => false,
          () => true,
        );
      }
    }
    return path;
  }

  it('lives on, loses lines that do not fit, and its end is recorded all the same', async () => {
    const go = join(bench.home, 'go');
    const spec = onDisk(bench.spec(filler, { args: ['-c', filler, 'agent', go, padding] }));
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(
      async () => (await bench.executor.probe(spec)).state === 'running' && lines.length > 1_000,
      'a full disk',
    );
    let size = -1;
    await until(async () => {
      const before = size;
      size = (await readFile(spec.streamPath)).length;
      await sleep(100);
      return before === size;
    }, 'the end of the growth');
    assert.ok(size < 4000 * padding.length);
    assert.equal((await bench.executor.probe(spec)).state, 'running');
    await writeFile(go, '');
    assert.equal((await end).reason, 'ended');
    const state = await bench.executor.probe(spec);
    assert.ok(state.state === 'exited' && state.code === 4, JSON.stringify(state));
  });

  it('is told in time by the watermark', async () => {
    const abort = new AbortController();
    let told = 0;
    const path = disk ?? bench.home;
    const watermarkBytes = disk === undefined ? Number.MAX_SAFE_INTEGER : 100_000;
    const watching = watchSpace(path, {
      watermarkBytes,
      everyMs: 10,
      signal: abort.signal,
      onCrossed: ({ incomplete }) => void (told += incomplete ? 1 : 0),
    });
    if (disk !== undefined) {
      await sleep(30);
      assert.equal(told, 0);
      await fill();
    }
    await until(() => told === 1, 'the watermark');
    abort.abort();
    await watching;
  });

  it('is not started, says why, and can be started when there is space again', async () => {
    const witness = join(bench.home, 'witness');
    const spec = onDisk(bench.spec('', { args: ['-c', 'echo ran >>"$1"', 'agent', witness], duplex: true }));
    const reached: boolean[] = [];
    // Without a disk to fill, a folder in which nothing fits: of the same error a different cause.
    if (disk === undefined) {
      await mkdir(join(spec.directory, '..'), { recursive: true });
      await writeFile(spec.directory, '');
      await assert.rejects(bench.start(spec));
      await rm(spec.directory);
    } else {
      // What is free decides how far the start comes: command.json, the space for exit.json, the pid file.
      await mkdir(spec.directory, { recursive: true });
      for (const pages of [0, 1, 1]) {
        const ballast = await fill();
        await truncate(ballast, (await stat(ballast)).size - pages * pageBytes);
        await assert.rejects(bench.start(spec), { code: 'disk-full' });
        assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
        reached.push(existsSync(join(spec.directory, 'wrapper.log')));
        await rm(ballast);
        await rm(join(spec.directory, 'wrapper.log'), { force: true });
      }
      assert.deepEqual(reached, [false, true, true], 'the wrapper ran');
    }
    await bench.start(spec);
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 0);
    assert.equal(await readFile(witness, 'utf8'), 'ran\n', 'once, and not while the disk was full');
  });

  it('takes no input that cannot be written whole, and the same number when there is space again', async () => {
    if (disk === undefined) return;
    const spec = onDisk(bench.echo());
    await bench.start(spec);
    const ballast = await fill();
    await assert.rejects(bench.executor.write(spec, 1, 'x'.repeat(50_000)), { code: 'disk-full' });
    assert.equal(await bench.executor.inputState(spec, 1), 'absent');
    await rm(ballast);
    await bench.executor.write(spec, 1, 'fits\n');
    await bench.executor.close(spec);
    await bench.ended(spec);
    assert.equal(await bench.stream(spec), 'fits\n');
  });
});
