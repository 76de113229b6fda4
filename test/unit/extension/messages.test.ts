import assert from 'node:assert/strict';
import { plain } from '../../../src/extension/messages/plain.ts';

/** How VS Code finds links in a message. */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/giu;

describe('messages', () => {
  it('hold no link, whatever an agent has written', () => {
    for (const text of [
      '[done](command:workbench.action.quit) needs you',
      '[a](https://example.org) [b](file:///etc/passwd "title")',
      '[[x]]((command:y)) [x](command:y)(command:z)',
      '[x](COMMAND:y)',
    ]) {
      assert.doesNotMatch(plain(text), link);
    }
    assert.match('[done](command:workbench.action.quit)', link);
    assert.equal(plain('app/[id]/page.tsx (1 of 2)'), 'app/[id]/page.tsx (1 of 2)');
  });
});
