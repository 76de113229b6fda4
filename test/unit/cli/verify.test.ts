import assert from 'node:assert/strict';
import { runCli } from '../../../src/cli/cli.ts';
import type { SupervisionView } from '../../../src/protocol/supervision-views.ts';
import { FakeEngine, reported, sessionId } from './fake-engine.ts';
import { FakeShell } from './fake-shell.ts';

describe('verify', () => {
  it('stops the gates on Ctrl-C, and says how it stands', async () => {
    let verifying = true;
    const view = (): SupervisionView => ({
      session: sessionId,
      level: 'supervised',
      gates: [],
      review: false,
      standing: verifying ? 'The gates are looking at it.' : 'It was not checked.',
      proof: [],
      verifying,
      errors: [],
      automatic: 0,
      thresholds: { go: 0.85, ask: 0.6 },
      judgements: [],
    });
    const engine = new FakeEngine({
      'session/show': () => reported(),
      'supervision/verify': () => ({}),
      'supervision/show': () => {
        shell.pressCtrlC();
        return view();
      },
      'supervision/stop-verifying': () => {
        verifying = false;
        return {};
      },
    });
    const shell = new FakeShell(engine);
    assert.equal(await runCli(['verify', sessionId], shell), 1);
    assert.deepEqual(engine.paramsOf('supervision/stop-verifying'), [{ session: sessionId }]);
    assert.match(shell.stdout.text, /It was not checked\./);
    assert.equal(shell.minded, false);
  });
});
