import assert from 'node:assert/strict';
import { existsSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, until, Workbench } from './workbench.ts';

describe('a local run', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.dispose());

  it('starts, streams, takes input and ends', async () => {
    const spec = bench.spec('echo hello; while read -r line; do echo "got $line"; done; echo bye >&2; exit 7', {
      duplex: true,
    });
    const record = await bench.start(spec);
    assert.deepEqual(await bench.executor.probe(spec), { state: 'running', pid: record.pid });
    const { lines, end } = bench.follow(spec);
    assert.equal(await bench.executor.write(spec, 1, 'one\n'), 'pending');
    await until(() => lines.length === 2, 'the answer');
    assert.equal(await bench.executor.inputState(spec, 1), 'fed');
    await bench.executor.close(spec);
    assert.deepEqual(await end, { reason: 'ended', offset: 14, incomplete: false });
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['hello', 'got one'],
    );
    const state = await bench.executor.probe(record);
    assert.ok(state.state === 'exited' && state.code === 7 && state.signal === undefined);
    assert.ok(state.at !== undefined && Math.abs(state.at - Date.now()) < 30_000);
    assert.equal(await readFile(spec.stderrPath, 'utf8'), 'bye\n');
    await until(() => !isAlive(record.wrapperPid), 'the end of the wrapper');
    await until(async () => (await bench.executor.processes(spec)).length === 0, 'the end of the feeder');
  });

  it('records the raw code of every end', async () => {
    const ends = [
      ['exit 0', 0, undefined],
      ['exit 3', 3, undefined],
      ['kill -TERM $$', 143, 'SIGTERM'],
      ['kill -SEGV $$', 139, 'SIGSEGV'],
      ['exit 143', 143, 'SIGTERM'],
      ['exit 255', 255, undefined],
    ] as const;
    for (const [index, [script, code, signal]] of ends.entries()) {
      const spec = bench.spec(script, { run: index + 1 });
      await bench.start(spec);
      const state = await bench.ended(spec);
      assert.ok(state.state === 'exited', script);
      assert.deepEqual([state.code, state.signal], [code, signal], script);
    }
  });

  it('gives an agent that takes no input an empty one, and refuses to write to it at once', async () => {
    const spec = bench.spec('cat; echo done; sleep 60');
    await bench.start(spec);
    const { lines } = bench.follow(spec);
    await until(() => lines.length === 1, 'the end of the input');
    const begin = performance.now();
    await assert.rejects(bench.executor.write(spec, 1, 'x'), { code: 'wrong-state' });
    await bench.executor.close(spec);
    assert.ok(performance.now() - begin < 20_000);
    assert.equal(await bench.executor.inputState(spec, 1), 'absent');
  });

  it('hands over arguments and environment as they are, and nothing but its marks', async () => {
    const odd = ['', ' two  words ', '$(touch no)', '`touch no`', "it's", '"', '\\', '*', '-n', '\n', 'ü\t🌳'];
    const env = {
      PATH: '/usr/bin:/bin',
      ODD: odd.join('|'),
      // Names that a careless wrapper would use itself.
      pid: 'a',
      g: 'b',
      S: 'c',
      n: 'd',
      dir: 'e',
      x: 'f',

      CDPATH: '/tmp',
      ENV: '/absent',
      PS4: '$(touch no)',
    };
    const script = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env, process.cwd()]) + "\\n")';
    const spec = bench.spec('', {
      command: process.execPath,
      args: ['-e', script, '--', ...odd],
      env,
      cwd: bench.home,
    });
    await bench.start(spec);
    await bench.ended(spec);
    const [args, seen, cwd] = JSON.parse(await bench.stream(spec)) as [string[], Record<string, string>, string];
    assert.deepEqual(args, odd);
    assert.equal(cwd, bench.home);
    delete seen['PWD'];
    delete seen['OLDPWD'];
    // Node hands its own coverage on to every child.
    if (process.env['NODE_V8_COVERAGE'] !== undefined) delete seen['NODE_V8_COVERAGE'];
    assert.deepEqual(seen, { ...env, COPPICE_SESSION: bench.session, COPPICE_RUN: '1' });
    assert.equal(existsSync(join(bench.home, 'no')), false);
  });

  it('leaves no value of the environment in any file of its own', async () => {
    const spec = bench.echo({ env: { PATH: '/usr/bin:/bin', KEY: 'very-secret-value' }, secrets: ['KEY'] });
    await bench.start(spec);
    await bench.executor.write(spec, 1, 'x\n');
    await bench.executor.close(spec);
    await bench.ended(spec);
    const names = await readdir(bench.home, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.length >= 6);
    for (const file of files) assert.doesNotMatch(await readFile(file, 'latin1'), /very-secret/, file);
  });

  it('runs in the session’s PATH whatever is in it, and keeps its own tools', async () => {
    const folder = join(bench.home, 'path');
    await mkdir(folder);
    for (const tool of ['mkdir', 'mkfifo', 'cat', 'mv', 'date', 'tail', 'wc', 'env']) {
      await writeFile(join(folder, tool), '#!/bin/sh\necho hijacked\n', { mode: 0o755 });
    }
    await writeFile(join(folder, 'agent'), '#!/bin/sh\nwhile read -r l; do echo "$l $PATH"; done\n', { mode: 0o755 });
    const spec = bench.spec('', { command: 'agent', args: [], env: { PATH: folder }, duplex: true });
    await bench.start(spec);
    await bench.executor.write(spec, 1, 'x\n');
    await bench.executor.close(spec);
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 0);
    assert.equal(await bench.stream(spec), `x ${folder}\n`);
  });

  it('lets the agent be interrupted, which a background command of a shell could not', async () => {
    const spec = bench.spec('trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 0.02; done');
    await bench.start(spec);
    const { lines } = bench.follow(spec);
    await until(() => lines.length === 1, 'the trap');
    assert.equal(await bench.executor.signal(spec, 'SIGINT'), 'sent');
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 5);
    assert.equal(await bench.executor.signal(spec, 'SIGINT'), 'not-running');
  });

  it('lets the agent begin with no signal ignored or blocked', async () => {
    for (const [index, duplex] of [true, false].entries()) {
      const args = ['-E', 'Sig(Ign|Blk)', '/proc/self/status'];
      const spec = bench.spec('', {
        command: 'grep',
        args,
        duplex,
        run: index + 1,
        streamPath: join(bench.home, `${index}`),
      });
      await bench.start(spec);
      await bench.ended(spec);
      assert.equal(await bench.stream(spec), 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
    }
  });

  it('passes TERM and INT of its wrapper on, and survives hang-ups', async () => {
    const script = 'trap "echo term" TERM; trap "echo int; exit 9" INT; echo ready; while :; do sleep 0.02; done';
    const spec = bench.spec(script);
    const { wrapperPid, pid } = await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => lines.length === 1, 'the traps');
    for (let i = 0; i < 5; i += 1) process.kill(wrapperPid, 'SIGHUP');
    process.kill(wrapperPid, 'SIGTERM');
    await until(() => lines.length === 2, 'TERM');
    process.kill(wrapperPid, 'SIGTERM');
    await until(() => lines.length === 3, 'TERM again');
    assert.ok(isAlive(pid) && isAlive(wrapperPid));
    process.kill(wrapperPid, 'SIGINT');
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 9);
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['ready', 'term', 'term', 'int'],
    );
  });

  it('ends a torn line of an earlier run before the first byte of the next', async () => {
    const first = bench.spec('printf "whole\\nhalf a li"; kill -KILL $$');
    await bench.start(first);
    await bench.ended(first);
    const second = bench.spec('echo second', { run: 2 });
    await bench.start(second);
    await bench.ended(second);
    const third = bench.spec('echo third', { run: 3 });
    await bench.start(third);
    await bench.ended(third);
    assert.equal(await bench.stream(third), 'whole\nhalf a li\nsecond\nthird\n');
  });

  it('also when the torn line ends with a zero byte, as after a power cut', async () => {
    const spec = bench.spec('echo next');
    await mkdir(join(spec.streamPath, '..'), { recursive: true });
    await writeFile(spec.streamPath, 'half\0\0');
    await bench.start(spec);
    await bench.ended(spec);
    assert.equal(await bench.stream(spec), 'half\0\0\nnext\n');
  });

  describe('that cannot be started', () => {
    it('names a missing or unusable program, and can be started later in the same place', async () => {
      const missing = bench.spec('', { command: 'coppice-no-such-agent' });
      await assert.rejects(bench.start(missing), { code: 'agent-missing' });
      const path = join(bench.home, 'agent');
      await writeFile(path, 'echo hi\n', { mode: 0o644 });
      await assert.rejects(bench.start({ ...missing, command: path }), { code: 'agent-unusable' });
      await assert.rejects(bench.start({ ...missing, cwd: join(bench.home, 'no') }), { code: 'not-found' });
      assert.deepEqual(await bench.executor.probe(missing), { state: 'not-started' });
      await chmod(path, 0o755);
      await bench.start({ ...missing, command: path, args: [] });
      assert.deepEqual((await bench.ended(missing)).state, 'exited');
      assert.equal(await bench.stream(missing), 'hi\n');
    });

    it('shows what only the system notices as an exit with its message', async () => {
      const path = join(bench.home, 'agent');
      await writeFile(path, '#!/no/such/interpreter\n', { mode: 0o755 });
      const spec = bench.spec('', { command: path, args: [] });
      await bench.start(spec);
      const state = await bench.ended(spec);
      assert.ok(state.state === 'exited' && state.code === 127);
      assert.match(await readFile(spec.stderrPath, 'utf8'), /agent|interpreter/);
    });

    it('names a command line that is too long', async () => {
      const spec = bench.spec('true', { args: ['-c', 'true', 'x'.repeat(3_000_000)] });
      await assert.rejects(bench.start(spec), { code: 'agent-unusable' });
      assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
    });

    it('starts nothing when it was aborted before', async () => {
      const spec = bench.spec('echo x');
      await assert.rejects(bench.executor.start(spec, AbortSignal.abort()), { name: 'AbortError' });
      assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
    });
  });

  describe('of which everything can be asked again', () => {
    it('is the same run however often it is started, also after its end', async () => {
      const spec = bench.spec('echo started; sleep 0.3');
      const record = await bench.start(spec);
      assert.deepEqual(await bench.start(spec), record);
      assert.deepEqual(await Promise.all([bench.start(spec), bench.start(spec)]), [record, record]);
      await bench.ended(spec);
      assert.deepEqual(await bench.start(spec), record);
      assert.equal(await bench.stream(spec), 'started\n');
    });

    it('is unknown, and refuses to start, when its start was cut short before a process was known', async () => {
      const spec = bench.spec('echo never');
      await mkdir(join(spec.directory, 'lock'), { recursive: true });
      assert.equal((await bench.executor.probe(spec)).state, 'unknown');
      await assert.rejects(bench.start(spec), { code: 'unknown-outcome' });
      await assert.rejects(bench.executor.signal(spec, 'SIGINT'), { code: 'unknown-outcome' });
      const begin = performance.now();
      await assert.rejects(bench.executor.write(spec, 1, 'x'), { code: 'wrong-state' });
      assert.ok(performance.now() - begin < 20_000);
    });

    it('is cleaned only when nothing of it lives', async () => {
      const spec = bench.spec('sleep 60');
      await bench.start(spec);
      await assert.rejects(bench.executor.clean(spec), { code: 'wrong-state' });
      await bench.executor.stop(spec, { graceMs: 20_000 });
      await bench.executor.clean(spec);
      assert.equal(existsSync(spec.directory), false);
      assert.equal(existsSync(spec.streamPath), true);
      await bench.executor.clean(spec);
      await assert.rejects(bench.executor.clean({ ...spec, directory: bench.home }), { code: 'wrong-state' });
    });

    it('shows its processes and their memory', async () => {
      const spec = bench.spec('sleep 60 & setsid -f sleep 60; echo ready; wait');
      const record = await bench.start(spec);
      const { lines } = bench.follow(spec);
      await until(() => lines.length === 1, 'the agent');
      await until(async () => (await bench.executor.processes(spec)).length === 4, 'four processes');
      const known = await bench.executor.processes(spec);
      const by = (pid: number): string | undefined => known.find((process) => process.pid === pid)?.by;
      assert.deepEqual([by(record.pid), by(record.wrapperPid)], ['agent', 'wrapper']);
      const memory = await bench.executor.memory(spec);
      assert.ok(memory !== undefined && memory > 500_000 && memory < 100_000_000, String(memory));
    });
  });

  it('is not touched by the engine’s own end: no descriptor of it is shared', async () => {
    const spec = bench.spec('ls -l /proc/$$/fd; echo listed; sleep 60');
    const { pid, wrapperPid } = await bench.start(spec);
    await until(async () => (await bench.stream(spec)).endsWith('listed\n'), 'the list');
    const listing = await bench.stream(spec);
    assert.match(listing, /0 -> \/dev\/null/);
    const open = [...listing.matchAll(/ (\d+) -> (.*)$/gm)].map(([, fd, target]) => ({ fd: Number(fd), target }));
    // What this process was itself given by whoever started it is passed on by every spawn.
    const given = open.filter(({ fd, target }) => {
      const own = `/proc/self/fd/${fd}`;
      return fd > 2 && existsSync(own) && readlinkSync(own) === target;
    });
    assert.deepEqual(
      open.map(({ fd }) => fd),
      [0, 1, 2, ...given.map(({ fd }) => fd)],
    );
    const stat = await readFile(`/proc/${wrapperPid}/stat`, 'latin1');
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    assert.equal(Number(session), wrapperPid);
    assert.ok(isAlive(pid));
  });
});
