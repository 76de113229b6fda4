import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../git/support.ts';
import { blob, Workbench } from './workbench.ts';

/** Files are written in one go, as far as the watch can see: it has no turn between opening and closing. */
describe('watch: what changes in a worktree', () => {
  let bench: Workbench;
  const at = (path: string): string => join(bench.root, path);
  beforeEach(async () => {
    bench = await Workbench.make({ '.gitignore': '*.log\nbuild/\n!keep.log\n', 'build/kept.txt': 'tracked\n' });
    await bench.sandbox.git(bench.root, 'add', '-f', '-A');
    await bench.sandbox.git(bench.root, 'commit', '-q', '--allow-empty', '-m', 'all');
  });
  afterEach(() => bench.close());

  it('records 200 writes, renames and deletes, each with its hashes', async () => {
    await bench.open();
    const began = new Map<string, number>();
    for (let index = 0; index < 200; index += 1) {
      began.set(`f${index}.txt`, performance.now());
      writeFileSync(at(`f${index}.txt`), `${index}\n`);
      await sleep(2);
    }
    await bench.until(() => bench.changes.length >= 200);
    for (let index = 0; index < 200; index += 1) {
      const [change, ...more] = bench.of(`f${index}.txt`);
      assert.deepEqual(more, []);
      assert.deepEqual(
        { kind: change?.kind, before: change?.before, after: change?.after },
        { kind: 'created', before: null, after: blob(`${index}\n`) },
      );
      assert.ok((change?.at ?? Infinity) - (began.get(`f${index}.txt`) ?? 0) < 10_000);
    }
    bench.changes.length = 0;
    for (let index = 0; index < 200; index += 1) {
      renameSync(at(`f${index}.txt`), at(`g${index}.txt`));
      await sleep(2);
    }
    await bench.until(() => bench.changes.filter(({ kind }) => kind === 'renamed').length >= 200);
    for (let index = 0; index < 200; index += 1) {
      const [change] = bench.of(`g${index}.txt`);
      const hash = blob(`${index}\n`);
      const size = `${index}\n`.length;
      const expected = {
        path: `g${index}.txt`,
        kind: 'renamed',
        from: `f${index}.txt`,
        before: hash,
        after: hash,
        size,
      };
      assert.deepEqual({ ...change, at: 0 }, { ...expected, at: 0 });
    }
    await sleep(300);
    bench.changes.length = 0;
    for (let index = 0; index < 200; index += 1) await rm(at(`g${index}.txt`));
    await bench.until(() => bench.changes.length >= 200);
    for (let index = 0; index < 200; index += 1) {
      const change = bench.of(`g${index}.txt`)[0];
      assert.deepEqual([change?.kind, change?.before, change?.after], ['deleted', blob(`${index}\n`), null]);
    }
    assert.deepEqual([bench.gaps, bench.problems], [[], []]);
  });

  it('knows what a file held that it has not seen change before', async () => {
    await bench.open();
    writeFileSync(at('src/a.txt'), 'two\n');
    await bench.until(() => bench.changes.length === 1);
    const [change] = bench.changes;
    assert.deepEqual([change?.kind, change?.before, change?.after], ['modified', blob('one\n'), blob('two\n')]);
  });

  it('tells nothing of what git ignores, and all of what git has whatever the rules say', async () => {
    await mkdir(at('node_modules/x'), { recursive: true });
    await bench.open();
    writeFileSync(at('a.log'), 'x');
    writeFileSync(at('node_modules/x/a.js'), 'x');
    await mkdir(at('lib/node_modules'), { recursive: true });
    writeFileSync(at('lib/node_modules/a.js'), 'x');
    writeFileSync(at('build/new.txt'), 'x');
    writeFileSync(at('.git/own'), 'x');
    writeFileSync(at('keep.log'), 'x');
    writeFileSync(at('build/kept.txt'), 'y');
    await bench.until(() => bench.changes.length >= 2);
    await sleep(200);
    assert.deepEqual(bench.changes.map(({ path }) => path).sort(), ['build/kept.txt', 'keep.log']);
    await rm(at('.git/own'));
  });

  it('goes by rules that change', async () => {
    await bench.open();
    writeFileSync(at('a.tmp'), '1');
    await bench.until(() => bench.of('a.tmp').length === 1);
    appendFileSync(at('.gitignore'), '*.tmp\n');
    await bench.until(() => bench.of('.gitignore').length === 1 && bench.gaps.length === 1);
    writeFileSync(at('b.tmp'), '1');
    writeFileSync(at('b.txt'), '1');
    await bench.until(() => bench.of('b.txt').length === 1);
    await sleep(100);
    assert.deepEqual(bench.of('b.tmp'), []);
  });

  it('gives one change per file for a storm of saves', async () => {
    await bench.open({ debounce: { quietMs: 3_000, longestMs: 60_000 } });
    for (let round = 0; round < 100; round += 1) {
      writeFileSync(at('src/a.txt'), `round ${round}\n`);
      await new Promise((resolve) => setImmediate(resolve)); // in which the watch hears of it
    }
    await bench.until(() => bench.changes.length > 0);
    await sleep(400);
    assert.deepEqual(
      bench.changes.map(({ path, before, after }) => ({ path, before, after })),
      [{ path: 'src/a.txt', before: blob('one\n'), after: blob('round 99\n') }],
    );
  });

  it('follows folders that come, move, go, and take the place of files', async () => {
    await bench.open();
    await mkdir(at('x/y/z'), { recursive: true });
    writeFileSync(at('x/y/z/deep.txt'), 'deep\n');
    await bench.until(() => bench.of('x/y/z/deep.txt').length === 1);
    writeFileSync(at('x/y/z/more.txt'), 'more\n');
    await bench.until(() => bench.of('x/y/z/more.txt').length === 1);
    renameSync(at('x'), at('w'));
    await bench.until(() => bench.of('w/y/z/deep.txt').length === 1 && bench.of('w/y/z/more.txt').length === 1);
    assert.deepEqual(bench.of('w/y/z/deep.txt')[0]?.from, 'x/y/z/deep.txt');
    writeFileSync(at('w/y/z/more.txt'), 'again\n');
    await bench.until(() => bench.of('w/y/z/more.txt').length === 2);
    await rm(at('w'), { recursive: true });
    writeFileSync(at('w'), 'a file\n');
    await bench.until(() => bench.of('w').length === 1 && bench.of('w/y/z/deep.txt').length === 2);
    assert.deepEqual(bench.of('w/y/z/deep.txt').at(-1)?.kind, 'deleted');
    await rm(at('w'));
    await mkdir(at('w'));
    writeFileSync(at('w/in'), 'in\n');
    await bench.until(() => bench.of('w/in').length === 1 && bench.of('w').length === 2);
    assert.deepEqual(bench.of('w').at(-1)?.kind, 'deleted');
  });

  it('records links as such, never follows them, and survives loops', async () => {
    await bench.open();
    await symlink('.', at('loop'));
    await symlink('/etc', at('out'));
    await symlink('src/a.txt', at('ln'));
    await bench.until(() => bench.changes.length === 3);
    assert.equal(bench.of('loop')[0]?.after, blob('.'));
    assert.equal(bench.of('ln')[0]?.after, blob('src/a.txt'));
    assert.equal(bench.problems.length, 0);
  });

  it('keeps names that are no text', async () => {
    await bench.open();
    const names = [
      Buffer.from('a\nb'),
      Buffer.from([0x66, 0xff, 0xfe]),
      Buffer.from('"q"\\'),
      Buffer.from(':(icase)x'),
      Buffer.from('!neg'),
    ];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${bench.root}/`), name]), 'x\n');
    await bench.until(() => bench.changes.length === names.length);
    const paths = bench.changes.map(({ path }) => path).sort();
    assert.deepEqual(paths, ['!neg', '"q"\\', ':(icase)x', 'a\nb', 'f\udcff\udcfe'].sort());
    for (const name of names) await rm(Buffer.concat([Buffer.from(`${bench.root}/`), name]));
    await bench.until(() => bench.changes.length === 2 * names.length);
    assert.equal(bench.problems.length, 0);
  });

  it('reads a 100 MB file neither whole nor at all, and a mode for a change', async () => {
    await bench.open();
    await writeFile(at('big.bin'), Buffer.alloc(100_000_000));
    await bench.until(() => bench.of('big.bin').at(-1)?.size === 100_000_000, 60_000);
    const change = bench.of('big.bin').at(-1);
    assert.equal(change?.after, undefined);
    assert.equal(bench.of('big.bin')[0]?.kind, 'created');
    await chmod(at('src/a.txt'), 0o755);
    await bench.until(() => bench.of('src/a.txt').length === 1);
  });

  it('offers every path that was written before it is asked, once to each taker', async () => {
    const watch = await bench.open();
    assert.notEqual((await watch.take('one')).gap, undefined);
    assert.notEqual((await watch.take('two')).gap, undefined);
    for (let round = 0; round < 20; round += 1) {
      writeFileSync(at(`t${round}.txt`), 'x');
      writeFileSync(at('a.log'), String(round));
      assert.deepEqual(await watch.take('one'), { paths: [`t${round}.txt`] });
    }
    assert.equal((await watch.take('two')).paths.length, 20);
    watch.giveBack('two', { paths: ['src/a.txt'] });
    assert.deepEqual(await watch.take('two'), { paths: ['src/a.txt'] });
    assert.equal(await readFile(at('src/a.txt'), 'utf8'), 'one\n');
  });
});
