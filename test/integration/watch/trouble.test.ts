import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WatchMode } from '../../../src/core/watch/state.ts';
import { QueueWatch } from '../../../src/watch/queue-watch.ts';
import { sleep } from '../git/support.ts';
import { blob, run, Workbench } from './workbench.ts';

describe('watch: what can go wrong', () => {
  let bench: Workbench;
  const at = (path: string): string => join(bench.root, path);
  afterEach(async () => bench.close());

  it('looks from time to time where the system has no more watches, and says so', async function () {
    bench = await Workbench.make();
    const child = fileURLToPath(new URL('limited.ts', import.meta.url));
    // The limit of a private user namespace: that of the machine stays what it is.
    const script = 'echo 20 >/proc/sys/user/max_inotify_watches && exec "$0" "$1"';
    const { stdout } = await run('unshare', ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, child]);
    const told = JSON.parse(stdout) as { modes: { mode: WatchMode; why: string }[]; changes: number; held: number };
    assert.deepEqual(
      told.modes.map(({ mode }) => mode),
      ['polling', 'ended'].slice(0, told.modes.length),
    );
    assert.match(told.modes[0]?.why ?? '', /no more file watches/);
    assert.deepEqual({ ...told, modes: 0 }, { modes: 0, changes: 60, held: 0, gap: true });
  });

  it('takes no more watches than it may, and finds everything all the same', async () => {
    const folders = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}/f.txt`, `${index}\n`]));
    bench = await Workbench.make(folders, 10);
    // It looks when it is asked: a look that is under way would see one half of what is done meanwhile.
    await bench.open({ pollMs: 600_000 });
    assert.deepEqual([bench.modes[0]?.mode, bench.budget.held], ['polling', 0]);
    await writeFile(at('d7/f.txt'), 'changed\n');
    await writeFile(at('d8/new.txt'), 'new\n');
    await rm(at('d9'), { recursive: true });
    await rename(at('d10/f.txt'), at('d11/moved.txt'));
    assert.notEqual((await bench.watch.take('one')).gap, undefined);
    assert.deepEqual(bench.changes.map(({ kind }) => kind).sort(), ['created', 'deleted', 'modified', 'renamed']);
    assert.notEqual((await bench.watch.take('one')).gap, undefined);
  });

  it('begins by looking from time to time when it could not begin at all, and says so', async () => {
    bench = await Workbench.make();
    let refused = 0;
    const ignored = (): Promise<ReadonlySet<string>> =>
      ++refused <= 3 ? Promise.reject(new Error('no process can be started')) : Promise.resolve(new Set());
    const known = new Map([
      ['README.md', blob('hello\n')],
      ['src/a.txt', blob('one\n')],
    ]);
    const baseline = (paths: readonly string[]) => Promise.resolve(paths.map((path) => known.get(path)));
    await bench.open({ rules: { ignored, baseline, rulesChanged: () => undefined }, pollMs: 50 });
    assert.deepEqual(bench.modes, [{ mode: 'polling', why: 'no process can be started' }]);
    await bench.until(() => refused > 3);
    await bench.watch.take('one');
    assert.deepEqual(bench.changes, [], 'what was there is no change');
    await writeFile(at('src/new.txt'), 'new\n');
    await bench.until(() => bench.of('src/new.txt').length === 1);
  });

  it('changes to looking when the watches run out later', async () => {
    bench = await Workbench.make({}, 5);
    await bench.open({ pollMs: 50 });
    assert.equal(bench.watch.mode, 'watching');
    for (let index = 0; index < 10; index += 1) await mkdir(at(`new${index}`));
    for (let index = 0; index < 10; index += 1) await writeFile(at(`new${index}/f.txt`), `${index}\n`);
    await bench.until(() => new Set(bench.changes.map(({ path }) => path)).size === 10);
    assert.equal(bench.watch.mode, 'polling');
    assert.equal(bench.budget.held, 0);
  });

  it('notices that the queue of the system ran over, tells of the gap, and finds what was lost', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d/f${index}.txt`, `${index}\n`]));
    bench = await Workbench.make({ ...files, 'noise/.gitignore': 'n*\n' });
    await bench.open({ debounce: { quietMs: 10, longestMs: 50 } });
    // This process reads nothing while the system's queue fills with noise; what comes then is lost.
    const script = `const fs = require('fs');
      for (let i = 0; i < 9000; i++) { fs.writeFileSync('noise/n' + i, ''); fs.rmSync('noise/n' + i); }
      for (let i = 0; i < 40; i++) fs.appendFileSync('d/f' + i + '.txt', 'more');
      fs.rmSync('d/f7.txt');
      fs.writeFileSync('d/new.txt', 'new');`;
    execFileSync(process.execPath, ['-e', script], { cwd: bench.root });
    await bench.until(() => bench.of('d/f39.txt').length > 0 && bench.of('d/new.txt').length > 0, 60_000);
    assert.deepEqual([bench.gaps.length, bench.problems], [1, []]);
    for (let index = 0; index < 40; index += 1) {
      assert.equal(bench.of(`d/f${index}.txt`)[0]?.kind, index === 7 ? 'deleted' : 'modified', String(index));
    }
    await writeFile(at('after.txt'), 'x');
    await bench.until(() => bench.of('after.txt').length === 1);
  });

  it('counts what is read in one go, and no more', async () => {
    bench = await Workbench.make();
    const queue = new QueueWatch(100);
    let told = 0;
    queue.onOverflow(() => (told += 1));
    for (let round = 0; round < 10; round += 1) {
      for (let event = 0; event < 49; event += 1) queue.note();
      await sleep(1);
    }
    assert.equal(told, 0);
    for (let event = 0; event < 200; event += 1) queue.note();
    assert.equal(told, 1);
  });

  it('ends when the worktree goes from under it', async () => {
    for (const how of ['removed', 'moved', 'replaced']) {
      bench = await Workbench.make();
      await bench.open();
      if (how === 'removed') await rm(bench.root, { recursive: true });
      else await rename(bench.root, `${bench.root}-elsewhere`);
      if (how === 'replaced') {
        await mkdir(bench.root);
        await writeFile(at('other.txt'), 'x');
      }
      await bench.until(() => bench.watch.mode === 'ended');
      assert.equal(bench.modes.at(-1)?.why, 'the worktree is gone');
      assert.equal(bench.budget.held, 0);
      assert.deepEqual(bench.of('other.txt'), []);
      if (how !== 'replaced') await bench.close();
    }
  });

  it('records nothing of what git cannot judge, and calls that a gap', async () => {
    bench = await Workbench.make();
    const watch = await bench.open({
      rules: {
        ignored: () => Promise.reject(new Error('git is gone')),
        baseline: (paths) => Promise.resolve(paths.map(() => undefined)),
        rulesChanged: () => undefined,
      },
      pollMs: 50,
    });
    await watch.take('one');
    await writeFile(at('secret.env'), 'x');
    await sleep(200);
    const touched = await watch.take('one');
    assert.deepEqual([touched.paths, bench.changes], [[], []]);
    assert.notEqual(touched.gap, undefined);
  });

  it('sees what is written through a bind mount, as by a container', async () => {
    bench = await Workbench.make();
    await bench.open();
    const other = bench.sandbox.path('mounted');
    await mkdir(other);
    const script =
      'mount --bind "$0" "$1" && echo one >"$1/in.txt" && mv "$1/in.txt" "$1/moved.txt" && echo x >"$1/src/a.txt"';
    await run('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, bench.root, other]);
    await bench.until(() => bench.of('moved.txt').length > 0 && bench.of('src/a.txt').length > 0);
  });

  it('keeps up with a thousand files at once, in one batch or a few', async () => {
    bench = await Workbench.make();
    await bench.open();
    await mkdir(at('many'));
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => writeFile(at(`many/f${index}`), String(index))));
    const counted = (): number => bench.batches.reduce((sum, { counts }) => sum + counts.created, 0);
    await bench.until(() => counted() === 3_000, 60_000);
    assert.ok(bench.batches.length < 60, String(bench.batches.length));
    assert.ok(bench.changes.length <= 3_000);
  });
});
