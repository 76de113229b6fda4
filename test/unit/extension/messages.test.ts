import assert from 'node:assert/strict';
import type { MarkdownString } from 'vscode';
import { plain } from '../../../src/extension/messages/plain.ts';
import { appendWords } from '../../../src/extension/messages/words.ts';

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

  it('break between their words, and begin no list', () => {
    const parts: string[] = [];
    const to = {
      appendText: (text: string) => (parts.push(text.replaceAll(' ', '&nbsp;')), to),
      appendMarkdown: (text: string) => (parts.push(text), to),
    };
    appendWords(to as unknown as MarkdownString, 'It was ended.  Why? See 1. and 2) of it');
    assert.equal(parts.join(''), 'It was ended.&nbsp;&nbsp;Why? See 1.&nbsp;and 2)&nbsp;of it');
  });
});
