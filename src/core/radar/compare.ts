import type { NewEvent } from '../domain.ts';
import { event } from '../events.ts';
import type { Overlap, OverlapFile } from './state.ts';

/** An overlap as a pass of the radar found it. */
export type Found = Omit<Overlap, 'since' | 'changedAt'>;

/**
 * What is to be journalled when a pass over a repository found these overlaps: those that appeared or are otherwise than
 * before, and those that are gone. `known` are the ones of that repository.
 */
export function radarEvents(known: readonly Overlap[], found: readonly Found[]): NewEvent[] {
  const before = new Map(known.map((each) => [each.id, each]));
  const present = new Set(found.map(({ id }) => id));
  const news = found.filter((each) => !isSame(before.get(each.id), each));
  return [
    ...news.map(({ id, repository, ours, theirs, files, more }) =>
      event('overlap.found', { overlap: id, repository, ours, theirs, files: [...files], more }),
    ),
    ...known
      .filter(({ id }) => !present.has(id))
      .map(({ id }) => event('overlap.gone', { overlap: id, why: 'they can be merged' })),
  ];
}

function isSame(known: Overlap | undefined, found: Found): boolean {
  if (known === undefined) return false;
  return known.more === found.more && text(known.files) === text(found.files) && side(known) === side(found);
}

function side({ theirs }: Pick<Overlap, 'theirs'>): string {
  return 'session' in theirs ? theirs.session : `${theirs.base} ${theirs.commit}`;
}

function text(files: readonly OverlapFile[]): string {
  const ordered = files.map(({ path, kind, hunks }) => [
    path,
    kind,
    hunks.map(({ ours, theirs }) => [ours.start, ours.lines, theirs.start, theirs.lines]),
  ]);
  return JSON.stringify(ordered);
}
