/** Makes text of an agent fit for a person's eyes: what is invisible is shown, what is too long is cut and said so. */

/** Controls, and characters that hide or reorder others (bidirectional overrides, zero widths, line separators, tags). */
const hidden = /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

const escape = '\u001b';
const bell = '\u0007';

/** Terminal sequences: colours and cursor moves, titles and links, single-character codes. */
const terminal = new RegExp(
  `${escape}(?:\\[[0-9;:?<=>!]*[ -/]*[@-~]|\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)?|[0-Z\\\\^-~])`,
  'gu',
);

/** Several lines of plain text, `limit` characters at most; what was cut off is counted at its end. */
export function plainText(text: string, limit = 64 * 1024): string {
  const seen = visible(text.slice(0, limit + 1).replaceAll('\r\n', '\n'));
  if (text.length <= limit) return seen;
  return `${visible(whole(text, limit))}\n… (${text.length - limit} more characters)`;
}

/** One line of plain text, `limit` characters at most. */
export function plainLine(text: string, limit = 200): string {
  const line = visible(text.slice(0, 4 * limit))
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return line.length <= limit ? line : `${whole(line, limit - 1)}…`;
}

/** Text without terminal sequences; everything else stays. */
export function withoutTerminalCodes(text: string): string {
  return text.includes(escape) ? text.replaceAll(terminal, '') : text;
}

function visible(text: string): string {
  return text.replaceAll(hidden, (found) => {
    if (found === '\n' || found === '\t') return found;
    return `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The first `length` characters, without half a character at the end. */
function whole(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
