import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { aSession, reported, sessionId } from './fake-engine.ts';
import { coppice, until } from './fake-shell.ts';
import { json, OneSession, permission, started } from './one-session.ts';

describe('run, when the agent asks', () => {
  it('ends with 4 in a pipe, says what is asked and how to answer, and shows what was printed before', async () => {
    const engine = new OneSession();
    engine.handlers['session/logs'] = ({ from }) => ({
      events: from < 9 ? [{ offset: 9, event: { kind: 'message', text: 'I need a word.' } }] : [],
      next: 9,
      live: true,
    });
    const { shell, exit } = started(engine, ['run', 'x']);
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    assert.equal(await exit, 4);
    assert.match(shell.stdout.text, /I need a word\./);
    for (const words of [
      'nobody is at the terminal',
      'Bash: npm test',
      'npm test --all',
      `coppice session answer ${sessionId} --allow`,
    ]) {
      assert.ok(shell.stderr.text.includes(words), words);
    }
    assert.deepEqual(engine.paramsOf('session/cancel'), []);
  });

  it('ends with 4 and one object about it with --json, also at a terminal', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x', '--json'], { types: ['y'] });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    assert.equal(await exit, 4);
    const asked = json(shell.stdout.text).find(({ type }) => type === 'needs-you');
    assert.deepEqual(asked?.['breakpoint'], permission);
    assert.equal(shell.stderr.text, '');
  });

  it('asks the person at the terminal and goes on', async () => {
    const engine = new OneSession();
    engine.handlers['session/answer'] = () => {
      engine.moveTo(reported(), true);
      return { breakpoint: 'b1' };
    };
    const { shell, exit } = started(engine, ['run', 'x'], { types: ['what?', 'Y'] });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    assert.equal(await exit, 0);
    assert.deepEqual(engine.answers, [{ session: sessionId, breakpoint: 'b1', answer: { choice: 'allow' } }]);
    assert.match(shell.stdout.text, /\? Bash: npm test\n {4}npm test --all/);
    assert.equal(shell.keyboard?.questions.length, 2);
  });

  it('puts the question away when somebody else has answered', async () => {
    const engine = new OneSession();
    let asked = false;
    const { exit } = started(engine, ['run', 'x'], {
      types: [
        async () => {
          asked = true;
          return new Promise(() => undefined);
        },
      ],
    });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    await until(() => asked);
    engine.moveTo(aSession());
    engine.moveTo(reported(), true);
    assert.equal(await exit, 0);
    assert.deepEqual(engine.paramsOf('session/answer'), []);
  });

  it('goes on when its answer came too late', async () => {
    const engine = new OneSession();
    engine.handlers['session/answer'] = () => {
      engine.moveTo(reported(), true);
      throw new CoppiceError('wrong-state', 'It was answered already by user:vscode.', '-');
    };
    const { shell, exit } = started(engine, ['run', 'x'], { types: ['n', 'no reason'] });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    assert.equal(await exit, 0);
    assert.match(shell.stderr.text, /answered already by user:vscode/);
  });

  it('can be put off: the session waits', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x'], { types: ['later'] });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission] }));
    assert.equal(await exit, 0);
    assert.match(shell.stderr.text, new RegExp(`coppice session answer ${sessionId}`));
  });

  it('asks one after the other when it waits for several', async () => {
    const engine = new OneSession();
    const second = { ...permission, id: 'b2', title: 'Bash: second' };
    engine.handlers['session/answer'] = ({ breakpoint }) => {
      if (breakpoint === 'b2') engine.moveTo(reported(), true);
      else engine.moveTo(aSession({ status: 'needs-you', needs: [second] }));
      return { breakpoint: breakpoint ?? '' };
    };
    const { exit } = started(engine, ['run', 'x'], { types: ['y', 'n', ''] });
    await until(() => engine.followed);
    engine.moveTo(aSession({ status: 'needs-you', needs: [permission, second] }));
    assert.equal(await exit, 0);
    assert.deepEqual(
      engine.paramsOf('session/answer').map(({ breakpoint, answer }) => [breakpoint, answer.choice]),
      [
        ['b1', 'allow'],
        ['b2', 'deny'],
      ],
    );
  });
});

