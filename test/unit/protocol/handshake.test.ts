import assert from 'node:assert/strict';
import { ResponseError } from 'vscode-jsonrpc/node';
import { CoppiceError } from '../../../src/core/errors.ts';
import { greet, mismatch, type Greeting } from '../../../src/protocol/client/handshake.ts';
import { fromWire, toWire } from '../../../src/protocol/client/wire-errors.ts';
import type { Wire } from '../../../src/protocol/client/wire.ts';
import { protocol } from '../../../src/protocol/version.ts';

describe('handshake', () => {
  const front = { client: 'cli', version: '1.5.0' };
  const bounded = { timeoutMs: 1000 };

  function greetWith(answer: () => unknown): Promise<Greeting> {
    const request = (): Promise<unknown> => Promise.resolve().then(answer);
    return greet({ request } as unknown as Wire, front, bounded);
  }
  const refuse = (error: Error) => (): never => {
    throw error;
  };

  it('tells whether the engine is older', async () => {
    for (const [version, older] of Object.entries({
      '1.5.0': false,
      '1.4.9': true,
      '1.10.0': false,
      '1.5.0-beta': true,
    })) {
      const greeting = await greetWith(() => ({ protocol, version, pid: 5 }));
      assert.deepEqual(greeting, { status: 'welcome', engine: { protocol, version, pid: 5 }, older });
    }
  });

  it('does not speak with an engine that takes us and should not', async () => {
    const far = { major: protocol.major + 1, minor: 0 };
    await assert.rejects(
      greetWith(() => ({ protocol: far, version: '2.0.0', pid: 5 })),
      {
        code: 'version-mismatch',
        next: /Update this front end/,
      },
    );
  });

  it('tells an outdated engine, which may be replaced, from a newer one, which may not', async () => {
    const outdated = await greetWith(refuse(mismatch('1.4.0', '1.5.0')));
    assert.equal(outdated.status === 'outdated' && outdated.version, '1.4.0');
    await assert.rejects(greetWith(refuse(mismatch('1.6.0', '1.5.0'))), { code: 'version-mismatch' });
    await assert.rejects(greetWith(refuse(mismatch('1.5.0', '1.5.0'))), { code: 'version-mismatch' });
    const blank = new CoppiceError('version-mismatch', 'x', 'y');
    await assert.rejects(greetWith(refuse(blank)), blank);
  });

  it('passes every other refusal on', async () => {
    const error = new CoppiceError('engine-busy', 'x', 'y');
    await assert.rejects(greetWith(refuse(error)), error);
  });
});

describe('errors on the wire', () => {
  it('come back as they were', () => {
    const error = new CoppiceError('disk-full', 'No space.', 'Make some.', { context: { path: '/x' } });
    assert.deepEqual(fromWire(toWire(error), 'x').toRecord(), error.toRecord());
    assert.equal(fromWire(toWire(new Error('a bug')), 'x').code, 'internal');
    assert.equal(fromWire(toWire('text'), 'x').message, 'text');
  });

  it('with a code of a later version keep their sentences', () => {
    const data = { code: 'moon-full', message: 'The moon is full.', next: 'Wait.' };
    const error = fromWire(new ResponseError(1, 'x', data), 'x');
    assert.deepEqual([error.code, error.message, error.next], ['internal', 'The moon is full.', 'Wait.']);
  });

  it('without a record say what failed', () => {
    for (const data of [undefined, 5, {}, { message: 5 }]) {
      assert.match(
        fromWire(new ResponseError(-32603, 'oh', data), 'session/list').message,
        /failed at session\/list: oh/,
      );
    }
  });
});
