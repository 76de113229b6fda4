import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import ssh2 from 'ssh2';
import { broke, SshConnection } from '../../../../src/executors/ssh/connection.ts';
import type { SshTarget } from '../../../../src/executors/ssh/target.ts';

const target: SshTarget = {
  ...{ name: 'there', host: '127.0.0.1', port: 1, user: 'nobody', identityFiles: [], agent: undefined },
  ...{ knownHostsFiles: [], keyName: 'there', keepAliveSeconds: 0 },
};

describe('a connection to another host', () => {
  const { prototype } = ssh2.Client;
  const own = Object.getOwnPropertyDescriptors(prototype);
  beforeEach(() => {
    // Nothing is connected: to be asked for a command it says "Not connected".
    prototype.connect = function (this: ssh2.Client) {
      setImmediate(() => this.emit('ready'));
      return this;
    };
  });
  afterEach(() => void Object.defineProperties(prototype, own));

  it('gives nothing to a command that was given up before the other host began it, and leaves it', async () => {
    const asked = new EventEmitter();
    const seen: string[] = [];
    const [channel, stderr] = [new EventEmitter(), new EventEmitter()];
    Object.assign(channel, { stderr, end: () => seen.push('input'), close: () => seen.push('closed') });
    prototype.exec = function (this: ssh2.Client, _command: string, begin: unknown) {
      asked.emit('asked', begin);
      return this;
    };
    const connection = new SshConnection({ target: () => Promise.resolve(target), log: () => undefined });
    const leave = new AbortController();
    const told = once(asked, 'asked');
    const ran = connection.run('true', { signal: leave.signal });
    const [begin] = (await told) as [(error: undefined, opened: unknown) => void];
    leave.abort(new Error('enough'));
    await assert.rejects(ran, /enough/u);
    begin(undefined, channel);
    assert.deepEqual(seen, ['closed']);
    await connection.dispose();
  });

  it('that has ended, and has not said so yet, counts as broken: what was asked is asked again', async () => {
    const connection = new SshConnection({ target: () => Promise.resolve(target), log: () => undefined });
    try {
      const failure: unknown = await connection.run('true').then(
        () => assert.fail('it ran'),
        (error: unknown) => error,
      );
      assert.ok(broke(failure), String(failure));
    } finally {
      await connection.dispose();
    }
  });
});
