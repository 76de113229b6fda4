/** Some lines of a file: `start` is the first one, counted from 1; `lines` may be 0, for a place where lines were taken out. */
export interface LineRange {
  readonly start: number;
  readonly lines: number;
}

/** One place at which two sides cannot both have their way: where it is on either side. */
export interface OverlapHunk {
  readonly ours: LineRange;
  readonly theirs: LineRange;
}

/** A file that a trial merge could not merge. Paths as `pathText` writes them. */
export interface OverlapFile {
  readonly path: string;
  /** git's word for it: `CONFLICT (contents)`, `CONFLICT (modify/delete)`, … */
  readonly kind: string;
  /** Empty when lines cannot tell it (a deletion, a binary or very large file). */
  readonly hunks: readonly OverlapHunk[];
}

/** One side of a pair: a session's worktree, or the branch that it came from. */
export type OverlapSide =
  { readonly session: string; readonly worktree: string } | { readonly base: string; readonly commit: string };

/** Two sides that cannot be merged as they are at the moment. `ours` is always a session. */
export interface Overlap {
  /** See `overlapId`. */
  readonly id: string;
  readonly repository: string;
  readonly ours: { readonly session: string; readonly worktree: string };
  readonly theirs: OverlapSide;
  /** At most `overlapFiles`. */
  readonly files: readonly OverlapFile[];
  /** Files beyond those. */
  readonly more: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly changedAt: number;
}

/** Files of a pair that are listed, and places of a file. */
export const overlapFiles = 20;
export const overlapHunks = 20;

/** Data of the events of the conflict radar. */
export interface RadarEvents {
  /** Two sides overlap that did not, or overlap otherwise than before. */
  'overlap.found': {
    overlap: string;
    repository: string;
    ours: { session: string; worktree: string };
    theirs: OverlapSide;
    files: OverlapFile[];
    more: number;
  };
  /** They can be merged again, or one of them is gone. */
  'overlap.gone': { overlap: string; why: string };
}

/** Names the pair, whichever side is named first. */
export function overlapId(session: string, theirs: OverlapSide): string {
  if ('base' in theirs) return `${session} base`;
  return session < theirs.session ? `${session} ${theirs.session}` : `${theirs.session} ${session}`;
}

/** Whether a session is one of the sides. */
export function concerns(overlap: Pick<Overlap, 'ours' | 'theirs'>, session: string): boolean {
  return overlap.ours.session === session || ('session' in overlap.theirs && overlap.theirs.session === session);
}