describe('run, when the state of the session cannot be told', () => {
  it('hands over to a person after a minute in a pipe', async () => {
    for (const [argv, says] of [
      [['run', 'x'], /cannot be told: the host does not answer/],
      [['run', 'x', '--json'], /"type":"in-doubt"/],
    ] as const) {
      const engine = new OneSession();
      engine.detail = aSession({ status: 'unknown', doubt: 'the host does not answer' });
      const { exit, stdout, stderr, shell } = await coppice(engine, argv);
      assert.equal(exit, 4);
      assert.match(`${stdout}${stderr}`, says);
      assert.ok(shell.time >= Date.parse('2026-01-01T00:02:00.000Z'));
    }
  });

  it('goes on when it can be told again', async () => {
    const engine = new OneSession();
    engine.detail = aSession({ status: 'unknown' });
    const { shell, exit } = started(engine, ['run', 'x'], { patient: true });
    await until(() => shell.stdout.text.includes('unknown') && engine.followed);
    engine.moveTo(aSession());
    await until(() => shell.stdout.text.includes('running'));
    engine.moveTo(reported(), true);
    assert.equal(await exit, 0);
  });
});

describe('run and Ctrl-C', () => {
  it('leaves the session to itself after the first', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x']);
    await until(() => engine.followed);
    shell.pressCtrlC();
    assert.equal(await exit, 0);
    assert.match(shell.stderr.text, /within 2 s to cancel[^]*coppice session attach/);
    assert.deepEqual(engine.paramsOf('session/cancel'), []);
    assert.equal(shell.minded, false);
  });

  it('cancels it after a second one', async () => {
    const engine = new OneSession();
    const { shell, exit } = started(engine, ['run', 'x'], { patient: true });
    await until(() => engine.followed);
    shell.pressCtrlC();
    shell.pressCtrlC();
    assert.equal(await exit, 1);
    assert.deepEqual(engine.paramsOf('session/cancel'), [{ session: sessionId, reason: 'cancelled at the terminal' }]);
    assert.match(shell.stdout.text, /cancelled: /);
  });

  it('goes at once after a third one, should the cancelling take long', async () => {
    const engine = new OneSession();
    engine.handlers['session/cancel'] = async () => new Promise(() => undefined);
    const { shell, exit } = started(engine, ['run', 'x']);
    await until(() => engine.followed);
    for (let i = 0; i < 3; i++) shell.pressCtrlC();
    assert.equal(await exit, 0);
  });
});

describe('run where memory or disk would run out', () => {
  function fullEngine(): OneSession {
    const engine = new OneSession();
    engine.handlers['session/create'] = ({ anyway }) => {
      if (!anyway) throw new CoppiceError('no-room', 'Memory would run short.', 'Start it with `--anyway`.');
      return { verdict: { status: 'started' }, session: engine.detail };
    };
    return engine;
  }

  it('is refused in a pipe, which is told of --anyway; with that it starts', async () => {
    const { exit, stderr } = await coppice(fullEngine(), ['run', 'x', '--detach']);
    assert.equal(exit, 3);
    assert.match(stderr, /Memory would run short\..*--anyway/s);
    assert.equal((await coppice(fullEngine(), ['run', 'x', '--detach', '--anyway'])).exit, 0);
  });

  it('is a question to a person, once, and starts the same session after a yes', async () => {
    const engine = fullEngine();
    const { exit, shell } = await coppice(engine, ['run', 'x', '--detach'], { types: ['y'] });
    assert.equal(exit, 0);
    assert.deepEqual(shell.keyboard?.questions, ['Memory would run short. Start it anyway? [y/N] ']);
    const asked = engine.paramsOf('session/create');
    assert.deepEqual([asked.length, asked[0]?.id, asked[1]?.anyway], [2, asked[1]?.id, true]);
    assert.equal((await coppice(fullEngine(), ['run', 'x', '--detach'], { types: ['n'] })).exit, 3);
  });
});

