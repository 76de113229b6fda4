import { defined } from '../../core/defined.ts';
import type { Overlap } from '../../core/radar/state.ts';
import type { FileChange, Watch } from '../../core/watch/state.ts';
import type { FileChangeView, OverlapView, WatchView } from '../../protocol/watch.ts';

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A changed file as front ends see it. */
export function fileChangeView(change: FileChange): FileChangeView {
  return { ...change };
}

/** A watch as front ends see it. */
export function watchView({ worktree, mode, why, since, counts, recent, changedAt, gaps, lastGap }: Watch): WatchView {
  return {
    worktree,
    mode,
    since: iso(since),
    counts: { ...counts },
    recent: recent.map(fileChangeView),
    gaps,
    ...defined({
      why,
      changedAt: changedAt === undefined ? undefined : iso(changedAt),
      lastGap: lastGap === undefined ? undefined : { at: iso(lastGap.at), why: lastGap.why },
    }),
  };
}

/** An overlap as front ends see it, without the lines. */
export function overlapView(overlap: Overlap): OverlapView {
  const { id, repository, ours, theirs, files, more, since, changedAt } = overlap;
  return {
    ...{ id, repository, ours: { ...ours }, theirs: { ...theirs }, more },
    files: files.map(({ path, kind, hunks }) => ({
      path,
      kind,
      hunks: hunks.map((hunk) => ({ ours: { ...hunk.ours }, theirs: { ...hunk.theirs } })),
    })),
    since: iso(since),
    changedAt: iso(changedAt),
  };
}
