import assert from 'node:assert/strict';
import { panelSession } from '../../../../src/extension/panel/session-view.ts';
import { detail } from '../given.ts';

describe('what the panel shows of a session', () => {
  it('has how full the context is only where the agent told', () => {
    assert.equal('context' in panelSession(detail('a')), false);
    assert.deepEqual(panelSession(detail('a', { context: { tokens: 12 } })).context, { tokens: 12 });
    const told = { tokens: 50_000, window: 200_000 };
    assert.deepEqual(panelSession(detail('a', { context: told })).context, told);
  });

  it('has what a session waits for before what its agent did', () => {
    const evidence = (doubt?: string): string =>
      panelSession(detail('a', { status: 'running', ...(doubt === undefined ? {} : { doubt }) })).evidence;
    assert.equal(evidence('config.yaml:3 is wrong. Correct that.'), 'config.yaml:3 is wrong. Correct that.');
    assert.equal(evidence(), 'Its agent is at work.');
  });
});
