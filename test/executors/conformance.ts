/** What every executor does, row by row. What one cannot do it declares in its capabilities, and the row says so. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smallDisk } from './host.ts';
import { Bench, texts, until, type Subject } from './subject.ts';

/** Lines that an agent prints slowly, of which the last hundred only when it is told to, and how many. */
const many = 300;
const slowly = `i=0; while [ $i -lt ${many} ]; do echo "$i ü🌳"; i=$((i+1)); [ $((i % 10)) = 0 ] && sleep 0.02
[ $i != 200 ] || read -r go; done`;

/** Writes until nothing fits, waits for a file, and ends with 4. */
const filler =
  'i=0; while [ $i -lt 4000 ]; do echo "line $i $1" 2>/dev/null; i=$((i+1)); done; ' +
  'echo full >full; while [ ! -e go ]; do sleep 0.02; done; echo after; exit 4';

/** What an executor declares away. */
export interface Declared {
  /** Runs leave their files on another host, whose disk is not to be filled from here. */
  readonly filesElsewhere?: true;
}

/** Describes the suite for an executor. `open` is called once, before all rows. */
export function conforms(name: string, open: () => Promise<Subject>, { filesElsewhere }: Declared = {}): void {
  describe(`the ${name} executor`, function () {
    this.timeout(240_000);
    let subject: Subject;
    let bench: Bench;
    before(async () => (subject = await open()));
    after(() => subject.dispose());
    beforeEach(() => void (bench = new Bench(subject)));
    afterEach(() => bench.dispose());

    it('starts an agent in its folder and environment, streams what it prints, feeds it, and knows how it ended', async () => {
      const spec = bench.spec(
        'echo "$(pwd -P)|$MARK|$KEY|$COPPICE_SESSION"; while read -r l; do echo "got $l"; done; echo bye >&2; exit 7',
        { duplex: true },
      );
      const record = await bench.start(spec);
      assert.deepEqual(await bench.executor.probe(spec), { state: 'running', pid: record.pid });
      const { lines, end } = bench.follow(spec);
      await bench.executor.write(spec, 1, 'one\n');
      await bench.executor.write(spec, 2, 'two\n');
      await until(() => lines.length === 3, 'the answers');
      await bench.executor.close(spec);
      assert.equal((await end).reason, 'ended');
      const [first = '', ...rest] = texts(lines);
      assert.match(first, new RegExp(`\\|plain value\\|very-secret-value\\|${bench.session}$`));
      assert.deepEqual(rest, ['got one', 'got two']);
      const state = await bench.ended(spec);
      assert.ok(state.state === 'exited' && state.code === 7, JSON.stringify(state));
      await until(async () => (await readFile(spec.stderrPath, 'utf8').catch(() => '')) === 'bye\n', 'its last words');
    });

    it('gives the run that is there when it is started again, running or ended, also by another engine', async () => {
      const spec = bench.spec('echo "agent $$"; while read -r l; do :; done', { duplex: true });
      const record = await bench.start(spec);
      const other = await subject.another();
      assert.deepEqual(await bench.start(spec, other), record);
      await bench.executor.close(spec);
      await bench.ended(spec);
      assert.deepEqual(await bench.start(spec), record);
      await bench.follow(spec).end;
      assert.equal((await bench.stream(spec)).split('\n').length, 2, 'one agent ran');
    });

    it('feeds each numbered input once and in order, whoever writes it how often', async () => {
      const spec = bench.spec('exec cat', { duplex: true });
      await bench.start(spec);
      const other = await subject.another();
      const { lines } = bench.follow(spec);
      await bench.executor.write(spec, 2, 'second\n');
      assert.equal(await bench.executor.inputState(spec, 2), 'pending');
      await bench.executor.write(spec, 1, 'first\n');
      await other.write(spec, 1, 'again\n');
      await bench.executor.write(spec, 3, `${'x'.repeat(300_000)}\n`);
      await until(() => lines.length === 3, 'three lines');
      assert.deepEqual([...texts(lines).slice(0, 2), lines[2]?.text.length], ['first', 'second', 300_000]);
      await until(async () => (await other.inputState(spec, 3)) === 'fed', 'the last input to be fed');
      await bench.executor.close(spec);
      await bench.ended(spec);
      await assert.rejects(bench.executor.write(spec, 4, 'late\n'), { code: 'wrong-state' });
      assert.equal(texts(lines).length, 3);
    });

    it('hands over arguments as they are', async () => {
      const odd = ['', ' two  words ', '$(touch no)', '`touch no`', "it's", '"', '\\', '*', '-n', 'a\nb', 'ü\t🌳', ';'];
      const spec = bench.spec('', { args: ['-c', 'for a; do printf "<%s>" "$a"; done; echo', 'agent', ...odd] });
      await bench.start(spec);
      await bench.ended(spec);
      await bench.follow(spec).end;
      assert.equal(await bench.stream(spec), `${odd.map((each) => `<${each}>`).join('')}\n`);
    });

    it('interrupts the agent alone', async () => {
      const spec = bench.spec("trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done");
      await bench.start(spec);
      const { lines, end } = bench.follow(spec);
      await until(() => lines.length === 1, 'the agent');
      assert.equal(await bench.executor.signal(spec, 'SIGINT'), 'sent');
      await end;
      assert.deepEqual(texts(lines), ['ready', 'interrupted']);
      assert.equal(await bench.executor.signal(spec, 'SIGINT'), 'not-running');
    });

    it('stops an agent that will not end, and everything that it left behind', async () => {
      const spec = bench.spec(
        "trap '' TERM; setsid sh -c 'echo child $$; exec sleep 600' & echo ready; while :; do sleep 0.05; done",
      );
      await bench.start(spec);
      const { lines } = bench.follow(spec);
      await until(() => lines.length === 2, 'agent and child');
      const child = Number(
        texts(lines)
          .find((line) => line.startsWith('child'))
          ?.slice(6),
      );
      assert.ok(await subject.alive(child));
      const report = await bench.executor.stop(spec, { graceMs: 300 });
      assert.equal(report.signal, 'SIGKILL');
      assert.deepEqual(report.left, []);
      assert.equal(report.state.state, 'exited');
      await until(async () => !(await subject.alive(child)), 'the end of the child');
      assert.deepEqual(await bench.executor.processes(spec), []);
      assert.equal((await bench.executor.stop(spec, { graceMs: 0 })).signal, 'none');
    });

    it('tells the crash of an agent from an end', async () => {
      const spec = bench.spec('echo "pid $$"; exec sleep 600');
      await bench.start(spec);
      const { lines, end } = bench.follow(spec);
      await until(() => lines.length === 1, 'the agent');
      await subject.kill(Number(lines[0]?.text.slice(4)));
      assert.equal((await end).reason, 'ended');
      const state = await bench.ended(spec);
      assert.ok(state.state === 'exited' && state.signal === 'SIGKILL', JSON.stringify(state));
    });

    it('is found again by another engine, which loses no byte and doubles none', async () => {
      const first = await subject.another();
      const spec = bench.spec(slowly, { duplex: true });
      await bench.start(spec, first);
      const before = bench.follow(spec, 0, first);
      await until(() => before.lines.length > 40, 'forty lines');
      before.stop();
      const { offset } = await before.end;
      assert.equal((await bench.executor.probe(spec)).state, 'running', 'the agent outlives its starter');
      const after = bench.follow(spec, offset);
      await bench.executor.write(spec, 1, 'go\n');
      assert.equal((await after.end).reason, 'ended');
      assert.deepEqual(
        texts([...before.lines, ...after.lines]),
        Array.from({ length: many }, (_each, i) => `${i} ü🌳`),
      );
      assert.equal((await bench.stream(spec)).split('\n').length, many + 1);
      assert.ok((await bench.executor.probe(spec)).state === 'exited');
    });

    it('continues the stream of a session in its next run', async () => {
      const one = bench.spec('echo one; printf torn');
      await bench.start(one);
      await bench.ended(one);
      await bench.follow(one).end;
      const { length } = Buffer.from(await bench.stream(one));
      const two = bench.spec('echo two', { run: 2 });
      await bench.start(two);
      await bench.follow(two, length).end;
      assert.deepEqual((await bench.stream(two)).split('\n'), ['one', 'torn', 'two', '']);
    });

    it('names an agent that is not there, and a start that never was', async () => {
      const spec = bench.spec('', { command: 'no-such-agent-anywhere', args: [] });
      assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
      await assert.rejects(bench.start(spec), { code: 'agent-missing' });
      assert.equal((await bench.executor.probe(spec)).state, 'not-started');
    });

    it('removes what a run left, and never while something of it lives', async () => {
      const spec = bench.spec('echo ready; exec sleep 600');
      await bench.start(spec);
      await assert.rejects(bench.executor.clean(spec), { code: 'wrong-state' });
      await bench.executor.stop(spec, { graceMs: 2000 });
      await bench.executor.clean(spec);
      assert.equal(existsSync(spec.directory), false);
      await bench.executor.clean(spec);
    });

    if (filesElsewhere !== true) {
      it('loses only what does not fit on a full disk, and knows how its agent ended', async () => {
        const disk = smallDisk(subject.home);
        try {
          // Where nobody may mount, a limit on the size of files stands in.
          const script = disk === undefined ? `ulimit -f 800; trap '' XFSZ; ${filler}` : filler;
          const at = disk?.path ?? subject.home;
          const spec = bench.spec(script, {
            args: ['-c', script, 'agent', 'x'.repeat(180)],
            directory: join(at, bench.session, '1'),
            streamPath: join(at, bench.session, 'stream.jsonl'),
            stderrPath: join(at, bench.session, 'stderr.log'),
          });
          await bench.start(spec);
          const { lines, end } = bench.follow(spec);
          await until(() => existsSync(join(subject.cwd, 'full')), 'a full disk');
          assert.equal((await bench.executor.probe(spec)).state, 'running', 'the agent lives on');
          await writeFile(join(subject.cwd, 'go'), '');
          assert.equal((await end).reason, 'ended');
          const state = await bench.ended(spec);
          assert.ok(state.state === 'exited' && state.code === 4, JSON.stringify(state));
          const whole = texts(lines).slice(0, -1);
          assert.ok(whole.length > 1000 && whole.length < 4000, `${whole.length} lines fitted`);
          assert.deepEqual(
            whole.filter((line, i) => line !== `line ${i} ${'x'.repeat(180)}`),
            [],
            'what fitted is whole and in order',
          );
          await bench.executor.stop(spec, { graceMs: 0 });
        } finally {
          disk?.remove();
        }
      });
    }

    it('leaves no secret in any file', async () => {
      const spec = bench.spec('while read -r l; do :; done', { duplex: true });
      await bench.start(spec);
      await bench.executor.write(spec, 1, 'x\n');
      await bench.executor.close(spec);
      await bench.ended(spec);
      const names = await readdir(subject.home, { recursive: true, withFileTypes: true });
      const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      assert.ok(files.length > 3);
      for (const file of files) {
        if (file.endsWith('stream.jsonl')) continue; // an agent may print what it likes
        assert.doesNotMatch(await readFile(file, 'latin1'), /very-secret/, file);
      }
    });
  });
}
