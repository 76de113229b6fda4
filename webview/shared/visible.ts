/** Text of agents, fit for a person's eyes: nothing hides, and nothing changes the order of what stands beside it. */

const escape = '\u001b';
const bell = '\u0007';

/** Terminal sequences: colours and cursor moves, titles and links, single-character codes. */
const terminal = new RegExp(
  `${escape}(?:\\[[0-9;:?<=>!]*[ -/]*[@-~]|\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)?|[0-Z\\\\^-~])`,
  'g',
);

/** Controls, bidirectional overrides and isolates, line separators, tag characters. Zero-width joiners stay: scripts and emoji need them. */
const hidden =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Several lines: terminal sequences are dropped, other hidden characters are shown by their code. */
export function visible(text: string): string {
  const plain = text.includes(escape) ? text.replaceAll(terminal, '') : text;
  return plain.replaceAll('\r\n', '\n').replaceAll(hidden, (found) => {
    if (found === '\n' || found === '\t') return found;
    if (found === '\r') return '\n';
    return `‹U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}

/**
 * What a person is to allow, or what a file is to become, for `visible`: nothing of it is taken for a sequence of a terminal, whose
 * content would be left out. A shell leaves out nothing.
 */
export function literal(text: string): string {
  return text.replaceAll(escape, '‹U+001B›');
}

/** One line of at most `limit` characters. */
export function oneLine(text: string, limit = 200): string {
  const line = visible(text.slice(0, limit * 4))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).trimEnd()}…`;
}
