import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { aSession, FakeEngine, reported, sessionId } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

const rowFields = [
  ...['id', 'task', 'title', 'prompt', 'mode', 'agent', 'executor', 'status', 'repository', 'worktree', 'branch'],
  ...['startedAt', 'usage'],
];

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe('an argument from a variable that was not set', () => {
  for (const argv of [
    ['session', 'cancel', ''],
    ['session', 'remove', ''],
    ['diff', ''],
  ]) {
    it(`is refused before an engine is asked: ${argv.join(' ')}`, async () => {
      const engine = new FakeEngine({});
      const { exit, stderr } = await coppice(engine, argv);
      assert.equal(exit, 2);
      assert.match(stderr, /The <session> is empty\./);
      assert.equal(engine.launches.length, 0);
    });
  }
});

describe('session list', () => {
  const queued = aSession({
    id: '2f2e3d4c-0000-4000-8000-000000000002',
    status: 'queued',
    position: 2,
    worktree: null,
    branch: null,
    startedAt: null,
    title: 'Second with \u001B[2J more',
    prompt: 'Second\nwith \u001B[2J more',
  });
  const engine = (): FakeEngine => new FakeEngine({ 'session/list': () => ({ sessions: [reported(), queued] }) });

  it('gives one array with the fields of the contract', async () => {
    const { exit, stdout, stderr } = await coppice(engine(), ['session', 'list', '--json']);
    assert.equal(exit, 0);
    assert.equal(stderr, '');
    assert.equal(lines(stdout).length, 1);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    assert.deepEqual(Object.keys(rows[0] ?? {}).sort(), [...rowFields, 'endedAt'].sort());
    assert.deepEqual(Object.keys(rows[1] ?? {}).sort(), [...rowFields, 'position'].sort());
    assert.equal(rows[0]?.['status'], 'reported');
    assert.equal(rows[1]?.['position'], 2);
    assert.equal(rows[1]['startedAt'], null);
  });

  it('shows the title that a session was given, and which repository is whose where there are several', async () => {
    const sessions = [reported({ title: 'Another name' }), { ...queued, repository: '/elsewhere/other' }];
    const { stdout } = await coppice(new FakeEngine({ 'session/list': () => ({ sessions }) }), ['session', 'list']);
    const [head = '', first = '', second = ''] = lines(stdout);
    assert.match(head, /TIME +REPOSITORY +BRANCH +TITLE$/);
    assert.match(first, /Another name$/);
    assert.equal(second.slice(head.indexOf('REPOSITORY')).split(' ')[0], 'other');
  });

  for (const columns of [72, 80, 100, 200]) {
    it(`fits a terminal of ${columns} columns, with room for the title`, async () => {
      const long = reported({ branch: `feature/${'x'.repeat(60)}`, title: 'A title that says much' });
      const { stdout } = await coppice(
        new FakeEngine({ 'session/list': () => ({ sessions: [long, queued] }) }),
        ['session', 'list', '--no-color'],
        { types: [], columns },
      );
      for (const line of lines(stdout)) assert.ok(line.length <= columns, `${line.length}: ${line}`);
      assert.match(stdout, /A title that/);
    });
  }

  it('is an empty array when there are none', async () => {
    const { stdout } = await coppice(new FakeEngine({ 'session/list': () => ({ sessions: [] }) }), [
      'session',
      'list',
      '--json',
    ]);
    assert.deepEqual(JSON.parse(stdout), []);
  });

  it('gives whole ids and nothing coloured to a pipe', async () => {
    const { stdout } = await coppice(engine(), ['instances', 'list'], { env: { NO_COLOR: '' } });
    const [head, first, second] = lines(stdout);
    assert.match(head ?? '', /^ID +STATUS +AGENT +MODE +TIME +BRANCH +TITLE$/);
    assert.match(
      first ?? '',
      new RegExp(`^${sessionId}  reported    demo   autonomous  42 s  feature/parser  Add a test$`),
    );
    assert.match(second ?? '', /^2f2e3d4c-\S+ {2}queued \(2\) {2}demo {3}autonomous {2}- {5}- {15}Second with more$/);
    assert.ok(!stdout.includes('\u001B'));
  });

  it('is cut to the width of a terminal, in colour', async () => {
    const { stdout } = await coppice(engine(), ['session', 'ls'], { types: [], columns: 76, env: { NO_COLOR: '' } });
    assert.match(stdout, /\u001B\[32mreported/);
    const colourless = stdout.replaceAll(/\u001B\[\d+m/g, '');
    assert.ok(lines(colourless).every((line) => line.length <= 76));
    assert.match(colourless, /^1f2e3d4c {2}reported/m);
    for (const options of [{ types: [] }, { types: [], env: { NO_COLOR: '', TERM: 'dumb' } }]) {
      assert.ok(!(await coppice(engine(), ['session', 'ls'], options)).stdout.includes('\u001B'));
    }
    const refused = await coppice(engine(), ['session', 'ls', '--no-color'], { types: [], env: { NO_COLOR: '' } });
    assert.ok(!refused.stdout.includes('\u001B'));
    const forced = await coppice(engine(), ['session', 'ls'], { env: { NO_COLOR: '', FORCE_COLOR: '1' } });
    assert.ok(forced.stdout.includes('\u001B[32m'));
  });

  it('asks for what the options say', async () => {
    const one = engine();
    await coppice(one, ['session', 'list', '--active', '--repo', '../other']);
    await coppice(one, ['session', 'list', '--queued', '--archived']);
    await coppice(one, ['session', 'list', '--all']);
    await coppice(one, ['session', 'list', '--worktree', '../wt/fix-it']);
    await coppice(one, ['session', 'list', '--worktree', 'feature/fix-it']);
    assert.deepEqual(one.paramsOf('session/list'), [
      { which: 'active', archived: false, path: '/repo/other' },
      { which: 'queued', archived: true },
      { which: 'all', archived: false },
      { which: 'all', archived: false, worktree: '/repo/wt/fix-it' },
      { which: 'all', archived: false, worktree: 'feature/fix-it' },
    ]);
  });
});

describe('session show', () => {
  it('tells everything, to a person and to a program', async () => {
    const detail = aSession({
      status: 'needs-you',
      needs: [
        {
          id: 'b1',
          kind: 'permission',
          title: 'Bash: rm -rf build',
          detail: 'rm -rf build',
          raisedAt: '2026-01-01T00:00:20.000Z',
          tool: 'Bash',
          input: { command: 'rm -rf build' },
        },
      ],
      doubt: 'nobody knows',
    });
    const engine = new FakeEngine({ 'session/show': () => detail });
    const { stdout } = await coppice(engine, ['session', 'show', '1f2e']);
    assert.deepEqual(engine.paramsOf('session/show'), [{ session: '1f2e' }]);
    for (const words of [
      ...[
        `Session ${sessionId}`,
        'status:     needs-you',
        'in doubt:   nobody knows',
        'branch:     feature/parser (from main)',
      ],
      ...['? Bash: rm -rf build', `coppice session answer ${sessionId} --allow`],
    ]) {
      assert.ok(stdout.includes(words), `${words} is missing in\n${stdout}`);
    }
    const json = await coppice(engine, ['session', 'show', '1f2e', '--json']);
    assert.deepEqual(JSON.parse(json.stdout), detail);
  });
});

describe('session logs', () => {
  const event = (offset: number, text: string): { offset: number; event: { kind: string; text: string } } => ({
    offset,
    event: { kind: 'message', text },
  });
  const pages = [[event(10, 'one'), event(10, 'one and a half')], [event(30, 'two \u001B[31m')], []];
  const engine = (): FakeEngine => {
    let page = 0;
    return new FakeEngine({
      'session/show': () => reported(),
      'session/logs': ({ from }) => {
        const events = pages[page++] ?? [];
        return { events, next: events.at(-1)?.offset ?? from, live: false };
      },
    });
  };

  it('reads page by page to the end', async () => {
    const one = engine();
    const { stdout, exit } = await coppice(one, ['session', 'logs', '1f2e']);
    assert.equal(exit, 0);
    assert.equal(stdout, 'one\none and a half\ntwo \n');
    assert.deepEqual(
      one.paramsOf('session/logs').map(({ from }) => from),
      [0, 10, 30],
    );
  });

  it('gives one object per event to a program', async () => {
    const { stdout } = await coppice(engine(), ['session', 'logs', '1f2e', '--json']);
    const [first, , third] = lines(stdout).map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(first, { session: sessionId, offset: 10, event: { kind: 'message', text: 'one' } });
    assert.deepEqual(third, { session: sessionId, offset: 30, event: { kind: 'message', text: 'two \u001B[31m' } });
  });

  it('ends with the failure that an agent did not tell in its stream, once, and with its errors', async () => {
    const lastTurn = { outcome: 'failed', reason: 'exit code 1', denials: 0 };
    const failing = (text: string): FakeEngine => {
      const one = engine();
      const failed = aSession({ status: 'failed', lastTurn, text });
      one.handlers = { ...one.handlers, 'session/show': () => failed };
      return one;
    };
    const { stdout } = await coppice(failing('no such model\nask another'), ['session', 'logs', '1f2e']);
    assert.match(stdout, /two \nno such model\nask another\nturn ended: failed \(exit code 1\)\n$/u);
    const again = await coppice(failing('two \u001B[31m'), ['session', 'logs', '1f2e']);
    assert.match(again.stdout, /one and a half\ntwo \nturn ended: failed/u, 'what it had said is not said again');
  });
});

describe('session cancel', () => {
  it('waits for the end, bounded', async () => {
    let looks = 0;
    const engine = new FakeEngine({
      'session/cancel': () => ({}),
      'session/show': () => (looks++ < 3 ? aSession() : aSession({ status: 'cancelled' })),
    });
    const { exit, stdout } = await coppice(engine, ['session', 'stop', '1f2e', '--reason', 'enough']);
    assert.equal(exit, 0);
    assert.equal(stdout, `Session ${sessionId}: cancelled\n`);
    assert.deepEqual(engine.paramsOf('session/cancel'), [{ session: sessionId, reason: 'enough' }]);

    const stuck = new FakeEngine({ 'session/cancel': () => ({}), 'session/show': () => aSession() });
    const late = await coppice(stuck, ['session', 'cancel', '1f2e']);
    assert.equal(late.exit, 0);
    assert.match(late.stderr, /still being stopped/);
  });
});

describe('session interrupt and continue', () => {
  it('interrupts a turn', async () => {
    const engine = new FakeEngine({ 'session/interrupt': () => ({}), 'session/show': () => aSession() });
    const { exit, stdout } = await coppice(engine, ['session', 'interrupt', '1f2e', '--json']);
    assert.equal(exit, 0);
    assert.deepEqual(JSON.parse(stdout), { session: sessionId });
  });

  it('gives the next prompt with the environment of this shell and returns', async () => {
    const engine = new FakeEngine({
      'session/show': () => reported(),
      'session/continue': () => ({
        verdict: { status: 'queued', position: 1 },
        session: aSession({ status: 'queued', position: 1 }),
      }),
    });
    const env = { PATH: '/bin', API_KEY: 'k', NODE_OPTIONS: '-r x', COPPICE_LIMITS_RUNNING: '2' };
    const { exit, stdout } = await coppice(engine, ['session', 'continue', '1f2e', '--steer', '--', '-v is wrong'], {
      env,
    });
    assert.equal(exit, 0);
    assert.equal(stdout, `${sessionId}\n`);
    const [key] = engine.paramsOf('session/continue').map((params) => params.key);
    assert.match(key ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(engine.paramsOf('session/continue'), [
      {
        key,
        session: sessionId,
        prompt: '-v is wrong',
        steer: true,
        requester: {
          env: { NO_COLOR: '1', PATH: '/bin' },
          secrets: { API_KEY: 'k' },
          settings: { COPPICE_LIMITS_RUNNING: '2' },
        },
      },
    ]);
  });

  it('is refused when the queue is full', async () => {
    const engine = new FakeEngine({
      'session/show': () => reported(),
      'session/continue': () => ({
        verdict: { status: 'rejected', reason: 'All is full.', queueLength: 10 },
        session: reported(),
      }),
    });
    const { exit, stderr } = await coppice(engine, ['session', 'continue', '1f2e', 'go on']);
    assert.equal(exit, 3);
    assert.match(stderr, /All is full/);
  });
});

describe('worktrees', () => {
  const worktree = {
    path: '/repo-worktrees/x',
    branch: 'feature/x',
    head: 'abc',
    kind: 'ours' as const,
    session: sessionId,
    holder: sessionId,
  };

  it('are made', async () => {
    const engine = new FakeEngine({ 'worktree/create': () => worktree });
    const { stdout } = await coppice(engine, ['worktrees', 'create', 'x', '--base', 'main'], { env: {} });
    assert.equal(stdout, '/repo-worktrees/x\n');
    assert.deepEqual(engine.paramsOf('worktree/create'), [
      { path: '/repo/sub', name: 'x', base: 'main', requester: { env: { NO_COLOR: '1' }, secrets: {}, settings: {} } },
    ]);
    const json = await coppice(engine, ['worktrees', 'create', 'x', '--json']);
    assert.deepEqual(JSON.parse(json.stdout), worktree);
  });

  it('are listed, as an array for a program', async () => {
    const engine = new FakeEngine({ 'worktree/list': () => ({ worktrees: [worktree] }) });
    const { stdout } = await coppice(engine, ['worktree', 'list', '--repo', '/elsewhere']);
    assert.match(stdout, /feature\/x {2}coppice {2}in use {2}1f2e3d4c {2}\/repo-worktrees\/x/);
    assert.deepEqual(engine.paramsOf('worktree/list'), [{ path: '/elsewhere' }]);
    assert.deepEqual(JSON.parse((await coppice(engine, ['worktrees', 'list', '--json'])).stdout), [worktree]);
  });

  it('are cleaned up, and it is said what is kept', async () => {
    const result = {
      removed: [{ path: '/w/a', kept: 'refs/coppice/x', reason: 'merged' }],
      kept: [{ path: '/w/b', reason: 'it has changes' }],
    };
    const engine = new FakeEngine({ 'worktree/cleanup': () => result });
    const { stdout } = await coppice(engine, ['worktrees', 'cleanup', '--dry-run']);
    assert.equal(stdout, 'would remove /w/a: merged; its work is kept at refs/coppice/x\nkept /w/b: it has changes\n');
    assert.deepEqual(engine.paramsOf('worktree/cleanup'), [{ path: '/repo/sub', dryRun: true }]);
    assert.deepEqual(JSON.parse((await coppice(engine, ['worktrees', 'cleanup', '--json'])).stdout), {
      ...result,
      dryRun: false,
    });
  });
});

describe('trust', () => {
  const trust = { repository: 'r', root: '/repo', trusted: true, host: false };

  it('is granted, widened, shown and taken back', async () => {
    const engine = new FakeEngine({
      'trust/grant': ({ host }) => ({ ...trust, host }),
      'trust/revoke': () => ({ ...trust, trusted: false }),
      'trust/state': () => trust,
    });
    assert.match((await coppice(engine, ['trust'])).stdout, /^Trusted: \/repo\n.*trust --host/);
    assert.match((await coppice(engine, ['trust', '--host'])).stdout, /may work unattended/);
    assert.equal((await coppice(engine, ['trust', '--revoke'])).stdout, 'Not trusted: /repo\n');
    assert.deepEqual(JSON.parse((await coppice(engine, ['trust', '--show', '--json'])).stdout), trust);
    assert.deepEqual(engine.paramsOf('trust/grant'), [
      { path: '/repo/sub', host: false },
      { path: '/repo/sub', host: true },
    ]);
  });
});

describe('engine', () => {
  const absent = new CoppiceError('unreachable', 'No engine runs.', 'Start one.');

  it('status names pid, version and socket, and starts none', async () => {
    const engine = new FakeEngine();
    const { stdout } = await coppice(engine, ['engine', 'status', '--json']);
    const { pid, version, socket, running } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      { pid, version, socket, running },
      { pid: 4242, version: '9.9.9', socket: '/run/coppice/x.sock', running: true },
    );
    assert.deepEqual(engine.launches, [false]);
    assert.equal(engine.connections, 0);

    engine.refusal = absent;
    const none = await coppice(engine, ['engine', 'status', '--json']);
    assert.equal(none.exit, 0);
    assert.deepEqual(JSON.parse(none.stdout), { running: false, pid: null, version: null, socket: null });
  });

  it('start starts one', async () => {
    const engine = new FakeEngine();
    const { stdout } = await coppice(engine, ['engine', 'start']);
    assert.equal(stdout, 'Engine 9.9.9 runs with pid 4242 at /run/coppice/x.sock\n');
    assert.deepEqual(engine.launches, [true]);
  });

  it('stop returns when it has ended, also when it goes before it answers', async () => {
    for (const early of [false, true]) {
      const engine: FakeEngine = new FakeEngine({
        'engine/stop': () => {
          if (early) engine.crash();
          else setImmediate(() => engine.crash());
          return {};
        },
      });
      const { exit, stdout } = await coppice(engine, ['engine', 'stop', '--json'], { patient: true });
      assert.equal(exit, 0);
      assert.deepEqual(JSON.parse(stdout), { stopped: true, pid: 4242 });
    }
    const none = new FakeEngine();
    none.refusal = absent;
    assert.equal((await coppice(none, ['engine', 'stop'])).stdout, 'No engine runs.\n');
  });

  it('stop says when it does not end', async () => {
    const { exit, stderr } = await coppice(new FakeEngine({ 'engine/stop': () => ({}) }), ['engine', 'stop']);
    assert.equal(exit, 1);
    assert.match(stderr, /pid 4242.*did not stop/);
  });
});

describe('status, audit, config', () => {
  it('status shows engine and sessions', async () => {
    const engine = new FakeEngine({ 'session/list': () => ({ sessions: [aSession()] }) });
    const { stdout } = await coppice(engine, ['status']);
    assert.match(stdout, /1 of 3 running, 0 of 10 queued, 0 need you/);
    assert.match(stdout, /feature\/parser/);
    const json = JSON.parse((await coppice(engine, ['status', '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual(Object.keys(json), ['engine', 'sessions']);
  });

  it('audit verify fails on a damaged journal and names the place', async () => {
    const whole = new FakeEngine({ 'audit/verify': () => ({ ok: true, records: 12, segments: 1 }) });
    const fine = await coppice(whole, ['audit', 'verify']);
    assert.deepEqual([fine.exit, fine.stdout], [0, 'The journal is whole: 12 records in 1 segment.\n']);
    const problem = { segment: '000001', line: 3, seq: 3, reason: 'hash differs' };
    const damaged = new FakeEngine({ 'audit/verify': () => ({ ok: false, records: 0, segments: 0, problem }) });
    const bad = await coppice(damaged, ['audit', 'verify', '--json']);
    assert.equal(bad.exit, 1);
    assert.deepEqual((JSON.parse(bad.stdout) as { problem: unknown }).problem, problem);
  });

  it('config tells where each value comes from', async () => {
    const settings = [
      { key: 'queue.running', value: 3, source: 'default', description: 'Sessions at once.' },
      { key: 'agent.default', value: 'demo', source: '/repo/.coppice.yaml:2', description: 'Who works.' },
    ];
    const engine = new FakeEngine({
      'config/show': () => ({ settings, files: [{ path: '/a.yaml', present: false }] }),
    });
    const plain = await coppice(engine, ['config']);
    assert.deepEqual(lines(plain.stdout), [
      'queue.running  3     default',
      'agent.default  demo  /repo/.coppice.yaml:2',
    ]);
    const one = await coppice(engine, ['config', 'show', 'agent.default', '--json']);
    assert.deepEqual(JSON.parse(one.stdout), settings[1]);
    assert.equal((await coppice(engine, ['config', 'show', 'agent.wrong'])).exit, 2);
    assert.match((await coppice(engine, ['config', 'list'])).stdout, /Who works\.[^]*\/a.yaml {2}\(not there\)/);
  });
});
