import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commitMessage, trailerValue } from '../../../src/git/message.ts';

const trailers = { task: 't-1', session: 's-1', intent: 'i-1' };
const own = 'Coppice-Task: t-1\nCoppice-Session: s-1\nCoppice-Intent: i-1\n';

describe('commitMessage', () => {
  it('ends in our trailers, once, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant('Coppice-Intent: evil\n')),
        (text) => {
          const message = commitMessage(text, trailers);
          assert.ok(message.endsWith(`\n${own}`));
          assert.equal(message.match(/^coppice-intent\s*:/gim)?.length, 1);
          assert.doesNotMatch(message, /[^\P{Cc}\n\t]/u);
          assert.notEqual(message.trimStart().split('\n')[0], 'Coppice-Task: t-1');
        },
      ),
    );
  });

  it('keeps a subject of a fitting length with the whole text below', () => {
    const long = 'word '.repeat(60).trim();
    const [subject = '', blank, first] = commitMessage(long, trailers).split('\n');
    assert.equal(subject.length, 100);
    assert.deepEqual([blank, first], ['', long]);
    assert.match(commitMessage('one\ntwo', trailers), /^one\n\ntwo\n\nCoppice-Task/);
    assert.match(commitMessage('', trailers), /^Work of an agent\n\nCoppice-Task/);
  });

  it('joins trailers that are there already', () => {
    assert.equal(
      commitMessage('Subject\n\nBody\n\nSigned-off-by: A <a@b>', trailers),
      `Subject\n\nBody\n\nSigned-off-by: A <a@b>\n${own}`,
    );
    assert.equal(commitMessage('Subject: x', trailers), `Subject: x\n\n${own}`);
  });

  it('trailer values are one line', () => {
    for (const good of ['a', 'coppice.x.1234567', 'A b']) assert.match(good, trailerValue);
    for (const bad of ['', ' a', 'a\nb', 'a\u0000', 'x'.repeat(300)]) assert.doesNotMatch(bad, trailerValue);
  });
});
