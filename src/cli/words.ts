/** A piece of a line: a quoted part, an escaped character, white space, or anything else. */
const piece = /"((?:\\[^]|[^"\\])*)"?|'([^']*)'?|\\([^])|(\s+)|([^\s"'\\]+|\\$)/g;

/** Splits a line into words as a shell does: by quotes and backslashes; nothing is ever replaced or run. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, double, single, escaped, space, plain] of line.matchAll(piece)) {
    if (space === undefined) {
      word = `${word ?? ''}${double?.replace(/\\([^])/g, '$1') ?? single ?? escaped ?? plain ?? ''}`;
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
