import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmod,
  chown,
  lstat,
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
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint } from '../../../src/engine/process/endpoint.ts';
import { homeLayout } from '../../../src/engine/process/home.ts';
import { watchIdle } from '../../../src/engine/process/idle.ts';
import { openLog, type LogOptions } from '../../../src/engine/process/log.ts';
import { runtimeDirectory, type RuntimePlaces } from '../../../src/engine/process/runtime-directory.ts';
import { isOwnSocket, readAddress } from '../../../src/protocol/client/address.ts';
import { World } from './world.ts';

const uid = process.getuid?.() ?? -1;

describe('files of an engine', () => {
  let root: string;
  beforeEach(async () => (root = await realpath(await mkdtemp(join(tmpdir(), 'cf-')))));
  afterEach(() => rm(root, { recursive: true }));

  describe('folder for the socket', () => {
    let xdg: string;
    let shared: string;
    let places: RuntimePlaces;
    beforeEach(async () => {
      xdg = join(root, 'x');
      shared = join(root, 't');
      for (const folder of [xdg, shared]) await mkdir(folder, { mode: 0o700 });
      await chmod(shared, 0o1777);
      places = { xdg, temporary: [shared], uid };
    });
    const own = (): string => join(shared, `coppice-${uid}`);

    it('is in XDG_RUNTIME_DIR, closed to others, and found again', async () => {
      assert.equal(await runtimeDirectory(places, 78), join(xdg, 'coppice'));
      assert.equal((await stat(join(xdg, 'coppice'))).mode & 0o777, 0o700);
      assert.equal(await runtimeDirectory(places, 78), join(xdg, 'coppice'));
      assert.deepEqual(await readdir(shared), []);
    });

    it('is in the temporary folder where there is none, or none that is absolute', async () => {
      assert.equal(await runtimeDirectory({ ...places, xdg: undefined }, 78), own());
      assert.equal((await stat(own())).mode & 0o777, 0o700);
      assert.equal(await runtimeDirectory({ ...places, xdg: 'relative' }, 78), own());
      assert.equal(await runtimeDirectory({ ...places, xdg: join(root, 'missing') }, 78), own());
    });

    const attacks: Record<string, { spoil: (path: string) => Promise<void>; says: RegExp }> = {
      'is a symbolic link': {
        spoil: async (path) => {
          await mkdir(join(root, 'evil'), { mode: 0o700, recursive: true });
          await symlink(join(root, 'evil'), path);
        },
        says: /it is a symbolic link/,
      },
      'is a file': { spoil: (path) => writeFile(path, ''), says: /it is no folder/ },
      'is open to others': {
        spoil: async (path) => {
          await mkdir(path);
          await chmod(path, 0o755);
        },
        says: /others may use it \(mode 755\)/,
      },
    };
    if (uid === 0) {
      attacks["is somebody else's"] = {
        spoil: async (path) => {
          await mkdir(path, { mode: 0o700 });
          await chown(path, 12345, 12345);
        },
        says: /another user \(uid 12345\)/,
      };
    }
    for (const [name, { spoil, says }] of Object.entries(attacks)) {
      it(`is not used when it ${name}`, async () => {
        await spoil(join(xdg, 'coppice'));
        assert.equal(await runtimeDirectory(places, 78), own());
        await rm(own(), { recursive: true });
        await spoil(own());
        await assert.rejects(runtimeDirectory(places, 78), (error: Error & { code: string }) => {
          assert.equal(error.code, 'isolation-failed');
          assert.match(error.message, says);
          return true;
        });
      });
    }

    it('is not made where others could replace it', async () => {
      await chmod(shared, 0o777);
      await assert.rejects(runtimeDirectory({ ...places, xdg: undefined }, 78), { message: /others can replace it/ });
    });

    it('is not made where its path would be cut', async () => {
      const long = join(root, 'y'.repeat(60));
      await mkdir(long, { mode: 0o700 });
      assert.equal(await runtimeDirectory({ ...places, xdg: long }, 78), own());
      await assert.rejects(runtimeDirectory({ ...places, xdg: long, temporary: [long] }, 78), { message: /too long/ });
    });
  });

  describe('endpoint', () => {
    const quiet = {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: ignore,
      redact: ignore,
      about: ignore,
      component: () => quiet,
    };
    function ignore(): void {
      // nothing of it is looked at
    }

    async function open(world: World, on: (text: string) => void = () => undefined): Promise<Endpoint> {
      const lock = await world.lock(world.process());
      return Endpoint.open({
        ...{ home: homeLayout(world.home), lock, version: '1.0.0', startedAt: new Date().toISOString(), log: quiet },
        places: { xdg: root, temporary: [], uid },
        accept: (socket) => {
          on('accepted');
          socket.destroy();
        },
      });
    }

    it('listens on a private socket with a short name, and says so', async () => {
      const world = await World.open();
      const seen: string[] = [];
      const endpoint = await open(world, (text) => seen.push(text));
      assert.equal(await readAddress(world.home), undefined);
      await endpoint.publish();
      const address = await readAddress(world.home);
      assert.deepEqual(address, endpoint.address);
      assert.equal(address.pid, process.pid);
      assert.ok(Buffer.byteLength(address.socket) < 100);
      assert.equal((await stat(address.socket)).mode & 0o777, 0o600);
      assert.equal((await stat(join(world.home, 'engine.json'))).mode & 0o777, 0o600);
      assert.equal(await isOwnSocket(address.socket), true);
      await once(connect(address.socket).resume(), 'close');
      assert.deepEqual(seen, ['accepted']);
      endpoint.stopAccepting();
      await endpoint.remove();
      assert.deepEqual(await readdir(join(root, 'coppice')), []);
      assert.deepEqual(
        (await readdir(world.home)).filter((name) => !name.includes('lock')),
        [],
      );
      await world.close();
    });

    it('replaces what a dead engine left, and removes nothing that is not its own', async () => {
      const world = await World.open();
      const first = world.process();
      const places = { xdg: root, temporary: [], uid };
      const base = { home: homeLayout(world.home), version: '1', startedAt: '', log: quiet, places, accept: ignore };
      const dead = await Endpoint.open({ ...base, lock: await world.lock(first) });
      await dead.publish();
      world.die(first);
      dead.stopAccepting();
      for (const name of await readdir(world.home))
        if (name.startsWith('.lock-pulse')) await rm(join(world.home, name));
      const heir = await Endpoint.open({ ...base, lock: await world.lock(world.process()) });
      assert.deepEqual(await readAddress(world.home), dead.address);
      await assert.rejects(once(connect(dead.address.socket), 'connect'), { code: 'ECONNREFUSED' });
      await heir.publish();
      assert.equal(heir.address.socket, dead.address.socket);
      await dead.remove();
      assert.deepEqual(await readAddress(world.home), heir.address);
      const front = connect(heir.address.socket);
      await once(front, 'connect');
      front.destroy();
      heir.stopAccepting();
      await heir.remove();
      await world.close();
    });

    it('lets nobody in by the address of the engine before', async () => {
      const world = await World.open();
      const endpoint = await open(world);
      await mkdir(join(world.home, 'engine.json')); // so the address cannot be written
      await assert.rejects(endpoint.publish(), { code: 'path-in-the-way', message: /address: .*engine\.json/ });
      assert.deepEqual(await readdir(join(root, 'coppice')), [], 'its socket is not in place');
      await rm(join(world.home, 'engine.json'), { recursive: true });
      await endpoint.heal();
      assert.deepEqual(await readAddress(world.home), endpoint.address);
      await once(connect(endpoint.address.socket).resume(), 'close');
      endpoint.stopAccepting();
      await endpoint.remove();
      await world.close();
    });

    it('is not put in place by an engine that has lost the lock', async () => {
      const world = await World.open();
      const lock = await world.lock(world.process());
      await rm(join(world.home, 'lock'));
      const places = { xdg: root, temporary: [], uid };
      const options = {
        home: homeLayout(world.home),
        lock,
        version: '1',
        startedAt: '',
        log: quiet,
        places,
        accept: ignore,
      };
      const endpoint = await Endpoint.open(options);
      await assert.rejects(endpoint.publish(), { code: 'read-only' });
      assert.deepEqual(await readdir(join(root, 'coppice')), []);
      assert.equal(await readAddress(world.home), undefined);
      await world.close();
    });

    it('comes back when socket, address or the whole folder were removed', async () => {
      const world = await World.open();
      const endpoint = await open(world);
      await endpoint.publish();
      const before = await lstat(endpoint.address.socket);
      await endpoint.heal();
      assert.equal((await lstat(endpoint.address.socket)).ino, before.ino);
      const spoils = [
        () => rm(endpoint.address.socket),
        () => rm(join(world.home, 'engine.json')),
        () => writeFile(join(world.home, 'engine.json'), '{"pid":'),
        () => rm(join(root, 'coppice'), { recursive: true }),
      ];
      for (const spoil of spoils) {
        await spoil();
        await endpoint.heal();
        const address = await readAddress(world.home);
        assert.deepEqual(address, endpoint.address);
        await once(connect(address.socket).resume(), 'close');
      }
      endpoint.stopAccepting();
      await endpoint.remove();
      await world.close();
    });
  });

  describe('address', () => {
    it('that is torn, foreign or missing is none', async () => {
      assert.equal(await readAddress(root), undefined);
      assert.equal(await readAddress(join(root, 'nowhere')), undefined);
      const good = { pid: 5, version: '1', socket: '/x', nonce: 'n', startedAt: 't' };
      for (const text of [
        '',
        '{',
        'null',
        '[]',
        '{"pid":5}',
        JSON.stringify({ ...good, socket: 'x' }),
        JSON.stringify({ ...good, pid: -1 }),
      ]) {
        await writeFile(join(root, 'engine.json'), text);
        assert.equal(await readAddress(root), undefined, text);
      }
      await writeFile(join(root, 'engine.json'), JSON.stringify(good));
      assert.deepEqual(await readAddress(root), good);
    });

    it('is not trusted where somebody else could listen', async () => {
      const folder = join(root, 'run');
      await mkdir(folder, { mode: 0o700 });
      assert.equal(await isOwnSocket(join(folder, 's')), false);
      await writeFile(join(folder, 's'), '');
      await assert.rejects(isOwnSocket(join(folder, 's')), { code: 'isolation-failed' });
      await symlink(folder, join(root, 'link'));
      await assert.rejects(isOwnSocket(join(root, 'link', 's')), { code: 'isolation-failed' });
    });
  });

  describe('log', () => {
    let options: LogOptions;
    beforeEach(() => (options = { path: join(root, 'engine', 'engine.log'), clock: () => 0, pid: 7 }));
    async function lines(): Promise<Record<string, unknown>[]> {
      const text = await readFile(options.path, 'utf8');
      assert.ok(text.endsWith('\n'));
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    }

    it('writes one JSON object per line, for its owner alone', async () => {
      const log = openLog(options);
      log.debug('too much detail');
      log.info('one\ntwo', { session: 's1', count: 5, list: [1, 'a'], none: undefined });
      log.component('rpc').error('bad', { error: new Error('why', { cause: 'x' }) });
      log.close();
      log.info('after the end');
      const [first, second, ...more] = await lines();
      const at = '1970-01-01T00:00:00.000Z';
      const fields = { count: 5, list: [1, 'a'] };
      assert.deepEqual(first, {
        level: 'info',
        at,
        pid: 7,
        component: 'engine',
        session: 's1',
        text: 'one\ntwo',
        fields,
      });
      assert.equal(second?.['component'], 'rpc');
      assert.match(JSON.stringify(second), /"message":"why".*"stack":"Error: why.*"cause":"x"/);
      assert.deepEqual(more, []);
      assert.equal((await stat(options.path)).mode & 0o777, 0o600);
    });

    it('names task and worktree of a session, where they are known', async () => {
      const log = openLog(options);
      log.info('too early', { session: 's1' });
      log.about((id) =>
        id === 's1' ? { task: 't1', worktree: '/w/hunter2' } : id === 's2' ? { task: 't2' } : undefined,
      );
      log.redact(() => ['hunter2']);
      for (const session of ['s1', 's2', 's3', 4]) log.component('git').info('at work', { session });
      log.close();
      assert.deepEqual(
        (await lines()).map(({ session, task, worktree }) => [session, task, worktree]),
        [
          ['s1', undefined, undefined],
          ['s1', 't1', '/w/[redacted]'],
          ['s2', 't2', undefined],
          ['s3', undefined, undefined],
          [4, undefined, undefined],
        ],
      );
    });

    it('leaves secrets out, by value and by name, wherever they are', async () => {
      const log = openLog(options);
      let secrets = ['hunter2-"quoted"\n', 'hunter2'];
      log.redact(() => secrets);
      log.info('it is hunter2-"quoted"\n.', {
        deep: { list: ['x hunter2 y'] },
        apiKey: 'k',
        tokens: 5,
        Authorization: 'b',
      });
      log.component('x').error('oh', { error: new Error('hunter2'), hunter2: 1 });
      log.failure(new Error('it was hunter2'));
      secrets = [];
      log.info('hunter2 is a word again, and so is an');
      log.close();
      const [first, second, third, fourth] = await lines();
      assert.equal(first?.['text'], 'it is [redacted].');
      assert.deepEqual(first['fields'], {
        deep: { list: ['x [redacted] y'] },
        apiKey: '[redacted]',
        tokens: 5,
        Authorization: '[redacted]',
      });
      assert.doesNotMatch(JSON.stringify([first, second, third]), /hunter2/);
      assert.match(String(fourth?.['text']), /^hunter2/);
    });

    it('stays bounded: lines, depth, and the file with its one predecessor', async () => {
      const log = openLog({ ...options, rotateBytes: 20_000 });
      const circle: Record<string, unknown> = { big: 5n };
      circle['self'] = circle;
      log.info('x'.repeat(1_000_000), { text: 'y'.repeat(1_000_000), many: Array(1000).fill(1), circle });
      assert.ok((await stat(options.path)).size < 20_000);
      for (let i = 0; i < 1000; i++) log.info('line', { i });
      log.close();
      assert.ok((await stat(options.path)).size <= 20_000);
      assert.ok((await stat(`${options.path}.1`)).size <= 20_000);
      const last = (await lines()).at(-1);
      assert.deepEqual(last?.['fields'], { i: 999 });
      assert.deepEqual(await readdir(join(root, 'engine')), ['engine.log', 'engine.log.1']);
    });
  });

  describe('idle', () => {
    it('is over after so long without anything to do, once', async () => {
      let now = 0;
      let busy = true;
      let ended = 0;
      const stop = watchIdle({ seconds: 0.05, busy: () => busy, now: () => now, onIdle: () => ended++ });
      const tick = (ms: number): Promise<void> => {
        now += ms;
        return new Promise((resolve) => setTimeout(resolve, 30));
      };
      await tick(1000);
      assert.equal(ended, 0);
      busy = false;
      await tick(40);
      busy = true;
      await tick(40);
      busy = false;
      await tick(40);
      assert.equal(ended, 0);
      await tick(60);
      await tick(1000);
      assert.equal(ended, 1);
      stop();
    });
  });

  it('the layout takes ids, and no paths', () => {
    const layout = homeLayout('/h');
    assert.equal(layout.session('a-1'), '/h/sessions/a-1');
    assert.equal(layout.engine('1.0.0-beta+x'), '/h/engine/1.0.0-beta+x');
    for (const bad of ['', '.', '..', 'a/b', '../x', '-x', 'a\0'])
      assert.throws(() => layout.session(bad), { code: 'bad-usage' });
  });
});
