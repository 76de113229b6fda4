import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Door, DoorPlace } from '../../../src/git/door.ts';
import { checkGitVersion } from '../../../src/git/repository.ts';
import { endOf, exists, Sandbox } from './support.ts';

describe('door', () => {
  let sandbox: Sandbox;
  let place: DoorPlace;
  let door: Door;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const main = await sandbox.repository();
    place = { cwd: main, gitDir: join(main, '.git'), workTree: main, lane: 'l' };
    door = sandbox.door();
  });

  afterEach(async () => {
    await sandbox.clean();
  });

  /** A `git` that is a shell script. */
  async function fake(script: string, more: Parameters<Sandbox['door']>[0] = {}): Promise<Door> {
    const bin = sandbox.path('bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, 'git'), 0o755);
    return sandbox.door({ env: { ...sandbox.env, PATH: `${bin}:${sandbox.env['PATH'] ?? ''}` }, ...more });
  }

  it('runs, asks and logs', async () => {
    assert.equal((await door.run(['rev-parse', '--abbrev-ref', 'HEAD'], place)).stdout.toString(), 'main\n');
    assert.equal(await door.ask(['rev-parse', '--abbrev-ref', 'HEAD'], place), 'main');
    assert.equal(sandbox.log.length, 2);
    const [entry] = sandbox.log;
    assert.deepEqual([entry?.args, entry?.cwd, entry?.code], [['rev-parse', '--abbrev-ref', 'HEAD'], place.cwd, 0]);
    assert.ok((entry?.ms ?? 0) > 0);
  });

  it('feeds input and gives bytes back', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0]);
    const id = (await door.run(['hash-object', '-w', '--stdin'], place, { input: bytes })).stdout.toString().trim();
    assert.deepEqual((await door.run(['cat-file', 'blob', id], place)).stdout, bytes);
  });

  it('a failure is typed, by both carriers', async () => {
    const args = ['rev-parse', '--verify', 'nowhere'];
    for (const call of [() => door.run(args, place), () => door.ask(args, place)]) {
      await assert.rejects(call, (error: unknown) => {
        const { code, context } = error as { code: string; context: Record<string, string> };
        assert.deepEqual([code, context['code'], context['args']], ['git-failed', '128', 'rev-parse --verify nowhere']);
        assert.match(context['stderr'] ?? '', /Needed a single revision/);
        return true;
      });
    }
    assert.equal((await door.run(['rev-parse', '--verify', '-q', 'nowhere'], place, { okCodes: [0, 1] })).code, 1);
    await assert.rejects(door.ask(['rev-parse', '--verify', '-q', 'nowhere'], place), { code: 'git-failed' });
  });

  it('simple-git’s guard refuses arguments that would run a program', async () => {
    await assert.rejects(door.ask(['ls-remote', '--upload-pack=touch x', '.'], place));
    assert.equal(await exists(join(place.cwd, 'x')), false);
  });

  it('gives git the forced configuration and only our environment', async () => {
    const printing = await fake('env | sort', {
      env: {
        ...sandbox.env,
        GIT_DIR: '/evil',
        GIT_SSH_COMMAND: 'evil',
        GIT_CONFIG_PARAMETERS: "'core.fsmonitor=evil'",
        GIT_EXTERNAL_DIFF: 'evil',
        EDITOR: 'evil',
        PAGER: 'evil',
        PATH: `${sandbox.path('bin')}:${sandbox.env['PATH'] ?? ''}`,
      },
    });
    const text = (await printing.run(['x'], place)).stdout.toString();
    assert.doesNotMatch(text, /evil/);
    for (const line of [
      'GIT_TERMINAL_PROMPT=0',
      'LC_ALL=C',
      'GIT_OPTIONAL_LOCKS=0',
      `GIT_DIR=${place.gitDir ?? ''}`,
      'GIT_CONFIG_VALUE_0=false',
    ]) {
      assert.match(text, new RegExp(`^${line}$`, 'm'));
    }
    assert.equal(await door.ask(['config', 'core.hooksPath'], place), '/dev/null');
    assert.equal(await door.ask(['config', 'core.trustctime'], place), 'true');
  });

  it('a time limit ends the whole group', async () => {
    const pid = sandbox.path('pid');
    const slow = await fake(`sh -c 'echo $$ >${pid}; exec sleep 300' & sleep 300`);
    // The limit may be over before the child is there: then it proves nothing, and a longer one is tried.
    for (let timeoutMs = 100; !(await exists(pid)) || (await readFile(pid, 'utf8')) === ''; timeoutMs *= 4)
      await assert.rejects(slow.run(['x'], place, { timeoutMs }), { code: 'timed-out' });
    await endOf(pid);
    await assert.rejects((await fake('exec sleep 300')).ask(['x'], place, { timeoutMs: 100 }), { code: 'timed-out' });
  });

  it('a git that leaves a child with its pipes does not hold the door', async () => {
    const leaving = await fake('(sleep 300) & echo done');
    assert.equal((await leaving.run(['x'], place)).stdout.toString(), 'done\n');
  });

  it('an abort is the signal’s reason and no error of ours, running or waiting', async () => {
    const slow = await fake('sleep 30', { atOnce: 1 });
    const stop = new AbortController();
    const calls = [slow.run(['a'], place, { signal: stop.signal }), slow.run(['b'], place, { signal: stop.signal })];
    setTimeout(() => stop.abort(new Error('enough')), 100);
    const results = await Promise.allSettled(calls);
    assert.deepEqual(
      results.map((each) => (each.status === 'rejected' ? (each.reason as Error).message : 'ran')),
      ['enough', 'enough'],
    );
    await assert.rejects(slow.ask(['x'], place, { signal: AbortSignal.abort(new Error('before')) }), {
      message: 'before',
    });
  });

  it('output has a limit', async () => {
    const endless = await fake('exec yes');
    await assert.rejects(endless.run(['x'], place, { maxBytes: 10_000 }), { code: 'git-failed' });
    await assert.rejects(endless.ask(['x'], place, { maxBytes: 10_000 }), { code: 'git-failed' });
  });

  it('at most so many at once per repository, and other repositories do not wait', async () => {
    // Nobody leaves before two were there at once.
    const counting = await fake(
      `in='${sandbox.path('in')}' two='${sandbox.path('two')}'
      mkdir "$in.$$"; first=$(ls -d "$in".* | wc -l); [ "$first" -lt 2 ] || touch "$two"
      while [ ! -e "$two" ]; do sleep 0.02; done
      sleep 0.1; then=$(ls -d "$in".* | wc -l); rmdir "$in.$$"; echo $((first > then ? first : then))`,
      { atOnce: 2 },
    );
    const calls = Array.from({ length: 6 }, () => counting.run(['x'], place));
    const most = Math.max(...(await Promise.all(calls)).map(({ stdout }) => Number(stdout.toString())));
    assert.equal(most, 2);
    const slow = await fake('[ "$1" = slow ] && sleep 30; echo quick', { atOnce: 1 });
    const stop = new AbortController();
    const waiting = slow.run(['slow'], place, { signal: stop.signal }).catch(() => 'stopped');
    assert.equal((await slow.run(['x'], { ...place, lane: 'other' })).stdout.toString(), 'quick\n');
    stop.abort();
    assert.equal(await waiting, 'stopped');
  });

  it('no git, a folder that is gone, a NUL in a name', async () => {
    const none = sandbox.door({ env: { ...sandbox.env, PATH: sandbox.path('empty') } });
    await assert.rejects(none.run(['--version'], { cwd: '/', lane: 'x' }), { code: 'git-failed', next: /Install git/ });
    await assert.rejects(door.run(['status'], { ...place, cwd: sandbox.path('gone') }), { code: 'not-found' });
    await assert.rejects(door.run(['rev-parse', 'a\0b'], place), { code: 'bad-usage' });
  });

  it('a git that is too old is said so', async () => {
    await assert.rejects(checkGitVersion(await fake('echo git version 2.37.9')), { code: 'version-mismatch' });
    await assert.rejects(checkGitVersion(await fake('echo nonsense')), { code: 'version-mismatch' });
    assert.equal(await checkGitVersion(await fake('echo "git version 3.0.1 (Apple Git-1)"')), '3.0.1');
    assert.equal(await checkGitVersion(await fake('echo git version 2.38.0')), '2.38.0');
  });
});
