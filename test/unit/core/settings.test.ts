import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as z from 'zod';
import { variableOf, matchKey, keyFor, isFamily } from '../../../src/core/settings/keys.ts';
import { placeText } from '../../../src/core/settings/place.ts';
import { emptyLayer, readEnvironment, readFlags, readTree, type Layer } from '../../../src/core/settings/read.ts';
import { resolveSettings, type Settings } from '../../../src/core/settings/settings.ts';
import { nearest } from '../../../src/core/settings/suggest.ts';
import { descriptions } from '../../../src/core/settings/descriptions.ts';
import { settingKeys, settingOf, table, type Setting } from '../../../src/core/settings/table.ts';
import { argvOf } from '../../../src/core/settings/types.ts';

const context = { home: '/data', userHome: '/home/ann', agents: ['claude-code', 'demo'] };

function user(tree: unknown): Layer {
  return readTree(tree, 'user', (path) => ({ source: 'user', name: path.join('/') }));
}

function repository(tree: unknown): Layer {
  return readTree(tree, 'repository', (path) => ({ source: 'repository', name: path.join('/') }));
}

function said(layer: Layer): readonly string[] {
  return layer.problems.map(({ place, message }) => `${placeText(place)}: ${message}`);
}

function settings(...layers: readonly Layer[]): Settings {
  const resolved = resolveSettings(layers, context);
  assert.deepEqual(resolved.problems, []);
  return resolved.settings;
}

describe('settings: the table', () => {
  it('has a default of the right type for every key, and none for families', () => {
    for (const key of settingKeys) {
      const setting: Setting = table[key];
      if (isFamily(key)) assert.equal(setting.default, undefined, key);
      else assert.deepEqual(setting.type.parse(setting.default), setting.default, key);
    }
  });

  it('describes every key and what it takes', () => {
    for (const key of settingKeys) {
      assert.match(descriptions[key], /^[A-Z].+\.$/su, key);
      assert.notEqual(settingOf(key).type.description ?? '', '', key);
    }
  });

  it('gives every key a variable of its own', () => {
    const keys = settingKeys.flatMap((row) => (isFamily(row) ? context.agents.map((id) => keyFor(row, id)) : [row]));
    assert.equal(new Set(keys.map(variableOf)).size, keys.length);
    assert.equal(variableOf('worktrees.scriptTimeoutSeconds'), 'COPPICE_WORKTREES_SCRIPT_TIMEOUT_SECONDS');
    assert.equal(variableOf('agents.claude-code.maxRetries'), 'COPPICE_AGENTS_CLAUDE_CODE_MAX_RETRIES');
  });

  it('keeps what decides what runs as an agent, and where, out of reach of a repository', () => {
    const open = settingKeys.filter((key) => settingOf(key).scope !== 'user');
    assert.deepEqual(open, [
      'worktrees.setup',
      'worktrees.teardown',
      'worktrees.scriptTimeoutSeconds',
      'worktrees.sparse',
      'worktrees.copyIgnored',
      'session.timeBoxSeconds',
      'session.startTimeoutSeconds',
      'session.autoCommit.autonomous',
      'session.autoCommit.dispatch',
      'session.autoCommit.interactive',
      'session.autoCommit.planning',
      'session.autoCommit.orchestration',
      'session.autoPush.autonomous',
      'session.autoPush.dispatch',
      'session.autoPush.interactive',
      'session.autoPush.planning',
      'session.autoPush.orchestration',
      'landing.gates',
      'landing.gateTimeoutSeconds',
      'supervision.gates',
      'supervision.gateTimeoutSeconds',
      'supervision.attempts',
      'approval.ask',
      'approval.forbid',
      'approval.landing',
      'approval.costAutomaticCents',
      'approval.costForbiddenCents',
      'agents.<id>.model',
      'agents.<id>.strongerModel',
      'agents.<id>.maxRetries',
      'history.commit',
    ]);
  });

  it('can be given to an editor as JSON schema', () => {
    for (const key of settingKeys) assert.doesNotThrow(() => z.toJSONSchema(settingOf(key).type, { io: 'input' }), key);
  });

  it('has the figures of the requirements', () => {
    const defaults = settings();
    assert.equal(defaults['limits.running'], 3);
    assert.equal(defaults['limits.waiting'], 10);
    assert.equal(defaults['session.timeBoxSeconds'], 1800);
    assert.equal(defaults['agent.default'], 'claude-code');
    assert.equal(defaults['worktrees.root'], '/data/worktrees');
    assert.equal(defaults['session.autoCommit.autonomous'], true);
    assert.equal(defaults['session.autoCommit.interactive'], false);
  });
});

