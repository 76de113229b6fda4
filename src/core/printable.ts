/**
 * Text of an agent, a model or a repository is data: before it reaches a terminal or a label it loses everything that could
 * move the cursor, change colours, write to the clipboard, reorder letters or hide them.
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

/** The text as it may be written to a terminal or shown in a label; lines and tabs stay, line ends become `\n`. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(escapes, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(invisible, '');
}

/** For `printable`: nothing of a text that somebody is to allow is taken for an escape sequence, whose content would be left out. */
export function literal(text: string): string {
  return text.replace(/[\u001B\u0090-\u009F]/g, '␛');
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
