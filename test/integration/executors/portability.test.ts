/** The wrapper under other shells, and on a system without `/proc`, as far as this one can stand in for it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { RunProcess } from '../../../src/executors/executor.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import { PsTable, systemPs } from '../../../src/executors/process-table-ps.ts';
import { ProcTable } from '../../../src/executors/process-table-proc.ts';
import type { ProcessTable } from '../../../src/executors/process-table.ts';
import { tell, until, Workbench, wrapperPath } from './workbench.ts';

interface Variant {
  readonly name: string;
  /** Changes the wrapper. */
  readonly change: (source: string) => string;
  readonly table?: ProcessTable;
}

/** Re-executes the wrapper in another shell. */
function under(shell: string, ...options: string[]): Variant {
  const words = [shell, ...options].join(' ');
  const line = `[ -n "\${COPPICE_TEST_SHELL-}" ] || COPPICE_TEST_SHELL=1 exec ${words} "$0" "$@"`;
  return { name: words, change: (source) => source.replace('\n', `\n${line}\n`) };
}

const withoutProc: Variant = {
  name: 'without /proc',
  change: (source) => source.replaceAll('/proc/', '/no-proc/').replaceAll(/sysctl -n [a-z.]+/g, 'echo boot-of-test'),
  table: new PsTable({
    ...systemPs('linux'),
    run: (command, args) =>
      command === 'sysctl' ? Promise.resolve('boot-of-test\n') : systemPs('linux').run(command, args),
  }),
};

const shells = [under('bash', '--posix'), under('bash'), under('busybox', 'sh'), under('mksh'), under('ksh')];

function isInstalled({ name }: Variant): boolean {
  const [program = ''] = name.split(' ');
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

describe('the wrapper', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.dispose());

  const present = shells.filter(isInstalled);
  before(() => tell(`shells: sh, ${present.map(({ name }) => name).join(', ')}`));

  for (const { name, change, table } of [...present, withoutProc]) {
    it(`keeps its word: ${name}`, async () => {
      const path = join(bench.home, 'variant.sh');
      const source = await readFile(wrapperPath, 'utf8');
      await writeFile(path, change(source));
      assert.notEqual(await readFile(path, 'utf8'), source);
      const executor = new LocalExecutor({ wrapperPath: path, ...(table === undefined ? {} : { table }) });
      const script = `trap 'echo term' TERM; trap 'echo int; exit 9' INT; echo "agent $$"
        while read -r line; do echo "got $line"; done; while :; do sleep 0.02; done`;
      const spec = bench.spec(script, { duplex: true });
      await mkdir(dirname(spec.streamPath), { recursive: true });
      await writeFile(spec.streamPath, 'torn');

      const signal = new AbortController().signal;
      const record = await executor.start(spec, signal);
      assert.deepEqual(await executor.start(spec, signal), record);
      assert.deepEqual(await executor.probe(spec), { state: 'running', pid: record.pid });
      for (const n of [3, 1, 2]) await executor.write(spec, n, `${n}\n`);
      await executor.close(spec);
      const stream = (): Promise<string> => bench.stream(spec);
      await until(async () => (await stream()).includes('got 3'), 'the inputs');
      process.kill(record.wrapperPid, 'SIGHUP');
      process.kill(record.wrapperPid, 'SIGTERM');
      await until(async () => (await stream()).includes('term'), 'TERM by way of the wrapper');
      assert.equal(await executor.signal(spec, 'SIGINT'), 'sent');
      await until(async () => (await executor.probe(spec)).state !== 'running', 'the end');
      const state = await executor.probe(spec);
      assert.ok(state.state === 'exited' && state.code === 9, JSON.stringify(state));
      assert.equal(await stream(), `torn\nagent ${record.pid}\ngot 1\ngot 2\ngot 3\nterm\nint\n`);

      const deaf = bench.spec("trap '' TERM; setsid -f tail -f /dev/null; while :; do sleep 0.02; done", { run: 2 });
      await executor.start(deaf, signal);
      const tails = ({ name }: RunProcess): boolean => name.includes('tail');
      await until(async () => (await executor.processes(deaf)).some(tails), 'what it leaves behind');
      const report = await executor.stop(deaf, { graceMs: 100 });
      assert.deepEqual([report.signal, report.left], ['SIGKILL', []]);
      assert.ok(report.state.state === 'exited' && report.state.code === 137);
      assert.ok(report.killed.some(tails));
      assert.deepEqual(await executor.processes(deaf), []);
    });
  }

  it('is found alike in /proc and by ps', async () => {
    const spec = bench.spec('sleep 60');
    const { pid } = await bench.start(spec);
    const [proc, ps] = [new ProcTable('/proc'), new PsTable(systemPs('linux'))];
    const byProc = await proc.find(pid);
    const byPs = await ps.find(pid);
    assert.deepEqual([byPs?.pid, byPs?.ppid, byPs?.zombie], [byProc?.pid, byProc?.ppid, byProc?.zombie]);
    assert.equal(await ps.find(2 ** 30), undefined);
    assert.deepEqual(await ps.marks([pid, process.pid]), await proc.marks([pid, process.pid]));
    const [a, b] = [await proc.residentBytes(pid), await ps.residentBytes(pid)];
    assert.ok(Math.abs(a - b) < 2_000_000, `${a} and ${b}`);
    assert.equal(await ps.residentBytes(2 ** 30), 0);
    assert.ok((await ps.list()).some((entry) => entry.pid === process.pid));
  });
});