describe('settings: precedence', () => {
  const layers = {
    user: user({ session: { timeBoxSeconds: 100 } }),
    repository: repository({ session: { timeBoxSeconds: 200 } }),
    environment: readEnvironment({ COPPICE_SESSION_TIME_BOX_SECONDS: '300' }, [], []),
    flag: readFlags({ 'session.timeBoxSeconds': 400 }),
  };

  it('lets each later source win, and says which it was', () => {
    const order = [layers.user, layers.repository, layers.environment, layers.flag];
    const sources = ['user', 'repository', 'environment', 'flag'];
    for (let count = 1; count <= order.length; count++) {
      const { settings: resolved, rows } = resolveSettings(order.slice(0, count), context);
      assert.equal(resolved['session.timeBoxSeconds'], count * 100);
      const row = rows.find((each) => each.key === 'session.timeBoxSeconds');
      assert.equal(row?.source.split(':')[0], sources[count - 1]);
    }
  });

  it('merges agents option by option', () => {
    const { agents } = settings(
      user({ agents: { 'claude-code': { command: '/opt/claude', model: 'opus' } } }),
      repository({ agents: { 'claude-code': { model: 'haiku', maxRetries: 2 } } }),
    );
    assert.deepEqual({ ...agents['claude-code'] }, { command: '/opt/claude', model: 'haiku', maxRetries: 2 });
  });

  it('lists every setting, in the order of the table, and of families what is set', () => {
    const { rows } = resolveSettings([user({ agents: { demo: { model: 'x' } } })], context);
    const keys = settingKeys.map((key) => (key === 'agents.<id>.model' ? 'agents.demo.model' : key));
    assert.deepEqual(
      rows.map((row) => row.key),
      keys,
    );
    assert.deepEqual(
      rows.find((row) => row.key === 'agents.demo.model'),
      {
        key: 'agents.demo.model',
        value: 'x',
        source: 'user: agents/demo/model',
        description: descriptions['agents.<id>.model'],
      },
    );
    for (const { key, value, source } of rows) {
      if (key === 'agents.demo.model') continue;
      assert.deepEqual([value === null, source], key.includes('<id>') ? [true, 'not set'] : [false, 'default'], key);
    }
  });

  it('any mix of layers gives each key the value of the last layer that has it', () => {
    const rows = ['limits.running', 'limits.waiting', 'engine.idleSeconds'] as const;
    const values = fc.record({
      'limits.running': number(),
      'limits.waiting': number(),
      'engine.idleSeconds': number(),
    });
    fc.assert(
      fc.property(fc.array(values, { maxLength: 5 }), (many) => {
        const resolved = settings(...many.map((each) => readFlags(each)));
        for (const key of rows) {
          const last = many.map((each) => each[key]).findLast((value) => value !== undefined);
          assert.equal(resolved[key], last ?? table[key].default);
        }
      }),
    );
    function number() {
      return fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined });
    }
  });
});

