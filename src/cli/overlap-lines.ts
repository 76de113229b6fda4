import type { OverlapView, RangeView } from '../protocol/watch.ts';
import type { Paint } from './paint.ts';
import { oneLine } from '../core/printable.ts';
import { text, type Text } from './text.ts';

const shownLines = 8;

/** An overlap for a person: who, which files, and the lines of either side. `from`: the session from whose side it is told. */
export function overlapLines(overlap: OverlapView, paint: Paint, from = overlap.ours.session): Text[] {
  const turned = from !== overlap.ours.session;
  const { ours, theirs } = overlap;
  const other = 'session' in theirs ? theirs.session.slice(0, 8) : theirs.base;
  const own = ours.session.slice(0, 8);
  const [mine, name] = turned ? [other, own] : [own, other];
  const what = 'session' in theirs ? 'session' : 'branch';
  const lines = [
    text`${paint.yellow(`session ${mine}`)} overlaps with ${paint.yellow(`${what} ${oneLine(name, 60)}`)}`,
  ];
  for (const { path, kind, hunks } of overlap.files) {
    lines.push(text`  ${oneLine(path, 250)} ${paint.dim(`(${oneLine(kind, 60)})`)}`);
    for (const hunk of hunks) {
      lines.push(...rangeLines(mine, turned ? hunk.theirs : hunk.ours, paint));
      lines.push(...rangeLines(name, turned ? hunk.ours : hunk.theirs, paint));
    }
  }
  if (overlap.more > 0)
    lines.push(paint.dim(text`  and ${overlap.more} more ${overlap.more === 1 ? 'file' : 'files'}`));
  return lines;
}

function rangeLines(side: string, { start, lines, text: content = [] }: RangeView, paint: Paint): Text[] {
  const where =
    lines === 0
      ? `nothing, before line ${start}`
      : lines === 1
        ? `line ${start}`
        : `lines ${start}-${start + lines - 1}`;
  const shown = content.slice(0, shownLines).map((line) => text`      ${oneLine(line, 200)}`);
  const left = lines - Math.min(content.length, shownLines);
  const more = content.length > 0 && left > 0 ? [paint.dim(text`      … ${left} more`)] : [];
  return [paint.dim(text`    ${oneLine(side, 60)}: ${where}`), ...shown, ...more];
}
