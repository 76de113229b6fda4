import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Machine, waitFor } from '../cli/machine.ts';
import { refused } from './refused.ts';

const demo = ['--agent', 'demo'];
const engineProgram = fileURLToPath(new URL('../../../dist/engine.js', import.meta.url));

interface EngineStatus {
  readonly running: boolean;
  readonly pid: number | null;
  readonly socket: string | null;
}

describe('a data directory in trouble', function () {
  this.timeout(300_000);
  let machine: Machine;
  let ids: string[];
  beforeEach(async () => {
    machine = await Machine.make();
    await machine.coppice(['trust']);
    for (const prompt of ['#write:one.txt', '#write:two.txt']) {
      assert.equal((await machine.coppice(['run', ...demo, prompt])).exit, 0);
    }
    ids = (await machine.sessions()).map(({ id }) => id);
  });
  afterEach(async () => machine.dispose());

  const engine = (): Promise<EngineStatus> => machine.json<EngineStatus>('engine', 'status');
  const journal = async (): Promise<string> => {
    const folder = join(machine.home, 'journal');
    const names = (await readdir(folder)).filter((name) => /^\d+\.jsonl$/.test(name)).sort();
    return join(folder, names.at(-1) ?? '');
  };
  async function same(): Promise<void> {
    assert.deepEqual(
      (await machine.sessions()).map(({ id, status }) => [id, status]),
      ids.map((id) => [id, 'reported']),
    );
  }

  it('corrupt journal: shown, never written, the place named, and whole again when the file is', async () => {
    await machine.coppice(['engine', 'stop']);
    const file = await journal();
    const whole = await readFile(file);
    const broken = Buffer.from(whole);
    const at = whole.indexOf('"session.created"') + 4;
    broken[at] = (broken[at] ?? 0) ^ 1;
    await writeFile(file, broken);
    await refused(machine, ['run', ...demo, 'x'], {
      exit: 1,
      code: 'corrupt',
      message: /journal.*(line|record)/i,
      next: /audit verify|backup/i,
    });
    const audit = await machine.coppice(['audit', 'verify']);
    assert.equal(audit.exit, 1, audit.stdout);
    assert.match(`${audit.stdout}${audit.stderr}`, /\d+\.jsonl/);
    assert.match(`${audit.stdout}${audit.stderr}`, /line \d+|record \d+/);
    assert.deepEqual(await readFile(file), broken, 'nothing was written');
    assert.equal((await machine.coppice(['session', 'list'])).exit, 0, 'what can be read is shown');
    await machine.coppice(['engine', 'stop']);
    await writeFile(file, whole);
    await same();
    assert.equal((await machine.coppice(['run', ...demo, '#write:three.txt'])).exit, 0);
  });

  it('a journal with a torn end: cut, and nothing that was acknowledged is lost', async () => {
    await machine.killEngine();
    await appendFile(await journal(), '{"seq":999999,"at":1,"type":"session.cr');
    await same();
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
  });

  it('corrupt snapshot: not believed, and everything is there', async () => {
    for (const text of ['nonsense\n', '', '{"v":1}\n{"broken']) {
      await machine.coppice(['engine', 'stop']);
      await writeFile(join(machine.home, 'snapshot.jsonl'), text);
      await same();
    }
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
  });

  it('a socket and a lock left by a dead engine: the next command goes on', async () => {
    const { socket } = await engine();
    const pid = await machine.killEngine();
    assert.ok((await stat(socket ?? '')).isSocket(), 'it is left');
    await same();
    const now = await engine();
    assert.notEqual(now.pid, pid);
    assert.ok((await stat(now.socket ?? '')).isSocket());
  });

  it('a second engine: makes way for the first, also when both are started at once', async () => {
    const { pid } = await engine();
    const second = spawn(process.execPath, [engineProgram], { env: machine.env, stdio: 'ignore' });
    assert.deepEqual((await once(second, 'exit'))[0], 0, 'it made way');
    assert.equal((await engine()).pid, pid);
    await machine.coppice(['engine', 'stop']);
    const many = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [engineProgram], { env: machine.env, stdio: 'ignore' }),
    );
    const ended = many.map((child) => once(child, 'exit'));
    await waitFor(async () => (await engine()).running);
    await waitFor(() => many.filter(({ exitCode }) => exitCode === null).length === 1);
    await same();
    await machine.coppice(['engine', 'stop']);
    await Promise.all(ended);
    assert.deepEqual(
      many.map(({ exitCode }) => exitCode),
      [0, 0, 0, 0],
    );
  });

  it('a lock of another host: never taken for dead, and how to go on is said', async () => {
    const { pid } = await engine();
    const lock = await readFile(join(machine.home, 'lock'), 'utf8');
    await machine.coppice(['engine', 'stop']);
    await waitFor(async () => !(await engine()).running);
    const other = { ...(JSON.parse(lock) as object), host: 'f'.repeat(32), hostname: 'elsewhere' };
    await writeFile(join(machine.home, 'lock'), JSON.stringify(other));
    await refused(machine, ['run', ...demo, 'x'], {
      exit: 3,
      code: 'engine-busy',
      message: /elsewhere/,
      next: /elsewhere|host/,
    });
    assert.match(await readFile(join(machine.home, 'lock'), 'utf8'), /"hostname":"elsewhere"/);
    assert.ok(pid !== null);
    await writeFile(join(machine.home, 'lock'), lock);
    await same();
  });
});