describe('settings: what is wrong', () => {
  it('names an unknown key with what was probably meant', () => {
    assert.deepEqual(said(user({ limts: { running: 1 } })), ['limts: unknown setting "limts"; did you mean "limits"?']);
    assert.deepEqual(said(user({ limits: { runing: 1 } })), [
      'limits/runing: unknown setting "limits.runing"; did you mean "limits.running"?',
    ]);
    assert.deepEqual(said(user({ agents: { demo: { Model: 'x' } } })), [
      'agents/demo/Model: unknown setting "agents.demo.Model"; did you mean "agents.demo.model"?',
    ]);
    assert.deepEqual(said(user({ zzz: 1 })), ['zzz: unknown setting "zzz"']);
    assert.deepEqual(said(user({ limits: { running: 1, deeper: { still: 2 } } })), [
      'limits/deeper: unknown setting "limits.deeper"',
    ]);
  });

  it('knows a key that is written on one line', () => {
    assert.match(said(user({ 'limits.running': 3 }))[0] ?? '', /is written on one line; write each part below/u);
  });

  it('finds all problems of a file, not only the first', () => {
    const layer = user({
      limits: { running: 'many', waiting: -1 },
      budget: { tokens: -5 },
      nonsense: true,
      history: { commit: 'yes' },
    });
    assert.deepEqual(said(layer), [
      'limits/running: "limits.running" must be a whole number from 1 to 1000, not text',
      'limits/waiting: "limits.waiting" must be a whole number from 0 to 10000, not -1',
      'budget/tokens: "budget.tokens" must be a whole number from 0 to 1000000000, not -5',
      'nonsense: unknown setting "nonsense"',
      'history/commit: "history.commit" must be true or false, not text',
    ]);
    assert.equal(layer.values.size, 0);
  });

  it('says what is missing and points into lists and maps', () => {
    assert.deepEqual(said(user({ limits: { running: null } })), [
      'limits/running: "limits.running" has no value; it must be a whole number from 1 to 1000',
    ]);
    assert.deepEqual(said(user({ worktrees: { setup: ['ok', 7] } })), [
      'worktrees/setup/1: "worktrees.setup[1]" must be a command line (text), or a list of a program and its arguments, not 7',
    ]);
    assert.deepEqual(said(user({ agents: { custom: { mine: { comand: ['x'] } } } })).toSorted(), [
      'agents/custom/mine/comand: "agents.custom.mine" has no field "comand"; did you mean "command"?',
      'agents/custom/mine/command: "agents.custom.mine.command" has no value; it must be a list of a program and its arguments',
    ]);
  });

  it('wants a map where settings follow, and takes an empty part as empty', () => {
    assert.deepEqual(said(user({ limits: 3 })), ['limits: "limits" must be a map of settings, not 3']);
    assert.deepEqual(said(user(['limits'])), [': a settings file must be a map, not a list']);
    assert.deepEqual(said(user({ limits: null })), []);
    assert.deepEqual(user(null), emptyLayer);
  });

  it('refuses what a repository may not set, and names where it belongs', () => {
    const layer = repository({ agents: { 'claude-code': { command: 'evil' }, custom: { x: { command: ['x'] } } } });
    assert.deepEqual(said(layer), [
      'agents/claude-code/command: "agents.claude-code.command" cannot be set by a repository; set it in config.yaml of the data directory',
      'agents/custom/x: "agents.custom.x" cannot be set by a repository; set it in config.yaml of the data directory',
    ]);
    assert.equal(layer.values.size, 0);
    assert.match(said(user({ worktrees: { sparse: ['src'] } }))[0] ?? '', /belongs to a repository/u);
    assert.deepEqual(said(repository({ worktrees: { sparse: ['src'] } })), []);
  });

  it('never repeats a text value: it may be a secret', () => {
    const secret = 'sk-hunter2';
    const trees = [
      { limits: { running: secret } },
      { limits: secret },
      { agents: { demo: { env: secret } } },
      { agents: { demo: { env: [secret] } } },
      { agents: { custom: { x: { command: secret, output: secret } } } },
      { worktrees: { root: secret } },
      { agent: { default: secret.toUpperCase() } },
    ];
    for (const tree of trees) {
      const all = said(user(tree)).join('\n');
      assert.notEqual(all, '');
      assert.ok(!all.toLowerCase().includes('hunter2'), all);
    }
  });

  it('keeps control characters of a hostile key out of the message', () => {
    const key = `a\u001b[31m\n\u202e${'x'.repeat(500)}`;
    const [message = ''] = user({ [key]: 1 }).problems.map((problem) => problem.message);
    assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]/u);
    assert.ok(message.length < 200);
  });

  it('takes names of the language for what they are: unknown keys', () => {
    for (const key of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '']) {
      const tree = Object.create(null) as Record<string, unknown>;
      tree[key] = { running: 1 };
      assert.equal(user(tree).problems.length, 1, key);
      assert.equal(readFlags(Object.fromEntries([[key, 1]])).problems.length, 1, key);
    }
    assert.ok(!('constructor' in settings().agents));
    assert.ok(!('toString' in settings().customAgents));
  });

  it('reads any tree without throwing, and either takes a value or reports it', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4, withNullPrototype: true }), (tree) => {
        const layer = user(tree);
        assert.equal(layer.values.size, 0);
        resolveSettings([layer], context);
      }),
    );
  });
});

