/** The lines at which two contents of a file disagree, with the lines themselves. */
import { diffArrays } from 'diff';
import { meetingPlaces, type Edit } from '../core/radar/places.ts';
import type { OverlapHunk } from '../core/radar/state.ts';

/** Contents further apart than this many lines are not compared: that takes a time that grows with its square (25 ms here). */
const mostEdits = 600;

/** The contents of one path as lines; `base` is what both came from. */
export interface Versions {
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** Places where both sides changed the same lines, or lines that touch; none when they cannot be told. */
export function placesOf({ base, ours, theirs }: Versions): OverlapHunk[] {
  const [left, right] = [editsOf(base, ours), editsOf(base, theirs)];
  if (left === undefined || right === undefined) return [];
  return meetingPlaces(left, right).filter(({ ours: mine, theirs: other }) => {
    const text = (lines: readonly string[], at: { start: number; lines: number }): string =>
      lines.slice(at.start - 1, at.start - 1 + at.lines).join('\n');
    return mine.lines !== other.lines || text(ours, mine) !== text(theirs, other);
  });
}

function editsOf(from: readonly string[], to: readonly string[]): Edit[] | undefined {
  const parts = diffArrays([...from], [...to], { maxEditLength: mostEdits }) as
    ReturnType<typeof diffArrays> | undefined;
  if (parts === undefined) return undefined;
  const edits: Edit[] = [];
  let at = 0;
  let open: { at: number; lines: number; by: number } | undefined;
  for (const { count, added, removed } of parts) {
    if (!added && !removed) {
      if (open !== undefined) edits.push(open);
      open = undefined;
      at += count;
      continue;
    }
    open ??= { at, lines: 0, by: 0 };
    if (added) open.by += count;
    else {
      open.lines += count;
      at += count;
    }
  }
  return open === undefined ? edits : [...edits, open];
}
