import assert from 'node:assert/strict';
import ssh2 from 'ssh2';
import { broke, SshConnection } from '../../../../src/executors/ssh/connection.ts';
import type { SshTarget } from '../../../../src/executors/ssh/target.ts';

const target: SshTarget = {
  ...{ name: 'there', host: '127.0.0.1', port: 1, user: 'nobody', identityFiles: [], agent: undefined },
  ...{ knownHostsFiles: [], keyName: 'there', keepAliveSeconds: 0 },
};

describe('a connection to another host', () => {
  const { prototype } = ssh2.Client;
  const own = Object.getOwnPropertyDescriptor(prototype, 'connect');
  afterEach(() => {
    if (own !== undefined) Object.defineProperty(prototype, 'connect', own);
  });

  it('that has ended, and has not said so yet, counts as broken: what was asked is asked again', async () => {
    // Nothing is connected: to be asked for a command it says "Not connected".
    prototype.connect = function (this: ssh2.Client) {
      setImmediate(() => this.emit('ready'));
      return this;
    };
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
