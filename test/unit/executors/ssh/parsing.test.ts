import assert from 'node:assert/strict';
import { backOff } from '../../../../src/executors/ssh/connection.ts';
import { fingerprint, judgeKey, parseKnown } from '../../../../src/executors/ssh/known-hosts.ts';
import { quoted, startText } from '../../../../src/executors/ssh/start-text.ts';
import { parseSize, parseState, parseSwept } from '../../../../src/executors/ssh/state.ts';
import { hostPattern, parseTarget, sshTarget } from '../../../../src/executors/ssh/target.ts';
import type { RunSpec } from '../../../../src/executors/executor.ts';

describe('a host as ssh knows it', () => {
  const answer = [
    'user me',
    'hostname build.example.com',
    'port 2222',
    'identityfile ~/.ssh/one',
    'identityfile /keys/two',
    'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
    'globalknownhostsfile /etc/ssh/ssh_known_hosts',
    'identityagent SSH_AUTH_SOCK',
  ];

  it('is where its configuration says, with the keys, the agent and the known hosts of the user', () => {
    assert.deepEqual(parseTarget('b', answer.join('\n'), '/home/me', '/run/agent'), {
      ...{ name: 'b', host: 'build.example.com', port: 2222, user: 'me', agent: '/run/agent' },
      identityFiles: ['/home/me/.ssh/one', '/keys/two'],
      knownHostsFiles: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts'],
      keyName: '[build.example.com]:2222',
      keepAliveSeconds: 0,
    });
    const alias = parseTarget('b', [...answer, 'hostkeyalias b'].join('\n'), '/home/me', undefined);
    assert.deepEqual([alias.keyName, alias.agent], ['b', undefined]);
    assert.equal(parseTarget('b', 'serveraliveinterval 60', '/h', undefined).keepAliveSeconds, 60);
    assert.equal(parseTarget('b', 'identityagent none', '/h', '/run/agent').agent, undefined);
  });

  it('is refused behind a proxy, and under a name that ssh would take for an option', async () => {
    assert.throws(() => parseTarget('b', 'proxyjump gate', '/h', undefined), {
      code: 'executor-missing',
      message: /proxy/,
    });
    for (const name of ['-oProxyCommand=x', '', 'a b', 'a;b', '$(x)', 'a/b']) {
      assert.equal(hostPattern.test(name), false, name);
      await assert.rejects(sshTarget(name, {}), { code: 'bad-usage' });
    }
    for (const name of ['build1', 'me@build-1.example.com', '10.0.0.1', 'fe80::1'])
      assert.ok(hostPattern.test(name), name);
  });
});

describe('the key of a host', () => {
  const key = Buffer.from('a key');
  const other = Buffer.from('another key');
  const target = parseTarget('b', 'hostname b', '/h', undefined);
  const line = (marker: string, of: Buffer): string => `${marker}b ssh-ed25519 ${of.toString('base64')} comment\n`;
  const judge = (text: string): void => judgeKey(target, parseKnown(text), key);

  it('is taken only when it is known and not revoked', () => {
    judge(line('', key));
    judge(`# Host b found: line 3\n${line('', other)}${line('', key)}`);
    assert.throws(() => judge(''), /not known yet: it shows SHA256:/);
    assert.throws(() => judge(line('', other)), /has CHANGED/);
    assert.throws(() => judge(line('@revoked ', key)), /was revoked/);
    assert.throws(() => judge(line('', key) + line('@revoked ', key)), /was revoked/);
    assert.throws(() => judge(line('@cert-authority ', key)), /not known yet/);
    assert.throws(() => judge('garbage\n\n| x\n'), /not known yet/);
  });

  it('is shown as ssh shows it', () => {
    assert.match(fingerprint(key), /^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});

describe('what another host says of a run', () => {
  it('is a state, and anything else cannot be told', () => {
    assert.deepEqual(parseState('running 7\nsize 3\n'), { state: 'running', pid: 7 });
    const exited = parseState('exited {"code":137,"at":12}\nsize 3\n');
    assert.deepEqual(exited, { state: 'exited', code: 137, signal: 'SIGKILL', at: 12_000 });
    assert.deepEqual(parseState('ended\n'), { state: 'exited' });
    assert.deepEqual(parseState('not-started\nsize \n'), { state: 'not-started' });
    for (const odd of ['', 'running x', 'motd: welcome', 'size 3', 'unknown why']) {
      assert.equal(parseState(odd).state, 'unknown', odd);
    }
    assert.deepEqual([parseSize('running 7\nsize 30\n'), parseSize('x')], [30, 0]);
  });

  it('tells who was ended and who is left', () => {
    const text = 'killed 7\t99\tmark\tsleep\nkilled 8\t98\tdescent\ta b\nleft 8\t98\tdescent\ta b\nodd\n';
    const { killed, left } = parseSwept(text);
    assert.deepEqual(killed, [{ pid: 7, startTime: '99', by: 'mark', name: 'sleep' }]);
    assert.deepEqual(left, [{ pid: 8, startTime: '98', by: 'descent', name: 'a b' }]);
  });
});

describe('a start on another host', () => {
  const spec: RunSpec = {
    ...{ session: 's', run: 1, directory: '/d', streamPath: '/d/s', stderrPath: '/d/e', cwd: '/w', duplex: true },
    command: 'claude',
    args: ['-p', "it's; $(x)"],
    env: { PATH: '/mine', HOME: '/me', KEY: "a'b\n", 'BAD-NAME': 'x', NVM_DIR: '/nvm' },
  };

  it('hands over what belongs to the agent and nothing that describes this host', () => {
    assert.equal(
      startText(spec, { path: '/there/bin' }),
      "export PATH='/there/bin'\nexport KEY='a'\\''b\n'\nexport COPPICE_SESSION='s'\nexport COPPICE_RUN='1'\n" +
        "set -- 'claude' '-p' 'it'\\''s; $(x)'\n",
    );
    assert.equal(quoted(''), "''");
  });

  it('is tried again after longer and longer pauses, never all at once', () => {
    const pauses = [0, 1, 2, 3, 20].map((n) => backOff(n, () => 1));
    assert.deepEqual(pauses, [250, 500, 1000, 2000, 30_000]);
    assert.equal(
      backOff(3, () => 0),
      1000,
    );
  });
});