describe('run in a container whose image is not there', () => {
  const missing = new CoppiceError('executor-missing', 'The image i:t is not there.', 'Build it with `coppice init`.', {
    context: { image: 'i:t' },
  });

  function engineWithout(built: () => boolean): OneSession {
    const engine = new OneSession();
    engine.handlers['session/create'] = () => {
      if (!built()) throw missing;
      return { verdict: { status: 'started' }, session: engine.detail };
    };
    const settings = [
      { key: 'executors.docker.image', value: 'another:one', source: 'file', description: '' },
      { key: 'executors.docker.socket', value: '/run/d.sock', source: 'file', description: '' },
    ];
    engine.handlers['config/show'] = () => ({ settings, files: [] });
    return engine;
  }

  it('is refused in a pipe, which is told of coppice init', async () => {
    const { exit, stderr } = await coppice(
      engineWithout(() => false),
      ['run', 'x', '--detach'],
    );
    assert.equal(exit, 3);
    assert.match(stderr, /coppice init/);
  });

  it('is built after a yes, by the daemon that is set, and the session starts when it is there', async () => {
    const ran: (readonly string[])[] = [];
    const exec = (command: readonly string[]): Promise<number> => Promise.resolve(ran.push(command) - 1);
    const engine = engineWithout(() => ran.length > 0);
    const { exit, shell } = await coppice(engine, ['run', 'x', '--detach'], { types: ['y'], exec });
    assert.equal(exit, 0);
    assert.match(shell.keyboard?.questions[0] ?? '', /^The image i:t is not there\. Build it\?/);
    assert.deepEqual(ran[0]?.slice(0, -1), ['docker', '-H', 'unix:///run/d.sock', 'build', '--tag', 'i:t']);
    assert.match(ran[0].at(-1) ?? '', /media\/docker$/);
  });

  it('is named by the settings of the shell for coppice init', async () => {
    const engine = engineWithout(() => false);
    const env = { COPPICE_EXECUTORS_DOCKER_IMAGE: 'of:shell' };
    const { stdout } = await coppice(engine, ['init', '--', '--build-arg', 'BASE=b'], { env });
    assert.match(stdout, /^docker -H unix:\/\/\/run\/d\.sock build --tag another:one --build-arg BASE=b \//u);
    assert.deepEqual(engine.paramsOf('config/show')[0]?.settings, env);
  });

  it('stays refused after a no, and when the build fails', async () => {
    const engine = engineWithout(() => false);
    const exec = (): Promise<number> => Promise.resolve(1);
    for (const [answer, why] of [
      ['n', /is not there\.\n/u],
      ['y', /was not built: docker build ended with status 1, .*\n.*coppice init -- --build-arg BASE=/u],
    ] as const) {
      const { exit, stderr } = await coppice(engine, ['run', 'x', '--detach'], { types: [answer], exec });
      assert.equal(exit, 3);
      assert.match(stderr, why);
    }
  });

  it('says so when there is too little room for it where Docker keeps its images, and how to make some', async () => {
    const engine = engineWithout(() => false);
    const init = () => coppice(engine, ['init'], { types: [], exec: () => Promise.resolve(1) });
    const shortage = { message: 'Only 312 MB are free in /images.', next: 'Make room there.' };
    engine.handlers['containers/room'] = () => ({ shortage });
    const full = await init();
    assert.equal(full.exit, 1);
    assert.match(
      full.stderr,
      /was not built: docker build ended with status 1, and its last lines say why\. Only 312 MB are free/u,
    );
    assert.match(full.stderr, /Make room there\. Then run `coppice init` again\./u);
    engine.handlers['containers/room'] = () => ({ shortage: null });
    assert.equal((await init()).exit, 3);
    engine.handlers['containers/room'] = () => {
      throw new CoppiceError('executor-missing', 'No daemon.', '-');
    };
    assert.match((await init()).stderr, /was not built: .*last lines say why\.\n/u);
  });
});

describe('run in a repository that is not trusted', () => {
  const untrusted = new CoppiceError('untrusted', '/repo is not trusted yet.', 'Run `coppice trust` in it.', {
    context: { root: '/repo' },
  });
  const consent = new CoppiceError(
    'host-consent-needed',
    'Claude Code would work unattended.',
    'Run `coppice trust --host`.',
    {
      context: { root: '/repo' },
    },
  );

  function engineWith(...refusals: CoppiceError[]): OneSession {
    const engine = new OneSession();
    engine.handlers['session/create'] = () => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      return { verdict: { status: 'started' }, session: engine.detail };
    };
    engine.handlers['trust/grant'] = ({ host }) => ({ repository: 'r', root: '/repo', trusted: true, host });
    return engine;
  }

  it('is refused in a pipe, and coppice trust is named', async () => {
    for (const refusal of [untrusted, consent]) {
      const engine = engineWith(refusal);
      const { exit, stderr } = await coppice(engine, ['run', 'x']);
      assert.equal(exit, 3);
      assert.match(stderr, refusal === untrusted ? /coppice trust`/ : /coppice trust --host`/);
      assert.deepEqual(engine.paramsOf('trust/grant'), []);
    }
  });

  it('asks at a terminal, grants and goes on', async () => {
    const engine = engineWith(untrusted, consent);
    const { exit, shell } = await coppice(engine, ['run', 'x', '--detach'], { types: ['yes', 'y'] });
    assert.equal(exit, 0);
    assert.deepEqual(engine.paramsOf('trust/grant'), [
      { path: '/repo', host: false },
      { path: '/repo', host: true },
    ]);
    assert.match(shell.keyboard?.questions[0] ?? '', /\/repo.*Trust this repository\? \[y\/N\]/);
  });

  it('asks whether a repository was moved here, and binds what it had before', async () => {
    const moved = (): OneSession => {
      const engine = engineWith(untrusted);
      const state = { repository: 'r', root: '/repo', trusted: false, host: false };
      engine.handlers['trust/state'] = () => ({ ...state, movedFrom: { root: '/old', sessions: 3 } });
      engine.handlers['repository/move'] = () => ({ ...state, trusted: true, sessions: 3, unsure: [] });
      return engine;
    };
    const engine = moved();
    const { exit, shell } = await coppice(engine, ['run', 'x', '--detach'], { types: ['y'] });
    assert.equal(exit, 0);
    assert.match(shell.keyboard?.questions[0] ?? '', /\/repo holds 3 sessions of \/old, which is not there any more/);
    assert.deepEqual(engine.paramsOf('repository/move'), [{ from: '/old', path: '/repo' }]);
    assert.deepEqual(engine.paramsOf('trust/grant'), []);
    const declined = moved();
    assert.equal((await coppice(declined, ['run', 'x', '--detach'], { types: ['n', 'y'] })).exit, 0);
    assert.deepEqual(declined.paramsOf('repository/move'), []);
    assert.deepEqual(declined.paramsOf('trust/grant'), [{ path: '/repo', host: false }]);
    const piped = await coppice(moved(), ['run', 'x']);
    assert.equal(piped.exit, 3);
    assert.match(piped.stderr, /`coppice repository move \/old` binds them to it/);
  });

  it('takes nothing but yes for a yes', async () => {
    for (const typed of ['', 'n', 'yeah', 'ja']) {
      const engine = engineWith(untrusted);
      assert.equal((await coppice(engine, ['run', 'x', '--detach'], { types: [typed] })).exit, 3);
      assert.deepEqual(engine.paramsOf('trust/grant'), []);
    }
    assert.equal((await coppice(engineWith(untrusted), ['run', 'x'], { types: [] })).exit, 3);
  });

  it('does not ask twice for the same', async () => {
    const engine = engineWith(untrusted, untrusted);
    const { exit, shell } = await coppice(engine, ['run', 'x', '--detach'], { types: ['y', 'y'] });
    assert.equal(exit, 3);
    assert.equal(shell.keyboard?.questions.length, 1);
  });
});
