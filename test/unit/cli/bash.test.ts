import assert from 'node:assert/strict';
import { FakeEngine } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

describe('bash', () => {
  const lost = { code: 255, message: 'The connection to build1 was lost.', next: 'Check that `ssh build1` works.' };
  const engine = new FakeEngine({
    'session/terminal': () => ({ command: ['ssh', 'build1'], cwd: '/w', what: 'A shell on build1.', lost }),
  });

  it('says what became of the place where its program ends for want of it, and what to do', async () => {
    const { exit, stderr } = await coppice(engine, ['bash', '1'], { types: [], exec: () => Promise.resolve(255) });
    assert.equal(exit, 1);
    assert.match(stderr, /The connection to build1 was lost\.\n +Check that `ssh build1` works\./u);
  });

  it('ends as its program does otherwise', async () => {
    for (const [code, expected] of [
      [0, 0],
      [7, 1],
    ] as const) {
      const { exit, stderr } = await coppice(engine, ['bash', '1'], { types: [], exec: () => Promise.resolve(code) });
      assert.deepEqual([exit, stderr], [expected, 'A shell on build1.\n']);
    }
  });
});
