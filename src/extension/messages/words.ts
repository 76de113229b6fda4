import type { MarkdownString } from 'vscode';

/**
 * Adds text as text, which breaks between its words: VS Code's own `appendText` alone makes every space one that no line ends at. A
 * space after a digit with a dot or a bracket stays so, which would begin a list.
 */
export function appendWords(to: MarkdownString, text: string): MarkdownString {
  const [first = '', ...words] = text.split(/(?<=[^\s.)]) (?=\S)/u);
  to.appendText(first);
  for (const word of words) to.appendMarkdown(' ').appendText(word);
  return to;
}
