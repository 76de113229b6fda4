import assert from 'node:assert/strict';
import { Attention } from '../../../src/extension/notifications/attention.ts';

describe('what a person looks at', () => {
  it('is what is shown in a window that has the focus', () => {
    const attention = new Attention();
    assert.equal(attention.sees('needs'), false);
    attention.see('needs', true);
    attention.see('a-session', true);
    assert.deepEqual(
      [attention.sees('needs'), attention.sees('a-session'), attention.sees('another')],
      [true, true, false],
    );
    attention.focus(false);
    assert.deepEqual([attention.focused, attention.sees('needs')], [false, false]);
    attention.focus(true);
    attention.see('needs', false);
    assert.deepEqual([attention.focused, attention.sees('needs'), attention.sees('a-session')], [true, false, true]);
  });
});
