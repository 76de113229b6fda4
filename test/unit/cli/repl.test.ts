import assert from 'node:assert/strict';
import { buildProgram } from '../../../src/cli/program.ts';
import { isCommand, meantCommand } from '../../../src/cli/repl.ts';
import { wordsOf } from '../../../src/cli/words.ts';
import { aSession, FakeEngine, reported, sessionId } from './fake-engine.ts';
import { coppice, FakeShell } from './fake-shell.ts';
import { OneSession } from './one-session.ts';

describe('words of a line', () => {
  for (const [line, words] of [
    ['session list', ['session', 'list']],
    ['  run   "a b"  \'c d\' ', ['run', 'a b', 'c d']],
    ['run a\\ b "c\\"d" \'e\\f\' g\\\\h', ['run', 'a b', 'c"d', 'e\\f', 'g\\h']],
    ['run "$(x) `y` ;&|" $HOME *', ['run', '$(x) `y` ;&|', '$HOME', '*']],
    ['a"b c"d ""', ['ab cd', '']],
    ['open "quote here', ['open', 'quote here']],
    ['end\\', ['end\\']],
    ['', []],
  ] as const) {
    it(JSON.stringify(line), () => assert.deepEqual(wordsOf(line), words));
  }
});

describe('a line of the REPL', () => {
  const program = buildProgram(new FakeShell(new FakeEngine()), async () => undefined);
  for (const line of [
    'status',
    'session list',
    'instances',
    'session --help',
    'trust --host',
    'run "x"',
    "run 'x' --detach",
    'run --agent demo x',
    '/status now',
    'help',
    'config list',
    'session help',
    'diff @',
    'land 1f2e3d4c --dry-run',
    'rollback 1f2e3d4c-0000-4000-8000-000000000000 1',
    'undo coppice.fix-it.1f2e3d4',
  ]) {
    it(`is a command: ${line}`, () => assert.equal(isCommand(line, program), true));
  }
  for (const line of [
    'status of the build is red',
    'session handling is broken',
    'run the tests',
    'trust me',
    'config the linter',
    'fix it',
    'engine noise',
    '- do this',
    'accept dead code',
    'land the work',
    'undo 2024 changes of the parser',
  ]) {
    it(`is a prompt: ${line}`, () => assert.equal(isCommand(line, program), false));
  }
});

describe('a mistyped command line', () => {
  const program = buildProgram(new FakeShell(new FakeEngine()), async () => undefined);
  for (const [line, meant] of [
    ['statsu', 'status'],
    ['sesion list', 'session list'],
    ['session shw 1f2e3d4c', 'session show 1f2e3d4c'],
    ['sesion lst --all', 'session list --all'],
    ['statsu --json', 'status --json'],
    ['rnu "fix it"', 'run "fix it"'],
    ['dif @', 'diff @'],
    ['Status', 'status'],
  ] as const) {
    it(`${line} may mean ${meant}`, () => assert.equal(meantCommand(line, program), meant));
  }
  for (const line of ['fix it', 'runs in the tests fail', 'trusted me', 'session handling is broken', 'go', '日本']) {
    it(`means nothing else: ${line}`, () => assert.equal(meantCommand(line, program), undefined));
  }
});

