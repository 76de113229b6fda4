import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoppiceError } from '../../../src/core/errors.ts';
import { aSession, reported, sessionId } from './fake-engine.ts';
import { coppice, until } from './fake-shell.ts';
import { json, OneSession, started } from './one-session.ts';

describe('run', () => {
  it('hands everything over as it was given', async () => {
    const engine = new OneSession();
    const prompt = '$(touch x) `y` "q" \'s\'\n--json; rm -rf /\u001B[2J';
    const options = [
      ...[
        '--agent',
        'claude-code',
        '--executor',
        'local',
        '--mode',
        'dispatch',
        '--worktree',
        'feature/x',
        '--name',
        'x-05A',
      ],
      ...[
        '--base',
        'main',
        '--priority',
        'high',
        '--parent',
        'abcd',
        '--label',
        'area:auth',
        '--label',
        'team: web',
        '--agent-option',
        'model=opus',
        '--agent-option',
        'budget=2.5',
      ],
      ...['--repo', '/elsewhere', '--detach'],
    ];
    const env = { PATH: '/bin', ANTHROPIC_API_KEY: 'sk', VSCODE_PID: '1', http_proxy: 'http://a:b@c:1' };
    const { exit, stdout } = await coppice(engine, ['run', ...options, '--', prompt], { env });
    assert.equal(exit, 0);
    assert.equal(stdout, `${sessionId}\n`);
    const [id] = engine.paramsOf('session/create').map((params) => params.id);
    assert.match(id ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(engine.paramsOf('session/create'), [
      {
        id,
        path: '/elsewhere',
        prompt,
        agent: 'claude-code',
        agentOptions: { model: 'opus', budget: 2.5 },
        executor: 'local',
        mode: 'dispatch',
        worktree: 'feature/x',
        name: 'x-05A',
        base: 'main',
        priority: 'high',
        parent: 'abcd',
        labels: ['area:auth', 'team: web'],
        requester: {
          env: { NO_COLOR: '1', PATH: '/bin' },
          secrets: { ANTHROPIC_API_KEY: 'sk', http_proxy: 'http://a:b@c:1' },
          settings: {},
        },
      },
    ]);
    assert.equal(engine.followed, false);
  });

  it('session start does the same and never follows; spawn is its other name', async () => {
    for (const words of [
      ['session', 'start'],
      ['instances', 'spawn'],
    ]) {
      const engine = new OneSession();
      engine.detail = aSession({ status: 'queued', position: 4 });
      const { exit, stdout } = await coppice(engine, [...words, 'x', '--json']);
      assert.equal(exit, 0);
      assert.deepEqual([json(stdout)[0]?.['id'], json(stdout)[0]?.['position']], [sessionId, 4]);
      assert.equal(engine.followed, false);
      const onTerminal = await coppice(engine, [...words, 'x'], { types: [] });
      assert.match(onTerminal.stdout, /queued at place 4/);
    }
  });

  it('prints plain lines in a pipe and ends when the work is reported', async () => {
    const engine = new OneSession();
    engine.detail = aSession({
      status: 'queued',
      position: 1,
      worktree: null,
      branch: null,
      startedAt: null,
      waiting: 'Waits for a place.',
    });
    const { shell, exit } = started(engine, ['run', 'Add a test']);
    await until(() => engine.followed && shell.stdout.text.includes('queued'));
    engine.moveTo(aSession());
    await until(() => shell.stdout.text.includes('running'));
    engine.stream([
      { offset: 10, event: { kind: 'message', text: 'Looking \u001B]0;x\u0007around' } },
      { offset: 20, event: { kind: 'tool-started', id: 't', name: 'Bash', input: { command: 'npm\ntest\u202E' } } },
      { offset: 30, event: { kind: 'tool-ended', id: 't', ok: false, output: 'a\nb\nc\nd\ne' } },
      { offset: 40, event: { kind: 'something-later', text: 'unknown kinds are passed over' } },
    ]);
    engine.moveTo(reported(), true);
    assert.equal(await exit, 0);
    assert.equal(
      shell.stdout.text,
      [
        `session ${sessionId} · coppice.parser.1f2e3d4 · agent demo`,
        'status: queued (1)  Waits for a place.',
        'worktree: /repo-worktrees/parser (branch feature/parser)',
        'status: running',
        'Looking around',
        '* Bash npm test',
        '  failed: a',
        '    b',
        '    c',
        '    … 2 more lines',
        'status: reported',
        'reported: 2 files, +3 -1, branch feature/parser · 42 s',
        '',
      ].join('\n'),
    );
    assert.equal(shell.stderr.text, '');
    assert.equal(engine.connections, 0);
  });

  it('says what was pushed while it works, and how the last push ended', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x']);
    await until(() => engine.followed);
    const pushed = { remote: 'origin', commit: 'a'.repeat(40), at: '2026-01-01T00:00:20.000Z' };
    engine.moveTo(aSession({ pushed }));
    await until(() => shell.stdout.text.includes('push: '));
    const error = { code: 'git-failed', message: 'git push failed.', next: 'Look.' } as const;
    const looks = [true, true, undefined];
    engine.handlers['session/show'] = () => {
      const pushing = engine.detail.status === 'reported' ? looks.shift() : undefined;
      const over = { ...pushed, commit: 'b'.repeat(40), error };
      return {
        ...engine.detail,
        ...(pushing === true ? { pushing } : {}),
        ...(looks.length === 0 ? { pushed: over } : {}),
      };
    };
    engine.moveTo(reported({ pushed }), true);
    assert.equal(await exit, 0);
    assert.deepEqual(
      shell.stdout.text.split('\n').filter((line) => line.startsWith('push: ')),
      [
        'push: aaaaaaaaaaaa to origin/feature/parser',
        'push: bbbbbbbbbbbb to origin/feature/parser failed: git push failed.',
      ],
    );
  });

  it('ends with the last push in its result, and as the work did where the engine is gone by then', async () => {
    const pushed = { remote: 'origin', commit: 'a'.repeat(40), at: '2026-01-01T00:00:20.000Z' };
    const over = { ...pushed, commit: 'b'.repeat(40) };
    const pushing = (engine: OneSession): boolean =>
      engine.detail.status === 'reported' && engine.paramsOf('session/unfollow').length === 0;
    const engine = new OneSession();
    engine.handlers['session/show'] = () => ({
      ...engine.detail,
      ...(pushing(engine) ? { pushing: true as const, pushed } : { pushed: over }),
    });
    engine.endAs(reported());
    const { shell, exit } = started(engine, ['run', 'x', '--json']);
    assert.equal(await exit, 0);
    const result = json(shell.stdout.text).at(-1);
    assert.deepEqual([result?.['type'], result?.['pushed']], ['result', over]);

    const leaving = new OneSession();
    leaving.handlers['session/show'] = () => ({ ...leaving.detail, pushing: true });
    leaving.handlers['session/unfollow'] = () => {
      leaving.refusal = new CoppiceError('unreachable', 'No engine runs.', 'Start it.');
      leaving.crash();
      return {};
    };
    leaving.endAs(reported({ pushed }));
    const second = started(leaving, ['run', 'x', '--json']);
    assert.equal(await second.exit, 0);
    assert.deepEqual(json(second.shell.stdout.text).at(-1)?.['pushed'], pushed);
    assert.deepEqual(leaving.launches, [true, false], 'an engine that is gone is not started again');
  });

  it('prints one object per event with --json', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x', '--json']);
    await until(() => engine.followed && shell.stdout.text !== '');
    engine.stream([{ offset: 5, event: { kind: 'message', text: 'Hi' } }]);
    engine.moveTo(reported(), true);
    assert.equal(await exit, 0);
    const objects = json(shell.stdout.text);
    assert.deepEqual(
      objects.map(({ type }) => type),
      ['session', 'event', 'session', 'result'],
    );
    assert.deepEqual(objects[1], {
      type: 'event',
      session: sessionId,
      offset: 5,
      event: { kind: 'message', text: 'Hi' },
    });
    assert.deepEqual(
      [objects[0]?.['id'], objects[0]?.['status'], objects[3]?.['status'], objects[3]?.['exit'], objects[3]?.['text']],
      [sessionId, 'running', 'reported', 0, 'Done.'],
    );
  });

  it('shows progress on a terminal and leaves no trace of it', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x'], { types: [] });
    await until(() => engine.followed && shell.stdout.text.includes('running · demo'));
    engine.stream([{ offset: 5, event: { kind: 'message', text: 'Hi' } }]);
    engine.moveTo(reported(), true);
    assert.equal(await exit, 0);
    // What is left when each line is written over as a terminal does it.
    const left = shell.stdout.text.split('\n').map((line) => line.split('\r\u001B[2K').at(-1));
    assert.deepEqual(left, [
      `session ${sessionId} · coppice.parser.1f2e3d4 · agent demo`,
      'worktree: /repo-worktrees/parser (branch feature/parser)',
      'Hi',
      'reported: 2 files, +3 -1, branch feature/parser · 42 s',
      '',
    ]);
  });

  for (const [status, expected] of [
    ...(['reported', 'verified', 'accepted', 'landed'] as const).map((each) => [each, 0] as const),
    ...(['failed', 'cancelled', 'interrupted'] as const).map((each) => [each, 1] as const),
  ]) {
    it(`ends with ${expected} when the session is ${status}`, async () => {
      const engine = new OneSession();
      engine.endAs(aSession({ status }));
      assert.equal((await coppice(engine, ['run', 'x'])).exit, expected);
    });
  }

  it('ends with what the error means when the work was refused before it began', async () => {
    for (const [code, turns, expected] of [
      ['default-branch', 0, 3],
      ['config-invalid', 0, 2],
      ['agent-missing', 0, 3],
      ['git-failed', 0, 1],
      ['default-branch', 1, 1],
    ] as const) {
      const engine = new OneSession();
      engine.endAs(aSession({ status: 'failed', turns, error: { code, message: 'That is why.', next: 'Do this.' } }));
      const { exit, stderr } = await coppice(engine, ['run', 'x']);
      assert.equal(exit, expected, code);
      assert.equal(stderr, 'That is why.\n  Do this.\n');
    }
  });

  it('is refused with the reason when the queue is full', async () => {
    const engine = new OneSession();
    engine.handlers['session/create'] = () => ({
      verdict: { status: 'rejected', reason: '3 run, 10 wait.', queueLength: 10 },
    });
    const { exit, stderr } = await coppice(engine, ['run', 'x', '--json']);
    assert.equal(exit, 3);
    assert.deepEqual(json(stderr)[0]?.['error'], {
      code: 'queue-full',
      message: '3 run, 10 wait.',
      next: 'Wait until one has ended; `coppice session list --active` shows them.',
    });
  });

  describe('takes the prompt', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'coppice-cli-'));
    });
    afterEach(async () => rm(folder, { recursive: true, force: true }));

    async function promptOf(
      content: Uint8Array | string,
      how: 'file' | 'stdin',
    ): Promise<{ exit: number; prompt?: string; stderr: string }> {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await writeFile(join(folder, 'prompt.md'), bytes);
      const engine = new OneSession();
      const file = how === 'stdin' ? '-' : 'prompt.md';
      const argv = ['run', '--detach', '--prompt-file', file];
      const { exit, stderr } = await coppice(engine, argv, { cwd: folder, stdin: bytes });
      const prompt = engine.paramsOf('session/create')[0]?.prompt;
      return { exit, stderr, ...(prompt === undefined ? {} : { prompt }) };
    }

    for (const how of ['file', 'stdin'] as const) {
      it(`word for word from ${how}`, async () => {
        const prompt = '--help\n"$(x)" \'y\' 日本\r\n\tz\n';
        assert.deepEqual(await promptOf(prompt, how), { exit: 0, stderr: '', prompt });
      });

      it(`only from ${how} that is text of a bounded size`, async () => {
        for (const [content, says] of [
          [new Uint8Array([0x61, 0xff, 0xfe]), /not UTF-8/],
          ['a\0b', /NUL/],
          [' \n', /empty/],
          ['x'.repeat(4 * 1024 * 1024 + 1), /longer than 4 MiB/],
        ] as const) {
          const { exit, stderr, prompt } = await promptOf(content, how);
          assert.deepEqual([exit, prompt], [2, undefined]);
          assert.match(stderr, says);
        }
        assert.equal((await promptOf('x'.repeat(4 * 1024 * 1024), how)).exit, 0);
      });
    }
  });
});