describe('settings: agents', () => {
  const mine = { command: ['mine', '{prompt}'] };

  it('takes options only for agents that exist, wherever they are defined', () => {
    const both = user({ agent: { default: 'mine' }, agents: { custom: { mine }, mine: { env: ['MINE_KEY'] } } });
    const { customAgents, agents } = settings(both);
    assert.deepEqual({ ...customAgents }, { mine: { command: ['mine', '{prompt}'], output: 'text' } });
    assert.deepEqual({ ...agents['mine'] }, { env: ['MINE_KEY'] });
    assert.deepEqual(
      resolveSettings([user({ agents: { 'claude-cod': { model: 'x' } } })], context).problems.map(
        (each) => each.message,
      ),
      ['"agents.claude-cod.model" is about the agent "claude-cod", which does not exist; did you mean "claude-code"?'],
    );
  });

  it('reports a default agent that does not exist even where a later source replaces it', () => {
    const layers = [user({ agent: { default: 'dmo' } }), readFlags({ 'agent.default': 'demo' })];
    assert.deepEqual(
      resolveSettings(layers, context).problems.map((each) => each.message),
      ['"agent.default" is about the agent "dmo", which does not exist; did you mean "demo"?'],
    );
  });

  it('refuses options that a command of the user cannot obey', () => {
    const layer = user({ agents: { custom: { mine }, mine: { model: 'x', args: ['y'], command: 'z' } } });
    assert.deepEqual(
      resolveSettings([layer], context).problems.map((each) => each.message),
      ['"agents.mine.model" has no effect on a command of your own; write it into "agents.custom.mine.command"'],
    );
  });

  it('does not let a custom agent take the place of one that comes with Coppice', () => {
    const { problems } = resolveSettings([user({ agents: { custom: { demo: mine } } })], context);
    assert.match(problems[0]?.message ?? '', /choose another id/u);
  });

  it('refuses a prompt inside of program text, whatever stands before it', () => {
    const refused = [
      ['sh', '-c', 'tool {prompt}'],
      ['/bin/bash', '-lc', 'tool "{prompt}"'],
      ['env', 'A=1', 'bash', '-o', 'pipefail', '-c', 'x {promptFile}'],
      ['python3', '-c', 'print("{prompt}")'],
      ['node', '-e', '{prompt}'],
    ];
    for (const command of refused) {
      assert.match(
        said(user({ agents: { custom: { x: { command } } } }))[0] ?? '',
        /a prompt is never run/u,
        command.join(' '),
      );
      assert.equal(said(user({ agents: { custom: { x: { command: ['x'], resume: command } } } })).length, 1);
    }
    const fine = [
      ['sh', '-c', 'tool "$1"', 'sh', '{prompt}'],
      ['tool', '-c', '{prompt}'],
      ['python3', 'agent.py', '--prompt={prompt}'],
      ['tool'],
    ];
    for (const command of fine)
      assert.deepEqual(said(user({ agents: { custom: { x: { command } } } })), [], command.join(' '));
  });

  it('refuses programs that depend on the current directory, and options in their place', () => {
    for (const command of ['bin/claude', './claude', '../claude', '-claude', ' claude', '', 'a\nb', '~', '~ann/x']) {
      assert.equal(said(user({ agents: { demo: { command } } })).length, 1, JSON.stringify(command));
    }
    const { agents } = settings(user({ agents: { demo: { command: '~/bin/demo' } } }));
    assert.equal(agents['demo']?.command, '/home/ann/bin/demo');
  });

  it('lets nobody hand an option to an agent in the place of a word', () => {
    const options = { model: '--dangerously-skip-permissions', permissionMode: '-x' };
    assert.equal(said(user({ agents: { demo: options } })).length, 2);
    assert.equal(said(repository({ agents: { demo: { model: '--x' } } })).length, 1);
  });

  it('keeps sparse directories inside of the repository', () => {
    for (const directory of ['/etc', '../x', 'a/../../b', '..', '-x', '~/x', '']) {
      assert.equal(said(repository({ worktrees: { sparse: [directory] } })).length, 1, directory);
    }
    for (const directory of ['src', 'a b/c', '..a/b', 'docs/']) {
      assert.deepEqual(said(repository({ worktrees: { sparse: [directory] } })), [], directory);
    }
  });

  it('gives script lines to the shell unchanged and lists as they are', () => {
    assert.deepEqual(argvOf('npm ci && echo "$HOME"'), ['sh', '-c', 'npm ci && echo "$HOME"']);
    assert.deepEqual(argvOf(['cp', 'a b', 'c']), ['cp', 'a b', 'c']);
  });

  it('freezes what it hands out', () => {
    const given = settings(user({ worktrees: { setup: ['a'] }, agents: { custom: { mine } } }));
    assert.ok(Object.isFrozen(given['worktrees.setup']));
    assert.ok(Object.isFrozen(given.customAgents['mine']));
  });
});