describe('REPL', () => {
  function engineOf(): OneSession {
    const engine = new OneSession();
    engine.endAs(reported());
    engine.handlers['session/continue'] = () => ({ verdict: { status: 'started' }, session: aSession() });
    engine.handlers['session/list'] = () => ({ sessions: [] });
    return engine;
  }

  it('begins a session with the first text and goes on in it', async () => {
    const engine = engineOf();
    const { exit, shell } = await coppice(engine, ['--repo', '/r'], {
      types: ['fix it', '', 'and test it', 'exit', 'never'],
    });
    assert.equal(exit, 0);
    assert.deepEqual(
      engine.paramsOf('session/create').map(({ path, prompt }) => [path, prompt]),
      [['/r', 'fix it']],
    );
    assert.deepEqual(
      engine.paramsOf('session/continue').map(({ session, prompt }) => [session, prompt]),
      [[sessionId, 'and test it']],
    );
    assert.deepEqual(shell.keyboard?.questions, [
      'coppice> ',
      'coppice 1f2e3d4c> ',
      'coppice 1f2e3d4c> ',
      'coppice 1f2e3d4c> ',
    ]);
    assert.equal(engine.launches.length, 1);
    assert.equal(engine.connections, 0);
  });

  it('takes commands, uses what they begin, and @ for the current session', async () => {
    const engine = engineOf();
    const types = [
      'run "a" --detach',
      'session show @',
      'new',
      'use 1f2e',
      '/session list',
      'nonsense --flag is a prompt',
    ];
    const { exit } = await coppice(engine, ['--repo', '/r'], { types });
    assert.equal(exit, 0);
    assert.deepEqual(
      engine.paramsOf('session/create').map(({ path, prompt }) => [path, prompt]),
      [['/r', 'a']],
    );
    assert.equal(engine.paramsOf('session/show')[0]?.session, sessionId);
    assert.deepEqual(engine.paramsOf('session/list'), [{ which: 'all', archived: false, path: '/r' }]);
    assert.deepEqual(
      engine.paramsOf('session/continue').map(({ prompt }) => prompt),
      ['nonsense --flag is a prompt'],
    );
  });

  it('outlives what goes wrong', async () => {
    const engine = engineOf();
    const { exit, stderr } = await coppice(engine, [], {
      types: ['session shw', 'n', 'n', 'use', '/nonsense', '/session shw', 'status --jsn', 'session list'],
    });
    assert.equal(exit, 0);
    assert.match(stderr, /Unknown command 'nonsense'/);
    assert.match(stderr, /Unknown command 'shw'/);
    assert.match(stderr, /Unknown option '--jsn'/);
    assert.equal(engine.paramsOf('session/list').length, 1);
  });

  it('gives what looks like a mistyped command to an agent only after a yes', async () => {
    const engine = engineOf();
    const { exit, shell, stdout } = await coppice(engine, ['--repo', '/r'], {
      types: ['sesion list', 'y', 'session shw', '', 'n', 'statsu', 'no', 'yes'],
    });
    assert.equal(exit, 0);
    assert.equal(engine.paramsOf('session/list').length, 1);
    assert.deepEqual(
      engine.paramsOf('session/create').map(({ prompt }) => prompt),
      ['statsu'],
    );
    assert.deepEqual(engine.paramsOf('session/continue'), []);
    assert.match(stdout, /Nothing was done\./);
    assert.equal(shell.keyboard?.questions[1], '`sesion list` is no command. Run `session list`? [y/N] ');
    assert.equal(shell.keyboard.questions[4], 'Give `session shw` to an agent as its prompt? [y/N] ');
  });

  it('asks before one word begins a session, and not before it goes on with one', async () => {
    const engine = engineOf();
    const { shell } = await coppice(engine, ['--repo', '/r'], { types: ['banana', 'n', 'fix it', 'go', 'exit'] });
    assert.equal(engine.paramsOf('session/create')[0]?.prompt, 'fix it');
    assert.equal(engine.paramsOf('session/continue')[0]?.prompt, 'go');
    assert.equal(shell.keyboard?.questions.filter((each) => each.includes('[y/N]')).length, 1);
  });

  it('loses no sentence that begins with one of its own words', async () => {
    const engine = engineOf();
    const types = ['new tests, please', 'use the parser of the standard library', 'exit codes are wrong', 'quit'];
    const { exit, stderr } = await coppice(engine, ['--repo', '/r'], { types: [...types.slice(0, 3), 'use', 'quit'] });
    assert.equal(exit, 0);
    assert.match(stderr, /It is not said which session/);
    assert.equal(engine.paramsOf('session/create')[0]?.prompt, types[0]);
    assert.deepEqual(
      engine.paramsOf('session/continue').map(({ prompt }) => prompt),
      types.slice(1, 3),
    );
  });

  it('is only for a terminal', async () => {
    for (const argv of [[], ['--json']]) assert.equal((await coppice(engineOf(), argv)).exit, 2);
    assert.equal((await coppice(engineOf(), ['--json'], { types: ['x'] })).exit, 2);
  });
});

describe('session attach', () => {
  const past = Array.from({ length: 30 }, (_, i) => ({
    offset: i + 1,
    event: { kind: 'message', text: `line ${i + 1}.` },
  }));

  function engineOf(): OneSession {
    const engine = new OneSession();
    engine.handlers['session/logs'] = ({ from }) => ({ events: from === 0 ? past : [], next: 30, live: true });
    engine.handlers['session/continue'] = () => ({ verdict: { status: 'started' }, session: aSession() });
    engine.endAs(reported());
    return engine;
  }

  it('shows the last of what was, follows from there, and has the exit code of run', async () => {
    const engine = engineOf();
    const { exit, stdout } = await coppice(engine, ['session', 'attach', '1f2e']);
    assert.equal(exit, 0);
    assert.ok(!stdout.includes('line 10.') && stdout.includes('line 11.') && stdout.includes('line 30.'));
    assert.equal(engine.paramsOf('session/follow')[0]?.from, 30);
    engine.endAs(aSession({ status: 'failed' }));
    assert.equal((await coppice(engine, ['session', 'attach', '1f2e'])).exit, 1);
  });

  it('takes the next prompts of a person', async () => {
    const engine = engineOf();
    const { exit } = await coppice(engine, ['session', 'attach', '1f2e'], { types: ['more', 'still more', ''] });
    assert.equal(exit, 0);
    assert.deepEqual(
      engine.paramsOf('session/continue').map(({ prompt }) => prompt),
      ['more', 'still more'],
    );
  });

  it('continue --follow shows only what is new', async () => {
    const engine = engineOf();
    const { exit, stdout } = await coppice(engine, ['session', 'continue', '1f2e', 'more', '--follow']);
    assert.equal(exit, 0);
    assert.ok(!stdout.includes('line '));
    assert.equal(engine.paramsOf('session/follow')[0]?.from, 30);
  });

  it('logs --follow goes on to the end, and says when a person is needed', async () => {
    const engine = engineOf();
    const { exit, stdout } = await coppice(engine, ['session', 'logs', '1f2e', '--follow', '--json']);
    assert.equal(exit, 0);
    assert.equal(stdout, '');
    assert.equal(engine.paramsOf('session/follow')[0]?.from, 0);
  });
});
