import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Machine, waitFor, type Row } from './machine.ts';

const demo = ['--agent', 'demo'];

interface EngineStatus {
  readonly running: boolean;
  readonly pid: number | null;
  readonly version: string | null;
  readonly socket: string | null;
}

describe('coppice and its engine', () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
  });
  afterEach(async function () {
    this.timeout(180_000);
    await machine.dispose();
  });

  const engine = (): Promise<EngineStatus> => machine.json<EngineStatus>('engine', 'status');

  it('starts, says where it is, and stops', async function () {
    this.timeout(180_000);
    assert.deepEqual(await engine(), { running: false, pid: null, version: null, socket: null });
    await machine.coppice(['engine', 'start']);
    const first = await engine();
    assert.equal(first.running, true);
    assert.match(first.version ?? '', /^\d+\.\d+\.\d+/);
    assert.ok((await stat(first.socket ?? '')).isSocket());
    process.kill(first.pid ?? 0, 0);
    await machine.coppice(['engine', 'start']);
    assert.equal((await engine()).pid, first.pid);
    assert.equal((await machine.coppice(['engine', 'stop'])).exit, 0);
    assert.equal((await engine()).running, false);
    assert.equal((await machine.coppice(['engine', 'stop'])).exit, 0);
  });

  it('doctor, status, config and diagnostics tell what they should, without secrets', async function () {
    this.timeout(180_000);
    const env = { MY_API_KEY: 'a-very-secret-value' };
    const doctor = await machine.coppice(['doctor', '--json'], { env });
    assert.ok([0, 1].includes(doctor.exit ?? -1), doctor.stderr);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; ok: boolean }[] };
    assert.ok(checks.some(({ name, ok }) => name === 'git' && ok));
    assert.equal((await machine.coppice(['status'])).exit, 0);
    const { settings } = await machine.json<{ settings: { key: string; source: string }[] }>('config', 'show');
    assert.ok(settings.length > 5 && settings.every(({ source }) => source !== ''));
    const report = await machine.coppice(['diagnostics', '--output', 'report.json'], { env });
    assert.equal(report.exit, 0, report.stderr);
    const written = await readFile(join(machine.repo, 'report.json'), 'utf8');
    assert.ok(!written.includes('a-very-secret-value'));
    assert.equal((await stat(join(machine.repo, 'report.json'))).mode & 0o777, 0o600);
  });

  it('a setting that is not known is named with its file and line, and nothing is started', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const { files } = await machine.json<{ files: { path: string }[] }>('config', 'list');
    const file = files[0]?.path ?? '';
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'limits:\n  runing: 3\n');
    const refused = await machine.coppice(['run', ...demo, 'x']);
    assert.equal(refused.exit, 2, refused.stdout);
    assert.ok(refused.stderr.includes(`${file}:2`), refused.stderr);
    assert.deepEqual(await machine.sessions(), []);
  });

  it('a data directory that is no absolute path is refused in every style', async () => {
    const env = { COPPICE_HOME: 'relative' };
    const plain = await machine.coppice(['status'], { env });
    assert.deepEqual([plain.exit, plain.stdout], [2, '']);
    assert.match(plain.stderr, /COPPICE_HOME/);
    const json = await machine.coppice(['status', '--json'], { env });
    assert.equal((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'bad-usage');
    const doctor = await machine.coppice(['doctor'], { env });
    assert.equal(doctor.exit, 1);
    assert.match(doctor.stdout, /missing {2}data directory: COPPICE_HOME/);
  });

  it('a working directory that was deleted is said, and stops only what needs one', async () => {
    const script = (command: string): Promise<string> =>
      promisify(execFile)('sh', ['-c', `rmdir "$PWD"; "$0" "$@" 2>&1 || :`, process.execPath, machine.cli, command], {
        cwd: gone,
        env: machine.env,
      }).then(({ stdout }) => stdout);
    const gone = join(machine.root, 'gone');
    await mkdir(gone);
    assert.match(await script('gates'), /^coppice: \/\S*gone is not there\./);
    await mkdir(gone);
    assert.match(await script('status'), /^Sessions: |\nSessions: /);
  });

  it('a secret that the engine has lost is asked for, and given from the environment of the answer', async function () {
    this.timeout(180_000);
    const { files } = await machine.json<{ files: { path: string }[] }>('config', 'list');
    const file = files[0]?.path ?? '';
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'limits:\n  running: 1\nagents:\n  demo:\n    env: [MY_TOKEN]\n');
    await machine.coppice(['engine', 'stop']);
    await machine.coppice(['trust']);
    const first = (await machine.coppice(['session', 'start', ...demo, '--name', 'one', '#hang'])).stdout.trim();
    const env = { MY_TOKEN: 'token-of-the-shell' };
    const started = await machine.coppice(['session', 'start', ...demo, '--name', 'two', 'Second'], { env });
    assert.equal(started.exit, 0, started.stderr);
    const second = started.stdout.trim();
    assert.equal(await machine.status(second), 'queued');
    await machine.killEngine();
    assert.equal((await machine.coppice(['session', 'cancel', first])).exit, 0);
    await waitFor(async () => (await machine.status(second)) === 'needs-you');
    const without = await machine.coppice(['session', 'answer', second, '--allow']);
    assert.equal(without.exit, 2, without.stderr);
    assert.match(without.stderr, /MY_TOKEN is not set/);
    assert.equal((await machine.coppice(['session', 'answer', second, '--allow'], { env })).exit, 0);
    await waitFor(async () => (await machine.status(second)) === 'reported');
  });

  it('a command line that cannot be understood starts no engine', async function () {
    this.timeout(180_000);
    for (const args of [['sesion'], ['run'], ['run', '--wrong', 'x'], ['session', 'show'], []]) {
      const { exit, stdout, stderr } = await machine.coppice(args);
      assert.equal(exit, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
    assert.equal((await engine()).running, false);
  });

  it('a session that is followed survives kill -9 of the engine, and no line is shown twice', async function () {
    this.timeout(180_000);
    const open = await machine.gate();
    const following = machine.begin(['run', '--agent', 'gated', 'x', '--json']);
    await following.until(/"status":"running"/);
    for (let kills = 0; kills < 2; kills++) {
      await machine.killEngine();
      await waitFor(async () => (await engine()).running);
    }
    await open();
    const { exit, stdout, stderr } = await following.ended;
    assert.equal(exit, 0, `${stdout}${stderr}`);
    const lines = stdout.trim().split('\n');
    const events = lines.filter((line) => (JSON.parse(line) as { type: string }).type === 'event');
    assert.ok(events.length > 2);
    assert.deepEqual([...new Set(events)], events);
    assert.ok(lines.some((line) => (JSON.parse(line) as { type: string }).type === 'engine-lost'));
    assert.equal((await machine.sessions()).length, 1);
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
  });

  it('two shells see the same', async function () {
    this.timeout(180_000);
    const open = await machine.gate();
    const one = machine.begin(['run', '--agent', 'gated', 'x', '--json']);
    await one.until(/"status":"running"/);
    const [{ id }] = (await machine.sessions()) as [Row];
    const two = machine.begin(['session', 'attach', id, '--json']);
    await two.until(/"status":"running"/);
    await open();
    const [first, second] = await Promise.all([one.ended, two.ended]);
    assert.deepEqual([first.exit, second.exit], [0, 0]);
    const last = (text: string): Record<string, unknown> =>
      JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual(last(first.stdout), last(second.stdout));
  });

  it('Ctrl-C once leaves the session to itself, twice cancels it', async function () {
    this.timeout(180_000);
    const open = await machine.gate();
    const left = machine.begin(['run', '--agent', 'gated', '--name', 'left', 'left']);
    await left.until(/status: running/);
    left.process.kill('SIGINT');
    assert.equal((await left.ended).exit, 0);
    assert.match(left.stderr, /coppice session attach/);
    await open();
    await waitFor(async () => (await machine.sessions())[0]?.status === 'reported');

    const cancelled = machine.begin(['run', ...demo, '--name', 'cancelled', '#hang cancelled']);
    await cancelled.until(/status: running/);
    cancelled.process.kill('SIGINT');
    await cancelled.until(/again within 2 s/);
    cancelled.process.kill('SIGINT');
    assert.equal((await cancelled.ended).exit, 1);
    const row = (await machine.sessions()).find(({ prompt }) => prompt.includes('cancelled'));
    assert.equal(row?.status, 'cancelled');
  });

  it('a reader that goes away is no error, and the session goes on', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const running = machine.begin(['run', ...demo, '#slow:2']);
    await running.until(/status: running/);
    running.process.stdout?.destroy();
    running.process.stderr?.destroy();
    await waitFor(() => running.process.exitCode !== null);
    assert.equal(running.process.exitCode, 0);
    await waitFor(async () => (await machine.sessions())[0]?.status === 'reported');
  });
});

