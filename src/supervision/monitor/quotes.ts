/** What stands between quotes in programs of other languages, in time that grows with their length alone, however they are made. */

/** Strings in double and single quotes that end on their line, with their escapes as they are written. */
export function stringsOf(text: string): string[] {
  const found: string[] = [];
  // One that does not end on its line has no other of its kind behind it there, but may have those of the other kind.
  const unended = { '"': 0, "'": 0 };
  for (let at = 0; at < text.length; at += 1) {
    const quote = text[at];
    if ((quote !== '"' && quote !== "'") || at < unended[quote]) continue;
    const end = endOf(text, at + 1, quote);
    if (text[end] !== quote) {
      unended[quote] = end;
      continue;
    }
    found.push(text.slice(at + 1, end));
    at = end;
  }
  return found;
}

/** Where a string that begins at `from` ends, or its line does. */
function endOf(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

const closers: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

/** What ruby's `%x` quotes. */
export function percentQuotes(text: string): string[] {
  const found: string[] = [];
  const missing = new Set<string>();
  let at = text.indexOf('%x');
  while (at !== -1) {
    const closer = closers[text[at + 2] ?? ''];
    const end = closer === undefined || missing.has(closer) ? -1 : text.indexOf(closer, at + 3);
    if (end !== -1) found.push(text.slice(at + 3, end));
    else if (closer !== undefined) missing.add(closer);
    at = text.indexOf('%x', end === -1 ? at + 2 : end);
  }
  return found;
}
