import assert from 'node:assert/strict';
import { askClients } from '../../../src/engine/sessions/secrets.ts';
import type { ClientContext } from '../../../src/engine/rpc/server.ts';
import type { Log } from '../../../src/engine/process/log.ts';

const quiet = { debug: () => undefined } as unknown as Log;
const requester = { by: 'user:cli', env: {}, secrets: ['A', 'B'], settings: {} };

describe('front ends that are asked for secrets', () => {
  it('are asked in the order: of the kind that gave the work, then the others, only for what is missing', async () => {
    const asked: string[] = [];
    const client = (name: string, values: Record<string, string>): ClientContext =>
      ({
        name,
        actor: `user:${name.split('-')[0] ?? ''}`,
        call: (_: string, { names }: { names: string[] }) => {
          asked.push(`${name} ${names.join()}`);
          return Promise.resolve({ values });
        },
      }) as unknown as ClientContext;
    const clients = [client('vscode', { B: 'v' }), client('cli-2', { A: 'a' }), client('cli-1', {})];
    assert.deepEqual(await askClients(clients, { id: 's', requester }, ['A', 'B'], quiet), { A: 'a', B: 'v' });
    assert.deepEqual(asked, ['cli-2 A,B', 'cli-1 B', 'vscode B']);
  });
});