describe('coppice on a terminal', () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
  });
  afterEach(async function () {
    this.timeout(180_000);
    await machine.dispose();
  });

  it('asks for trust, then for what the agent asks, and goes on', async function () {
    this.timeout(180_000);
    const running = machine.onTerminal(['run', ...demo, '#ask:x.txt']);
    await running.until(/Trust this repository\? \[y\/N\]/);
    running.process.stdin?.write('y\n');
    await running.until(/Allow\? \[y\]es/);
    running.process.stdin?.write('y\n');
    const { exit, stdout } = await running.ended;
    assert.equal(exit, 0, stdout);
    assert.match(stdout, /reported: 1 file/);
    assert.equal((await machine.sessions())[0]?.status, 'reported');
  });

  it('takes no for an answer', async function () {
    this.timeout(180_000);
    const running = machine.onTerminal(['run', ...demo, 'x']);
    await running.until(/Trust this repository/);
    running.process.stdin?.write('n\n');
    assert.equal((await running.ended).exit, 3);
    assert.deepEqual(await machine.sessions(), []);
  });

  it('keeps the session from one line of the REPL to the next', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const repl = machine.onTerminal([]);
    await repl.until(/coppice> /);
    repl.process.stdin?.write('run "#write:one.txt" --agent demo\n');
    await repl.until(/reported: [^]*coppice \w{8}> /);
    const before = repl.stdout.length;
    repl.process.stdin?.write('#write:two.txt\n');
    await waitFor(() => /reported: [^]*coppice \w{8}> /.test(repl.stdout.slice(before)));
    repl.process.stdin?.write('exit\n');
    assert.equal((await repl.ended).exit, 0);
    const rows = await machine.sessions();
    assert.equal(rows.length, 1);
    const files = await machine.git('ls-tree', '--name-only', rows[0]?.branch ?? '');
    assert.deepEqual(files.trim().split('\n').sort(), ['README.md', 'one.txt', 'two.txt']);
  });
});
