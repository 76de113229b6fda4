/** Where in a file two sides are in each other's way. */
import type { LineRange, OverlapHunk } from './state.ts';

/** Lines `at` to `at + lines` of a base, counted from 0, that one side replaced by so many others. */
export interface Edit {
  readonly at: number;
  readonly lines: number;
  readonly by: number;
}

/**
 * Places at which edits of both sides meet: they share lines or touch, which is when git calls it a conflict. Edits of each
 * side are in order. A range covers all that the side has there.
 */
export function meetingPlaces(ours: readonly Edit[], theirs: readonly Edit[]): OverlapHunk[] {
  const places: OverlapHunk[] = [];
  const sides = [new Side(ours), new Side(theirs)] as const;
  for (;;) {
    const first = Math.min(sides[0].next?.at ?? Infinity, sides[1].next?.at ?? Infinity);
    if (first === Infinity) return places;
    let end = first;
    const had: [number, number] = [0, 0];
    const shift: [number, number] = [sides[0].shift, sides[1].shift];
    for (let grown = true; grown;) {
      grown = false;
      for (const index of [0, 1] as const) {
        const edit = sides[index].next;
        if (edit === undefined || edit.at > end) continue;
        end = Math.max(end, edit.at + edit.lines);
        sides[index].take();
        had[index] += 1;
        grown = true;
      }
    }
    if (had[0] === 0 || had[1] === 0) continue;
    const range = (index: 0 | 1): LineRange => {
      const start = first + shift[index];
      return { start: start + 1, lines: end + sides[index].shift - start };
    };
    places.push({ ours: range(0), theirs: range(1) });
  }
}

/** Edits of one side, and by how many lines those before have moved what follows. */
class Side {
  shift = 0;
  readonly #edits: readonly Edit[];
  #index = 0;

  constructor(edits: readonly Edit[]) {
    this.#edits = edits;
  }

  get next(): Edit | undefined {
    return this.#edits[this.#index];
  }

  take(): void {
    const edit = this.next;
    if (edit === undefined) return;
    this.shift += edit.by - edit.lines;
    this.#index += 1;
  }
}
