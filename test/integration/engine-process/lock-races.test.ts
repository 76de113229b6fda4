import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contest } from './contender.ts';
import { addressOf, ended, until, Workbench } from './workbench.ts';

const run = promisify(execFile);

describe('races for the lock', () => {
  let bench: Workbench;
  beforeEach(async () => (bench = await Workbench.open()));
  afterEach(() => bench.close());

  it('have one winner at a time among processes that are killed with the lock and on the way to it', async function () {
    this.timeout(180_000);
    await mkdir(join(bench.home, 'alive'), { recursive: true, mode: 0o700 });
    const seed = Number(process.env['COPPICE_TEST_SEED'] ?? Date.now() % 2 ** 31);
    let random = seed;
    const next = (): number => (random = (random * 48271) % 2147483647) / 2147483647;
    const lines = async (name: string): Promise<string[]> => {
      const path = join(bench.home, name);
      return existsSync(path) ? (await readFile(path, 'utf8')).trim().split('\n') : [];
    };
    const deadline = performance.now() + 120_000;
    let [deaths, enough] = [0, false];
    const contend = async (): Promise<void> => {
      while (!enough && performance.now() < deadline) {
        const contest: Contest = { home: bench.home, seed: Math.floor(next() * 2 ** 31) + 1 };
        const child = bench.child('contender.ts', contest);
        const closed = once(child, 'close');
        let killer: NodeJS.Timeout | undefined;
        const killIn = (ms: number): void => {
          clearTimeout(killer);
          killer = setTimeout(() => child.kill('SIGKILL'), ms);
        };
        // However slow the machine is: after it has had the lock so often, or when it comes to nothing.
        let times = 2 + Math.floor(next() * 12);
        child.stdout?.setEncoding('utf8').on('data', (words: string) => {
          const before = times;
          times -= words.length;
          if (times > 0) killIn(5_000);
          else if (before > 0) killIn(next() * 40);
        });
        await closed;
        clearTimeout(killer);
        deaths++;
        const [had, violations] = [await lines('had'), await lines('violations')];
        enough = (deaths >= 8 && had.length >= 100) || violations.length > 0;
      }
    };
    await Promise.all(Array.from({ length: 4 }, contend));
    assert.deepEqual(await lines('violations'), [], `seed ${seed}`);
    const had = await lines('had');
    const owners = new Set(had).size;
    assert.ok(owners >= 8 && had.length >= 10, `seed ${seed}: ${had.length} times by ${owners}, ${deaths} deaths`);
    // Whatever the killed have left, the next one cleans up.
    const { engine } = await bench.connect();
    for (const name of (await readdir(bench.home)).filter((each) => /^\.lock-(draft|after)/.test(each))) {
      // Only what was torn by the kill, so that nobody can tell whose it is.
      assert.doesNotMatch(await readFile(join(bench.home, name), 'utf8'), /\}/, name);
    }
    assert.equal((await addressOf(bench.home)).pid, engine.pid);
  });

  if (process.getuid?.() === 0 && process.platform === 'linux') {
    describe('between pid namespaces', () => {
      const apart = ['--pid', '--fork', '--mount-proc', '--kill-child'];
      const program = (): string[] => [process.execPath, join(bench.root, 'dist', 'engine.js')];
      const env = (): NodeJS.ProcessEnv => ({
        ...process.env,
        COPPICE_HOME: bench.home,
        XDG_RUNTIME_DIR: bench.runtime,
      });

      it('a living engine is not replaced, though its pid cannot be seen', async () => {
        const { engine } = await bench.connect();
        await run('unshare', [...apart, ...program()], { env: env() });
        assert.match(bench.log(), new RegExp(`made way for the engine that is there.*"owner":${engine.pid}`));
        assert.equal((await bench.connect()).engine.pid, engine.pid);
      });

      it('one that was killed with its namespace is replaced at once', async () => {
        const child = spawn('unshare', [...apart, ...program()], { env: env(), stdio: 'ignore' });
        await until(() => bench.log().includes('the engine is up'), 'the engine in its namespace');
        child.kill('SIGKILL');
        await once(child, 'close');
        await until(() => bench.alive().length === 0, 'the end of its namespace');
        const { engine } = await bench.connect();
        await bench.enginesUp(2);
        process.kill(engine.pid, 'SIGTERM');
        await ended(engine.pid);
      });
    });
  }
});
