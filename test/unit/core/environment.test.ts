import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allowed, isSecret, requesterOf } from '../../../src/core/environment.ts';

const nothing = { allow: [], secrets: [] };

describe('environment of a requester', () => {
  it('drops loader hooks, runtime markers and shell state', () => {
    const dropped = [
      ...['NODE_OPTIONS', 'VSCODE_PID', 'VSCODE_IPC_HOOK', 'ELECTRON_RUN_AS_NODE', 'COPPICE_SESSION', 'COPPICE_HOME'],
      ...[
        'GIT_DIR',
        'GIT_INDEX_FILE',
        'GIT_CONFIG_COUNT',
        'GIT_SSH_COMMAND',
        'npm_config_user_agent',
        'npm_lifecycle_event',
      ],
      ...[
        'BASH_FUNC_x%%',
        'BASH_FUNC_x',
        'BASH_ENV',
        'ENV',
        'LD_PRELOAD',
        'DYLD_INSERT_LIBRARIES',
        'OLDPWD',
        'SHLVL',
        '_',
      ],
      ...['PWD', '', '1X', 'A B', 'A=B', 'ProgramFiles(x86)'],
    ];
    const { env, secrets } = requesterOf(Object.fromEntries(dropped.map((name) => [name, 'value'])));
    assert.deepEqual({ env, secrets }, { env: {}, secrets: {} });
  });

  it('keeps who the author is', () => {
    const identity = {
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    };
    assert.deepEqual(allowed(requesterOf(identity), nothing), { env: identity, secrets: {} });
  });

  it('tells secrets by their name', () => {
    const names = ['ANTHROPIC_API_KEY', 'GH_TOKEN', 'MY_SECRET', 'DB_PASSWORD', 'MYSQL_PWD', 'SMTP_PASS', 'GITHUB_PAT'];
    for (const name of [...names, 'AWS_CREDENTIALS', 'X_AUTH', 'COOKIE', 'private_thing', 'SENTRY_DSN']) {
      assert.ok(isSecret(name, 'x'), name);
    }
    for (const name of ['PATH', 'SSH_AUTH_SOCK', 'GIT_AUTHOR_NAME', 'PASSENGERS', 'PATTERN', 'EDITOR']) {
      assert.ok(!isSecret(name, 'x'), name);
    }
  });

  it('tells secrets by their value', () => {
    const filler = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';
    const values = [
      'https://user:pass@example.org/x',
      'postgres://:pw@db/x',
      `https://${filler}@example.org`,
      'https://example.org/?a=1&token=abc',
      `Authorization: Bearer ${filler}`,
      '-----BEGIN OPENSSH PRIVATE KEY-----\nxyz',
      `--header ghp_${filler}`,
      `github_pat_${filler}`,
      `glpat-${filler}`,
      `sk-ant-api03-${filler}`,
      'AKIAABCDEFGHIJKLMNOP',
      `AIza${filler}`,
      `xoxb-${filler}`,
      `eyJhbGciOiJIUzI1NiJ9.${filler}.${filler}`,
    ];
    for (const value of values) assert.ok(isSecret('HARMLESS', value), value);
    const harmless = [
      'https://example.org/a?b=c',
      'ssh://git@example.org/x',
      'git@example.org:x/y.git',
      '/usr/bin:/bin',
      'task-list',
    ];
    for (const value of harmless) assert.ok(!isSecret('HARMLESS', value), value);
  });

  it('passes a proxy with a password on as a secret, and one without in the open', () => {
    const plain = allowed(requesterOf({ https_proxy: 'http://proxy:8080' }), nothing);
    assert.deepEqual(plain, { env: { https_proxy: 'http://proxy:8080' }, secrets: {} });
    const secret = allowed(requesterOf({ https_proxy: 'http://me:pw@proxy:8080' }), nothing);
    assert.deepEqual(secret, { env: {}, secrets: { https_proxy: 'http://me:pw@proxy:8080' } });
  });

  it('gives an agent the base, its own names and prefixes, and nothing else', () => {
    const shell = {
      PATH: '/bin',
      LC_ALL: 'C',
      MY_AGENT_URL: 'u',
      MY_AGENT_KEY: 'k',
      OTHER: 'o',
      OTHER_KEY: 'k',
      EXACT: 'e',
    };
    assert.deepEqual(allowed(requesterOf(shell), nothing), { env: { PATH: '/bin', LC_ALL: 'C' }, secrets: {} });
    assert.deepEqual(allowed(requesterOf(shell), { allow: ['MY_AGENT_*'], secrets: ['EXACT'] }), {
      env: { PATH: '/bin', LC_ALL: 'C', MY_AGENT_URL: 'u' },
      secrets: { MY_AGENT_KEY: 'k', EXACT: 'e' },
    });
  });

  it('does not take a lone star for a prefix, and gives no dropped name to who asks for it', () => {
    const hostile = { env: { NODE_OPTIONS: '--require x', LD_PRELOAD: 'x', OTHER: 'o' }, secrets: { LD_AUDIT: 'x' } };
    assert.deepEqual(allowed(hostile, { allow: ['*', 'NODE_*', 'LD_*', 'NODE_OPTIONS'], secrets: ['LD_*'] }), {
      env: {},
      secrets: {},
    });
  });

  it('does not believe a requester that sends a secret as plain', () => {
    const liar = { env: { ANTHROPIC_API_KEY: 'sk', PLAIN: 'https://a:b@c' }, secrets: {} };
    assert.deepEqual(allowed(liar, { allow: ['ANTHROPIC_*', 'PLAIN'], secrets: [] }), {
      env: {},
      secrets: { ANTHROPIC_API_KEY: 'sk', PLAIN: 'https://a:b@c' },
    });
  });

  it('bounds a value, a name and the whole; the base goes first', () => {
    const big = 'x'.repeat(65_536);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`A${i}`, big]));
    const { env } = requesterOf({ ...many, PATH: '/bin', LONG: `${big}x`, ['N'.repeat(257)]: 'x' });
    assert.equal(env['PATH'], '/bin');
    assert.equal(env['LONG'], undefined);
    const size = Object.entries(env).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    assert.ok(size <= 1024 * 1024 && size > 900_000, String(size));
    assert.ok(Object.keys(env).every((name) => name.length <= 256));
  });

  describe('for any environment', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'PATH',
        'http_proxy',
        'HOME',
        'API_KEY',
        'GIT_DIR',
        'LC_ALL',
        'NODE_OPTIONS',
        '__proto__',
        'constructor',
      ),
      fc.stringMatching(/^[A-Z_]{1,12}$/),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('https://u:p@h/', `ghp_${'a'.repeat(30)}`, `sk-${'b'.repeat(30)}`, 'Bearer abcdefghijk', 'plain'),
    );
    const shell = fc.dictionary(name, value, { maxKeys: 12 });
    const patterns = fc.record({ allow: fc.array(name, { maxLength: 4 }), secrets: fc.array(name, { maxLength: 4 }) });
    const starred = patterns.map((each) => ({ ...each, allow: each.allow.flatMap((one) => [one, `${one}*`]) }));
    const requester = fc.record({ env: shell, secrets: shell });

    it('no secret is ever among the plain values', () => {
      fc.assert(
        fc.property(requester, starred, (sent, asked) => {
          const given = allowed(sent, asked);
          for (const [key, each] of [...Object.entries(given.env), ...Object.entries(requesterOf(sent.env).env)]) {
            assert.ok(!isSecret(key, each), key);
          }
          for (const key of Object.keys(given.env)) {
            assert.ok(
              !Object.hasOwn(sent.secrets, key) || requesterOf({ [key]: sent.secrets[key] }).env[key] === undefined,
              key,
            );
          }
        }),
      );
    });

    it('names and values come through unchanged or not at all', () => {
      fc.assert(
        fc.property(requester, starred, (sent, asked) => {
          const given = allowed(sent, asked);
          for (const [key, each] of Object.entries(given.env)) assert.equal(each, sent.env[key]);
          for (const [key, each] of Object.entries(given.secrets)) {
            assert.ok(each === sent.env[key] || each === sent.secrets[key], key);
          }
        }),
      );
    });

    it('what was allowed once is allowed again, with the same secrets, also when only their names are known', () => {
      fc.assert(
        fc.property(requester, starred, (sent, asked) => {
          const once = allowed(sent, asked);
          assert.deepEqual(allowed(once, asked), once);
          const named = Object.fromEntries(Object.keys(once.secrets).map((key) => [key, '']));
          const again = allowed({ env: once.env, secrets: named }, asked);
          assert.deepEqual(again.env, once.env);
          assert.deepEqual(Object.keys(again.secrets).sort(), Object.keys(once.secrets).sort());
        }),
      );
    });
  });
});
