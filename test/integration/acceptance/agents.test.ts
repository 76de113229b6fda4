import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Machine, waitFor, type Ran } from '../cli/machine.ts';
import { refused, show, untouched } from './refused.ts';

describe('agents that are not as they should be', function () {
  this.timeout(300_000);
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
    await machine.coppice(['trust', '--host']);
  });
  afterEach(async () => machine.dispose());

  /** Settings with agents of these shell scripts. */
  async function agents(scripts: Readonly<Record<string, string>>, more = ''): Promise<void> {
    await mkdir(machine.home, { recursive: true, mode: 0o700 });
    const lines = Object.entries(scripts).map(
      ([name, script]) =>
        `    ${name}:\n      command: ${JSON.stringify(['/bin/sh', '-c', script, name, '{prompt}'])}\n`,
    );
    await writeFile(join(machine.home, 'config.yaml'), `${more}agents:\n  custom:\n${lines.join('')}`);
    await machine.coppice(['engine', 'stop']);
  }

  async function run(agent: string, ...args: readonly string[]): Promise<Ran & { session: string }> {
    const ran = await machine.coppice(['run', '--agent', agent, ...args]);
    return { ...ran, session: (await machine.sessions()).at(-1)?.id ?? '' };
  }

  it('not installed: refused with how to get it, and nothing is made for it', async () => {
    const env = { PATH: '/usr/bin:/bin' };
    await refused(
      machine,
      ['run', '--agent', 'claude-code', 'x'],
      { exit: 3, code: 'agent-missing', message: /Claude Code/, next: /[Ii]nstall/ },
      { env },
    );
    await writeFile(
      join(machine.home, 'config.yaml'),
      'agents:\n  custom:\n    gone:\n      command: [no-such-program]\n',
    );
    const expected = { exit: 3, code: 'agent-missing', message: /no-such-program/, next: /PATH|[Ii]nstall/ };
    await refused(machine, ['run', '--agent', 'gone', 'x'], expected);
    const file = join(machine.root, 'not-a-program');
    await writeFile(file, '#!/bin/sh\n');
    await chmod(file, 0o644);
    await writeFile(join(machine.home, 'config.yaml'), `agents:\n  custom:\n    gone:\n      command: [${file}]\n`);
    const unusable = { exit: 3, code: 'agent-missing', message: /not-a-program/, next: /\S/ };
    const told = await machine.coppice(['run', '--agent', 'gone', 'x']);
    assert.equal(told.exit, unusable.exit, told.stderr);
    assert.match(told.stderr, unusable.message);
    assert.deepEqual(await machine.sessions(), []);
    assert.equal((await machine.git('worktree', 'list')).trim().split('\n').length, 1);
    await refused(machine, ['run', '--agent', 'nobody', 'x'], {
      exit: 3,
      code: 'agent-missing',
      message: /nobody/,
      next: /demo/,
    });
  });

  it('prints garbage: kept, shown without harm, and judged by its end', async () => {
    await agents({
      garbage: String.raw`printf '{"type":\n]]\033[2J\033]0;title\007\001\002 caf\351 \377\376\n{"a":{"b":1}}\n'; echo work > w.txt`,
      lost: String.raw`printf '\000\001{{{'; exit 7`,
    });
    const good = await run('garbage', 'x');
    assert.equal(good.exit, 0, good.stderr);
    assert.doesNotMatch(good.stdout, /[^\P{Cc}\n\t]/u, 'nothing that steers a terminal');
    assert.match(good.stdout, /caf/);
    const { branch, worktree } = await show(machine, good.session);
    assert.equal(await machine.git('show', `${branch ?? ''}:w.txt`), 'work\n');
    assert.ok(worktree !== null);
    const bad = await run('lost', 'x');
    assert.equal(bad.exit, 1, bad.stdout);
    const { error } = await show(machine, bad.session);
    assert.match(error?.message ?? '', /exit code 7/);
    assert.match(error?.next ?? '', /give it another prompt/);
    assert.match(
      bad.stderr,
      new RegExp(`coppice session logs ${bad.session}\\n +coppice session continue ${bad.session}`),
    );
    const logs = await machine.coppice(['session', 'logs', bad.session]);
    assert.match(logs.stdout, /turn ended: \w+ \(exit code 7\)\n$/, 'the end of its process is no line of its stream');
    await untouched(machine);
  });

  it('prints a line of 50 MB: the rest is heard, the whole line is on disk, and the engine stays small', async () => {
    await agents({ long: 'head -c 52428800 /dev/zero | tr "\\0" x; echo; echo after; echo work > w.txt' });
    const ran = await run('long', 'x');
    assert.equal(ran.exit, 0, ran.stderr.slice(-2000));
    assert.match(ran.stdout, /after/);
    assert.ok(ran.stdout.length < 20 * 1024 * 1024, `${ran.stdout.length} printed`);
    const stream = join(machine.home, 'sessions', ran.session, 'stream.jsonl');
    assert.ok((await readFile(stream)).length > 52_428_800);
    const { pid } = await machine.json<{ pid: number }>('engine', 'status');
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'VmRSS: 0 kB');
    const kilobytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    assert.ok(kilobytes < 400_000, `the engine has ${kilobytes} kB`);
    const logs = await machine.coppice(['session', 'logs', ran.session]);
    assert.equal(logs.exit, 0);
    assert.match(logs.stdout, /after/);
  });

  it('prints invalid UTF-8: shown as such, never fatal', async () => {
    await agents({ latin: String.raw`printf 'gr\374n \355\240\200 \360\237\n'; echo work > w.txt` });
    const ran = await run('latin', 'x');
    assert.equal(ran.exit, 0, ran.stderr);
    assert.match(ran.stdout, /gr\ufffdn/);
    assert.equal((await machine.coppice(['session', 'logs', ran.session, '--json'])).exit, 0);
  });

  it('prints nothing for ever: ended after the limit, with what to do', async () => {
    await agents({ silent: 'sleep 600' }, 'session:\n  startTimeoutSeconds: 1\nstop:\n  graceSeconds: 1\n');
    const ran = await run('silent', 'x');
    assert.equal(ran.exit, 1, ran.stdout);
    const { error, status } = await show(machine, ran.session);
    assert.equal(status, 'failed');
    assert.match(error?.message ?? '', /printed nothing for 1 seconds/);
    assert.match(error?.next ?? '', /startTimeoutSeconds/);
    assert.match(`${ran.stdout}${ran.stderr}`, /printed nothing/);
    await untouched(machine);
  });

  it('hangs in mid-turn: can be cancelled, and its work is kept', async () => {
    await agents({ hangs: 'echo work > w.txt; echo begun; sleep 600' }, 'stop:\n  graceSeconds: 1\n');
    const running = machine.begin(['run', '--agent', 'hangs', 'x']);
    await running.until(/begun/);
    const id = (await machine.sessions())[0]?.id ?? '';
    assert.equal((await machine.coppice(['session', 'cancel', id])).exit, 0);
    assert.equal((await running.ended).exit, 1);
    const { worktree } = await show(machine, id);
    await waitFor(async () => (await machine.status(id)) === 'cancelled');
    assert.equal(await readFile(join(worktree ?? '', 'w.txt'), 'utf8'), 'work\n');
  });

  it('prompts with quotes, newlines, $(…) and option-like beginnings reach it word for word, through no shell', async () => {
    await agents({ echo: 'printf "%s" "$1" > prompt.txt' });
    const prompts = [
      `it's "quoted" \\ and \`touch pwned\` $(touch pwned) \${HOME} ; touch pwned # & | > pwned`,
      'two\nlines\r\n\tand a tab',
      '日本語 🌲 \u202eright to left',
      '% %s %n {prompt} {session}',
      `x${'y'.repeat(100_000)}`,
    ];
    for (const [index, prompt] of prompts.entries()) {
      const ran = await run('echo', '--name', `p-${index}`, '--', prompt);
      assert.equal(ran.exit, 0, ran.stderr.slice(-500));
      const { branch } = await show(machine, ran.session);
      assert.equal(await machine.git('show', `${branch ?? ''}:prompt.txt`), prompt);
    }
    // What would be taken for an option by the agent itself gets a blank in front.
    for (const [index, prompt] of ['--dangerous', '-rf /'].entries()) {
      const ran = await run('echo', '--name', `o-${index}`, '--', prompt);
      const { branch } = await show(machine, ran.session);
      assert.equal(await machine.git('show', `${branch ?? ''}:prompt.txt`), ` ${prompt}`);
    }
    const found = await machine.git('ls-files', '--others');
    assert.equal(found, '', 'nothing was run');
    await refused(machine, ['run', '--agent', 'echo', ''], {
      exit: 2,
      code: 'bad-usage',
      message: /prompt/i,
      next: /\S/,
    });
  });
});