describe('settings: variables and flags', () => {
  const others = ['COPPICE_HOME'];
  const read = (env: Record<string, string | undefined>): Layer => readEnvironment(env, context.agents, others);

  it('reads text, numbers, truth values and lists', () => {
    const resolved = settings(
      read({
        COPPICE_LIMITS_RUNNING: '5',
        COPPICE_HISTORY_COMMIT: 'true',
        COPPICE_AGENT_DEFAULT: 'demo',
        COPPICE_AGENTS_CLAUDE_CODE_MODEL: '4',
        COPPICE_WORKTREES_SETUP: '["npm ci", ["cp", "a", "b"]]',
        COPPICE_HOME: '/elsewhere',
        PATH: '/bin',
      }),
    );
    assert.equal(resolved['limits.running'], 5);
    assert.equal(resolved['history.commit'], true);
    assert.equal(resolved['agent.default'], 'demo');
    assert.equal(resolved.agents['claude-code']?.model, '4');
    assert.deepEqual(resolved['worktrees.setup'], ['npm ci', ['cp', 'a', 'b']]);
  });

  it('takes an empty variable as not set', () => {
    assert.equal(read({ COPPICE_LIMITS_RUNNING: '', COPPICE_HISTORY_COMMIT: undefined }).values.size, 0);
  });

  it('reports a wrong value and an unknown name', () => {
    assert.deepEqual(said(read({ COPPICE_LIMITS_RUNNING: 'many', COPPICE_LIMIT_RUNNING: '1' })), [
      'COPPICE_LIMITS_RUNNING: "limits.running" must be a whole number from 1 to 1000, not text',
      'COPPICE_LIMIT_RUNNING: this variable is not a setting of Coppice; did you mean "COPPICE_LIMITS_RUNNING"?',
    ]);
    assert.equal(said(read({ COPPICE_AGENTS_CUSTOM_X: '{"command":["x"]}' })).length, 1);
  });

  it('reads flags by full key, as values or as text', () => {
    const resolved = settings(
      readFlags({ 'limits.running': '7', 'agents.demo.args': ['--x'], 'history.commit': undefined }),
    );
    assert.equal(resolved['limits.running'], 7);
    assert.deepEqual(resolved.agents['demo']?.args, ['--x']);
    assert.deepEqual(said(readFlags({ 'limits.runnin': 1 })), [
      'limits.runnin: unknown setting "limits.runnin"; did you mean "limits.running"?',
    ]);
  });

  it('every setting can be written as a variable, a flag and a file with the same result', () => {
    for (const row of settingKeys.filter((key) => !isFamily(key))) {
      const value: unknown = settingOf(row).default;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const nested = row.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
      const file = settingOf(row).scope === 'repository' ? repository(nested) : user(nested);
      for (const layer of [file, readFlags({ [row]: value }), read({ [variableOf(row)]: text })]) {
        assert.deepEqual(said(layer), [], row);
        assert.deepEqual(layer.values.get(row)?.value, value, row);
      }
    }
  });
});

describe('settings: suggestions', () => {
  it('finds a word with one slip, and stays silent about anything else', () => {
    const words = ['running', 'waiting', 'root', 'setup'];
    fc.assert(
      fc.property(
        fc.constantFrom(...words),
        fc.nat(),
        fc.constantFrom('drop', 'swap', 'double', 'replace'),
        (word, at, slip) => {
          const i = at % (word.length - 1);
          const typed = {
            drop: word.slice(0, i) + word.slice(i + 1),
            swap: word.slice(0, i) + (word[i + 1] ?? '') + (word[i] ?? '') + word.slice(i + 2),
            double: word.slice(0, i) + (word[i] ?? '') + word.slice(i),
            replace: `${word.slice(0, i)}q${word.slice(i + 1)}`,
          }[slip];
          assert.equal(nearest(typed, words), word);
        },
      ),
    );
    assert.equal(nearest('completely different', words), undefined);
    assert.equal(nearest('', words), undefined);
  });

  it('costs little for a long word', () => {
    assert.equal(nearest('x'.repeat(1_000_000), settingKeys), undefined);
  });

  it('matches full keys of families only with an id in place', () => {
    assert.equal(matchKey('agents.demo.model')?.row, 'agents.<id>.model');
    assert.equal(matchKey('agents.custom.mine')?.row, 'agents.custom.<id>');
    for (const key of [
      'agents',
      'agents.demo',
      'agents.<id>.model',
      'agents.Demo.model',
      'agents.custom.model.x',
      'agents..model',
    ]) {
      assert.equal(matchKey(key), undefined, key);
    }
  });
});
