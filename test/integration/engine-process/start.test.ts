import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../../../src/protocol/client/connect.ts';
import { addressOf, ended, isAlive, until, Workbench } from './workbench.ts';

const run = promisify(execFile);
const root = process.getuid?.() === 0;

describe('starting an engine', () => {
  let bench: Workbench;
  beforeEach(async () => (bench = await Workbench.open()));
  afterEach(() => bench.close());

  it('happens by itself; everything is private, and the process is on its own', async () => {
    const connection = await bench.connect();
    const { pid } = connection.engine;
    const address = await addressOf(bench.home);
    assert.equal(address.pid, pid);
    assert.ok(address.socket.startsWith(join(bench.runtime, 'coppice')));
    const status = await connection.request('engine/status', {});
    assert.deepEqual([status.pid, status.socket, status.home, status.clients], [pid, address.socket, bench.home, 1]);
    const modes = {
      '.': 0o700,
      'engine.json': 0o600,
      lock: 0o600,
      'engine/engine.log': 0o600,
      'engine/1.0.0/run.sh': 0o700,
    };
    for (const [name, mode] of Object.entries(modes)) {
      assert.equal((await stat(join(bench.home, name))).mode & 0o777, mode, name);
    }
    const [session] = /\) \S \d+ \d+ (\d+)/.exec(await readFile(`/proc/${pid}/stat`, 'latin1'))?.slice(1) ?? [];
    assert.equal(Number(session), pid, 'it leads a session of its own');
    assert.equal(await readlink(`/proc/${pid}/cwd`), bench.home);
  });

  it('hands on where daemons and terminals are, and no secret and no hook of whoever starts it', async () => {
    const env = {
      LANG: 'C',
      GITHUB_TOKEN: 'hunter2',
      NODE_OPTIONS: '--no-warnings',
      VSCODE_PID: '1',
      DOCKER_HOST: 'unix:///nowhere.sock',
      TMUX_TMPDIR: '/tmp',
      COPPICE_ENGINE_IDLE_SECONDS: '77',
    };
    const { engine } = await bench.connect({ launch: bench.plan({}, env) });
    const names = (await readFile(`/proc/${engine.pid}/environ`, 'latin1'))
      .split('\0')
      .map((entry) => entry.split('=')[0] ?? '');
    const own = names.filter((name) => !['', 'TOY', 'NODE_V8_COVERAGE', 'NODE_DISABLE_COMPILE_CACHE'].includes(name));
    assert.deepEqual(own.sort(), [
      'COPPICE_ENGINE_IDLE_SECONDS',
      'COPPICE_HOME',
      'DOCKER_HOST',
      'HOME',
      'LANG',
      'NODE_COMPILE_CACHE',
      'PATH',
      'TMPDIR',
      'TMUX_TMPDIR',
      'XDG_RUNTIME_DIR',
    ]);
  });

  it('of 20 at once ends with one engine, and all are connected to it', async () => {
    const options = bench.options({ timeoutMs: 50_000 });
    const apart = Array.from({ length: 4 }, () => bench.run('starter.ts', options) as Promise<{ pid: number }>);
    const here = Array.from({ length: 16 }, async () => (await bench.connect(options)).engine);
    const engines = await Promise.all([...apart, ...here]);
    const pids = new Set(engines.map(({ pid }) => pid));
    assert.equal(pids.size, 1);
    await bench.enginesUp(1);
    await until(() => bench.alive().length === 1, 'the others to have ended');
    assert.deepEqual(bench.alive(), [...pids]);
    const hidden = (await readdir(bench.home)).filter((name) => name.startsWith('.lock-'));
    assert.equal(hidden.length, 1, hidden.join());
  });

  it('that fails tells why, with its own code and next step', async () => {
    const broken = bench.connect({ launch: bench.plan({ open: 'fail' }) });
    await assert.rejects(broken, { code: 'corrupt', message: 'The toy journal is broken.', next: 'Mend the toy.' });
    assert.ok(!existsSync(join(bench.home, 'lock')));
    await assert.rejects(bench.connect({ launch: bench.plan({ open: 'crash' }) }), {
      code: 'internal',
      message: 'a bug of the toy',
    });
    await bench.connect(); // nothing is left that is in the way
  });

  it('that fails before its log is open shows what the runtime printed', async () => {
    await bench.ship('this is no program');
    const tail = /The engine could not be started \(code 1\)[^]*SyntaxError/;
    await assert.rejects(bench.connect(), { code: 'internal', message: tail });
    const plan = { ...bench.plan(), execPath: join(bench.root, 'missing') };
    await assert.rejects(bench.connect({ launch: plan }), { code: 'internal', message: /ENOENT/ });
  });

  it('that hangs is waited for so long', async () => {
    const begun = performance.now();
    const hanging = bench.connect({ launch: bench.plan({ open: 'hang' }), timeoutMs: 1500 });
    await assert.rejects(hanging, { code: 'timed-out', message: /within 1\.5 s/ });
    assert.ok(performance.now() - begun < 15_000);
    await until(() => bench.alive().length === 1, 'the engine to open');
    const [pid = 0] = bench.alive();
    process.kill(pid, 'SIGTERM'); // it can still be told to end
    await ended(pid);
    await bench.connect();
  });

  it('in a read-only data directory is one clear error', async function () {
    await mkdir(bench.home, { mode: 0o700 });
    if (root) {
      await run('mount', ['--bind', bench.home, bench.home]);
      await run('mount', ['-o', 'remount,bind,ro', bench.home]);
    } else await chmod(bench.home, 0o500);
    try {
      await assert.rejects(bench.connect(), { code: 'read-only', message: /cannot be written to/ });
      const engine = run(process.execPath, [join(bench.root, 'dist', 'engine.js')], {
        env: { ...process.env, COPPICE_HOME: bench.home },
      });
      await assert.rejects(engine, (error: { code: number; stderr: string }) => {
        assert.equal(error.code, 1);
        assert.equal((JSON.parse(error.stderr) as { failure: { code: string } }).failure.code, 'read-only');
        return true;
      });
    } finally {
      if (root) await run('umount', ['-l', bench.home]);
      else await chmod(bench.home, 0o700);
    }
  });

  if (root && process.platform === 'linux') {
    it('on a full disk is one clear error, and goes on when there is space', async () => {
      await mkdir(bench.home, { mode: 0o700 });
      await run('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'none', bench.home]);
      try {
        const large = join(bench.root, 'dist', 'run.sh');
        await writeFile(large, Buffer.alloc(1024 * 1024));
        await assert.rejects(bench.connect(), { code: 'disk-full' });
        await writeFile(large, '');
        // The copy fits, and nothing else does.
        await writeFile(join(bench.home, 'ballast'), Buffer.alloc(256 * 1024)).catch(() => undefined);
        await assert.rejects(bench.connect(), { code: 'disk-full' });
        await rm(join(bench.home, 'ballast'));
        const connection = await bench.connect();
        assert.deepEqual((await readdir(join(bench.home, 'engine'))).sort(), ['1.0.0', 'engine.log']);
        await connection.request('engine/stop', { reason: 'the disk is taken away' });
        await connection.closed;
        await ended(connection.engine.pid);
      } finally {
        await run('umount', ['-l', bench.home]);
      }
    });
  }

  it('works in a data directory with a path that no socket could have', async () => {
    const deep = await Workbench.open(join('a'.repeat(120), 'b'.repeat(120), 'ünï'));
    try {
      const { engine } = await deep.connect();
      assert.ok(Buffer.byteLength((await addressOf(deep.home)).socket) < 100);
      process.kill(engine.pid, 'SIGKILL');
      await ended(engine.pid);
      assert.notEqual((await deep.connect()).engine.pid, engine.pid);
    } finally {
      await deep.close();
    }
  });

  it('does not use a folder for the socket that somebody has prepared', async () => {
    await mkdir(join(bench.root, 'evil'), { mode: 0o700 });
    await symlink(join(bench.root, 'evil'), join(bench.runtime, 'coppice'));
    await bench.connect();
    const { socket } = await addressOf(bench.home);
    assert.ok(socket.startsWith(join(bench.root, `coppice-${process.getuid?.()}`)), socket); // the next place
    assert.deepEqual(await readdir(join(bench.root, 'evil')), []);
  });

  it('runs its program as a module, whatever lies above the data directory', async () => {
    await bench.ship("import 'node:fs';");
    await writeFile(join(bench.root, 'package.json'), '{"type":"commonjs"}');
    await bench.connect();
    assert.doesNotMatch(bench.log(), /Warning/);
  });

  it('replaces a torn or foreign address', async () => {
    await mkdir(bench.home, { mode: 0o700 });
    for (const text of [
      '',
      '{"pid":1,"ver',
      JSON.stringify({ pid: 1, version: '9', socket: '/tmp/none', nonce: 'n', startedAt: '' }),
    ]) {
      await writeFile(join(bench.home, 'engine.json'), text);
      const { engine } = await bench.connect();
      assert.equal((await addressOf(bench.home)).pid, engine.pid);
      process.kill(engine.pid, 'SIGKILL');
      await ended(engine.pid);
    }
  });

  it('heals an address that is torn, or a socket that is removed, while the engine runs', async () => {
    const { engine } = await bench.connect();
    const { socket } = await addressOf(bench.home);
    const spoils = [
      () => writeFile(join(bench.home, 'engine.json'), '{"pid":'),
      () => rm(socket),
      () => rm(join(bench.home, 'engine.json')),
    ];
    for (const spoil of spoils) {
      await spoil();
      const again = await bench.connect();
      assert.equal(again.engine.pid, engine.pid);
    }
  });

  it('is refused while another host owns the data directory, and names it', async () => {
    await mkdir(bench.home, { mode: 0o700 });
    const owner = { host: 'f'.repeat(32), hostname: 'tower', boot: 'b', namespace: '', pid: 1, started: '1' };
    const lock = JSON.stringify({ ...owner, nonce: '0'.repeat(32), version: '1', at: '2026-01-01T00:00:00.000Z' });
    await writeFile(join(bench.home, 'lock'), lock);
    const refused = bench.connect();
    await assert.rejects(refused, { code: 'engine-busy', message: /another host, tower \(process 1/ });
    assert.equal(await readFile(join(bench.home, 'lock'), 'utf8'), lock);
  });

  it('can be given up', async () => {
    const abort = new AbortController();
    const connecting = connect(bench.options({ launch: bench.plan({ open: 'hang' }), signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('enough')), 300);
    await assert.rejects(connecting, /enough/);
  });

  it('is not needed for an engine whose front end is killed: it stays', async () => {
    const child = bench.child('starter.ts', bench.options({ timeoutMs: 60_000 }));
    await bench.enginesUp(1);
    child.kill('SIGKILL');
    const [pid] = bench.alive();
    assert.ok(pid !== undefined && isAlive(pid));
    assert.equal((await bench.connect()).engine.pid, pid);
  });
});
