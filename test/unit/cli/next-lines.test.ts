import assert from 'node:assert/strict';
import { nextLines } from '../../../src/cli/session-lines.ts';

describe('what to do about a session', () => {
  const said = (code: 'agent-unusable' | 'isolation-failed'): readonly string[] =>
    nextLines({ id: 'abc', error: { code, message: 'It ended.', next: 'Read what it said.' } }).map(
      ({ value }) => value,
    );

  it('is said with the commands that do it, where its agent has failed', () => {
    assert.deepEqual(said('agent-unusable'), [
      '  Read what it said.',
      '  coppice session logs abc\n  coppice session continue abc',
    ]);
    assert.deepEqual([said('isolation-failed'), nextLines({ id: 'abc' })], [['  Read what it said.'], []]);
  });
});
