import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import { changeKinds, noChanges, recentChanges, type ChangeCounts, type Watch } from './state.ts';

/** The watch after the event. A watch that begins anew in another worktree begins its counts anew. */
export function reduceWatch(watch: Watch | undefined, event: Recorded): Watch | undefined {
  switch (event.type) {
    case 'watch.changed':
      return changed(watch, event);
    case 'watch.gap':
      return watch && { ...watch, gaps: watch.gaps + 1, lastGap: { at: event.at, why: event.data.why } };
    case 'files.changed': {
      const { counts, changes } = event.data;
      if (watch === undefined) return undefined;
      const recent = [...watch.recent, ...changes].slice(-recentChanges);
      return { ...watch, counts: sum(watch.counts, counts), recent, changedAt: event.at };
    }
    default:
      return watch;
  }
}

function changed(watch: Watch | undefined, { at, data }: Recorded<'watch.changed'>): Watch {
  const { session: id, worktree, mode, why } = data;
  const { since, counts, recent, changedAt, gaps, lastGap } =
    watch?.worktree === worktree ? watch : begun(id, worktree, at);
  return { id, worktree, mode, since, counts, recent, gaps, ...defined({ why, changedAt, lastGap }) };
}

function begun(id: string, worktree: string, since: number): Watch {
  return { id, worktree, mode: 'watching', since, counts: noChanges, recent: [], gaps: 0 };
}

function sum(left: ChangeCounts, right: ChangeCounts): ChangeCounts {
  const total = { ...left };
  for (const kind of changeKinds) total[kind] += right[kind];
  return total;
}
