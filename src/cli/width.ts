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
