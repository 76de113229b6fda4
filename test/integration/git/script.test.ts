import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runScript, type ScriptOptions } from '../../../src/git/script.ts';
import { endOf, exists, Sandbox } from './support.ts';

describe('runScript', () => {
  let sandbox: Sandbox;
  let options: Omit<ScriptOptions, 'command'>;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    await mkdir(sandbox.path('work'));
    options = {
      cwd: sandbox.path('work'),
      env: { PATH: process.env['PATH'] ?? '', GIVEN: 'it is $HOME' },
      timeoutMs: 40_000,
      outputFile: sandbox.path('out', 'setup.log'),
    };
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  const output = () => readFile(options.outputFile, 'utf8');
  const run = (command: ScriptOptions['command'], more: Partial<ScriptOptions> = {}) =>
    runScript({ ...options, command, ...more });

  it('an argument array goes to the program as it is, in the worktree, with the given environment only', async () => {
    await run(['printf', '%s|', '$(touch x)', 'a b', '`id`', '"']);
    assert.equal(await output(), '$(touch x)|a b|`id`|"|');
    await run(['sh', '-c', 'pwd; echo "$GIVEN"; echo ${HOME-none} >&2']);
    const text = await output();
    assert.match(text, new RegExp(`${sandbox.path('work')}\\nit is \\$HOME\\n`));
    assert.match(text, /none\n/);
  });

  it('a string is a line of the shell', async () => {
    const result = await run('echo one && echo two | tr t T');
    assert.equal(await output(), 'one\nTwo\n');
    assert.deepEqual([result.outputBytes, result.cut], [8, false]);
  });

  it('a failure has the code, the end of the output and the file', async () => {
    await assert.rejects(run('echo before; echo why >&2; exit 7'), (error: unknown) => {
      const { code, context, message } = error as { code: string; context: Record<string, string>; message: string };
      assert.equal(code, 'script-failed');
      assert.match(message, /ended with code 7/);
      assert.equal(context['code'], '7');
      assert.match(context['tail'] ?? '', /why/);
      assert.equal(context['outputFile'], options.outputFile);
      return true;
    });
  });

  it('a program that is not there or may not be run', async () => {
    await assert.rejects(run(['no-such-program-here']), { code: 'script-failed' });
    await writeFile(sandbox.path('plain'), '');
    await assert.rejects(run([sandbox.path('plain')]), { code: 'script-failed' });
  });

  it('the time limit ends the whole group, also one that ignores TERM', async () => {
    const pid = sandbox.path('pid');
    const line = `trap '' TERM; sh -c 'echo $$ >${pid}; exec sleep 300' & while [ ! -s ${pid} ]; do sleep 0.02; done
      echo begun; sleep 300`;
    // The limit may be over before it has begun: then it proves nothing, and a longer one is tried.
    for (let timeoutMs = 300, begun = false; !begun; timeoutMs *= 4) {
      await rm(pid, { force: true });
      await assert.rejects(run(line, { timeoutMs }), { code: 'timed-out' });
      begun = (await output()).includes('begun');
    }
    await endOf(pid);
  });

  it('what it leaves in the background ends with it', async () => {
    const pid = sandbox.path('pid');
    await run(`sh -c 'echo $$ >${pid}; exec sleep 300' & while [ ! -s ${pid} ]; do sleep 0.02; done; echo done`);
    await endOf(pid);
  });

  it('an abort ends it with the reason of the signal', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await assert.rejects(run('sleep 30', { signal: stop.signal }), { name: 'AbortError' });
  });

  it('of output beyond the cap the middle is dropped, which is said, and the end is kept', async () => {
    const result = await run('head -c 300000 /dev/zero | tr "\\0" x; printf "the end"', { maxOutputBytes: 1000 });
    assert.deepEqual([result.outputBytes, result.cut], [300_007, true]);
    assert.match(await output(), /^x{750}\n\[299007 bytes dropped\]\nx{243}the end$/);
    assert.equal((await stat(options.outputFile)).mode & 0o777, 0o600);
    assert.equal(await exists(join(options.outputFile, '..')), true);
  });
});
