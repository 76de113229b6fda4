import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pause, within } from '../../../src/protocol/client/deadline.ts';
import { homePath, prepareHome } from '../../../src/protocol/client/home.ts';
import { installEngine } from '../../../src/protocol/client/shipped.ts';
import { readStartLog } from '../../../src/protocol/client/start-log.ts';

describe('files of a front end', () => {
  let root: string;
  beforeEach(async () => (root = await realpath(await mkdtemp(join(tmpdir(), 'cp-')))));
  afterEach(() => rm(root, { recursive: true }));

  describe('data directory', () => {
    it('is ~/.coppice, or what COPPICE_HOME says', () => {
      assert.equal(homePath({}), join(homedir(), '.coppice'));
      assert.equal(homePath({ COPPICE_HOME: '' }), join(homedir(), '.coppice'));
      assert.equal(homePath({ COPPICE_HOME: '/a/../b/' }), '/b/');
      assert.equal(homePath({ COPPICE_HOME: '~/x' }), join(homedir(), 'x'));
      assert.throws(() => homePath({ COPPICE_HOME: 'x' }), { code: 'bad-usage', message: /'x'/ });
    });

    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

    it('is made for its owner alone, and closed to others where it was open', async () => {
      const home = join(root, 'a', 'b');
      assert.equal(await prepareHome(home), home);
      assert.equal(await mode(home), 0o700);
      await chmod(home, 0o777); // empty
      await prepareHome(home);
      assert.equal(await mode(home), 0o700);
      await mkdir(join(home, 'engine'));
      await writeFile(join(home, 'engine', 'engine.log'), '');
      await chmod(home, 0o777); // in use
      await prepareHome(home);
      assert.equal(await mode(home), 0o700);
      await symlink(home, join(root, 'link'));
      assert.equal(await prepareHome(join(root, 'link')), home);
    });

    it('that is some other folder keeps its mode, and is refused where others can write to it', async () => {
      const folder = join(root, 'project');
      await mkdir(join(folder, 'engine'), { recursive: true });
      await chmod(folder, 0o755);
      assert.equal(await prepareHome(folder), folder);
      assert.equal(await mode(folder), 0o755);
      for (const open of [0o775, 0o757, 0o1777]) {
        await chmod(folder, open);
        await assert.rejects(prepareHome(folder), { code: 'config-invalid', message: new RegExp(open.toString(8)) });
        assert.equal(await mode(folder), open);
      }
    });

    it('is refused when something is in the way', async () => {
      await writeFile(join(root, 'file'), '');
      await assert.rejects(prepareHome(join(root, 'file')), { code: 'path-in-the-way' });
      await assert.rejects(prepareHome(join(root, 'file', 'x')), { code: 'path-in-the-way' });
      if (process.platform === 'linux') await assert.rejects(prepareHome('/proc/coppice/x'), { code: 'read-only' });
    });

    it('is refused on native Windows in one sentence', async () => {
      await assert.rejects(prepareHome(root, 'win32'), { code: 'bad-usage', message: /WSL/ });
    });

    if (process.getuid?.() === 0) {
      it("is refused when it is somebody else's", async () => {
        const home = join(root, 'theirs');
        await mkdir(home, { mode: 0o700 });
        await chown(home, 12345, 12345);
        await assert.rejects(prepareHome(home), { code: 'config-invalid', message: /uid 12345/ });
      });
    }
  });

  describe("the engine's files", () => {
    let dist: string;
    const files = ['engine.js', 'run.sh'];
    beforeEach(async () => {
      dist = join(root, 'dist');
      await mkdir(dist);
      await writeFile(join(dist, 'engine.js'), 'one');
      await writeFile(join(dist, 'run.sh'), 'two');
      await writeFile(join(dist, 'extension.js'), 'not for the engine');
      await chmod(join(dist, 'run.sh'), 0o755);
    });
    const install = (): Promise<string> => installEngine(root, '1.0.0', { dist, files });

    it('are copied into a folder of their version, with the rights they need', async () => {
      const folder = await install();
      assert.equal(folder, join(root, 'engine', '1.0.0'));
      assert.deepEqual((await readdir(folder)).sort(), ['engine.js', 'package.json', 'run.sh']);
      assert.equal((await stat(join(folder, 'run.sh'))).mode & 0o777, 0o700);
      assert.equal((await stat(join(folder, 'engine.js'))).mode & 0o777, 0o600);
      assert.deepEqual(await readdir(join(root, 'engine')), ['1.0.0']);
    });

    it('are not taken away again by another starter, from under an engine that starts', async () => {
      for (let round = 0; round < 10; round++) {
        await rm(join(root, 'engine'), { recursive: true, force: true });
        const starters = Array.from({ length: 20 }, async (_, index) => {
          await delay(index / 2);
          return (await stat(join(await install(), 'engine.js'))).ino;
        });
        assert.equal(new Set(await Promise.all(starters)).size, 1);
      }
      assert.deepEqual(await readdir(join(root, 'engine')), ['1.0.0']);
    });

    const holdsAll = async (folder: string): Promise<void> => {
      for (const name of files)
        assert.equal(await readFile(join(folder, name), 'utf8'), await readFile(join(dist, name), 'utf8'));
      assert.equal(await readFile(join(folder, 'package.json'), 'utf8'), '{ "type": "module" }\n');
    };

    it('of another build of the same version have a folder of their own, and nobody loses a file', async () => {
      const first = await install();
      const before = await stat(first);
      assert.equal((await stat(await install())).ino, before.ino);
      await writeFile(join(dist, 'engine.js'), 'three');
      const second = await install();
      assert.match(second, /\/1\.0\.0\+[0-9a-f]{16}$/);
      await holdsAll(second);
      assert.equal(await install(), second);
      assert.equal(await readFile(join(first, 'engine.js'), 'utf8'), 'one');
      await writeFile(join(dist, 'engine.js'), 'one');
      assert.equal((await stat(await install())).ino, before.ino);
    });

    it('that are damaged are not used, and there are whole ones', async () => {
      await install();
      const spoils: readonly ((folder: string) => Promise<void>)[] = [
        (folder) => writeFile(join(folder, 'run.sh'), 'tw'),
        (folder) => rm(join(folder, 'run.sh')),
        (folder) => writeFile(join(folder, 'package.json'), '{}'),
        async (folder) => {
          await rm(folder, { recursive: true });
          await writeFile(folder, 'a file');
        },
      ];
      for (const spoil of spoils) {
        await spoil(await install());
        await holdsAll(await install());
        await spoil(await install());
        await holdsAll(await install());
      }
      assert.deepEqual(
        (await readdir(join(root, 'engine'))).filter((name) => name.startsWith('.')),
        [],
      );
    });

    it('are whole, however many install them at once', async () => {
      for (let round = 0; round < 5; round++) {
        await writeFile(join(dist, 'engine.js'), `round ${round}`);
        const folders = await Promise.all(Array.from({ length: 8 }, install));
        assert.equal(new Set(folders).size, 1);
        await holdsAll(folders[0] ?? '');
      }
      const names = await readdir(join(root, 'engine'));
      assert.deepEqual([names.length, names.filter((name) => name.startsWith('.'))], [5, []]);
    });

    it('that are missing are named, and nothing is left', async () => {
      await rm(join(dist, 'run.sh'));
      await assert.rejects(install(), { code: 'not-found', message: /dist/ });
      await assert.rejects(installEngine(root, '../x', { dist, files }), { code: 'bad-usage' });
      await assert.rejects(installEngine(root, '1.0.0', { dist, files: ['../x'] }), { code: 'bad-usage' });
      assert.deepEqual(await readdir(root), ['dist']);
    });
  });

  describe('log of a start', () => {
    it('tells what this process said, and the last lines', async () => {
      const path = join(root, 'log');
      const failure = { code: 'corrupt', message: 'Broken.', next: 'Mend it.', context: { a: 'b' } };
      const before = `${JSON.stringify({ pid: 7, failure: { ...failure, message: 'Long ago.' } })}\n`;
      const mine = `${JSON.stringify({ pid: 7, failure })}\n`;
      const other = `${JSON.stringify({ pid: 8, failure: { ...failure, message: 'Not mine.' } })}\n`;
      await writeFile(path, `${before}SyntaxError: x\n${mine}${other}{"pid":7,"failure":5}\n`);
      const offset = Buffer.byteLength(before);
      const seven = await readStartLog(path, offset, 7);
      assert.deepEqual(seven.failure?.toRecord(), failure);
      assert.match(seven.tail, /^SyntaxError: x\n/);
      assert.equal((await readStartLog(path, offset, 9)).failure, undefined);
      assert.equal((await readStartLog(path, 1e6, 7)).failure?.message, 'Broken.'); // cut by rotation since
      assert.deepEqual(await readStartLog(join(root, 'none'), 0, 7), { tail: '', failure: undefined });
    });

    it('is bounded', async () => {
      const path = join(root, 'log');
      await writeFile(path, 'line\n'.repeat(100_000));
      assert.equal((await readStartLog(path, 0, 1)).tail.split('\n').length, 12);
    });
  });

  describe('waiting', () => {
    it('ends with the work, the time, or the signal, and leaves no timer', async () => {
      const never = new Promise<never>(() => undefined);
      const late = (): Error => new Error('late');
      assert.equal(await within(1000, Promise.resolve(5), late), 5);
      await assert.rejects(within(1000, Promise.reject(new Error('own')), late), /own/);
      await assert.rejects(within(10, never, late), /late/);
      await assert.rejects(within(10_000, never, late, AbortSignal.abort(new Error('told'))), /told/);
      const abort = new AbortController();
      const waiting = within(10_000, never, late, abort.signal);
      abort.abort(new Error('told'));
      await assert.rejects(waiting, /told/);
      await pause(1);
      await assert.rejects(pause(10_000, AbortSignal.abort(new Error('told'))), /told/);
    });

    it('what fails after the time is nobody else’s error', async () => {
      const failing = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('too late')), 20));
      await assert.rejects(
        within(5, failing, () => new Error('late')),
        /late/,
      );
      await pause(30);
    });
  });
});
