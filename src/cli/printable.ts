/**
 * Text of an agent, a model or a repository is data: before it reaches a terminal it loses everything that could move the
 * cursor, change colours, write to the clipboard, reorder letters or hide them.
 */

const esc = '\\u001B';
const stringEnd = `(?:\\u0007|\\u009C|${esc}\\\\)`;

/** OSC, DCS, SOS, PM and APC strings with their content, then CSI sequences, then two-character escapes. */
const escapes = new RegExp(
  [
    `(?:${esc}[\\]PX^_]|[\\u0090\\u0098\\u009D-\\u009F])[^\\u0007\\u009C\\u001B]{0,4096}${stringEnd}`,
    `(?:${esc}\\[|\\u009B)[0-?]*[ -/]*[@-~]`,
    `${esc}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);

/** Controls but tab and line feed; marks that reorder or hide text; tag characters; interlinear annotations. */
const invisible =
  /[^\P{Cc}\n\t]|[\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** The text as it may be written to a terminal; lines and tabs stay, line ends become `\n`. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(escapes, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(invisible, '');
}

/** The text on one line: every run of white space is one space. At most `limit` characters, then `…`. */
export function oneLine(text: string, limit = Number.POSITIVE_INFINITY): string {
  // Only a little more than can be shown is looked at: an agent may print lines of many megabytes.
  const part = Number.isFinite(limit) ? text.slice(0, limit * 16) : text;
  return cut(printable(part).replace(/\s+/g, ' ').trim(), limit);
}

function cut(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, Math.max(0, limit - 1)).join('')}…`;
}

/** Columns that a text takes on a terminal; wide scripts and pictures take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += isMark(character) ? 0 : isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return width;
}

/** The longest beginning that fits into `columns`, with `…` when something was left out. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 1;
  let kept = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? '' : `${kept}…`;
}

function isMark(character: string): boolean {
  return /^[\p{Mn}\p{Me}\u200D]$/u.test(character);
}

/** East Asian wide and full-width ranges (Unicode TR 11, the blocks in common use), and pictographs. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return code >= 0x1100 && wide.some(([from, to]) => code >= from && code <= to);
}
