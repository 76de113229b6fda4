import assert from 'node:assert/strict';
import fc from 'fast-check';
import { radarEvents, type Found } from '../../../src/core/radar/compare.ts';
import { meetingPlaces, type Edit } from '../../../src/core/radar/places.ts';
import { footprint, mayConflict } from '../../../src/core/radar/prefilter.ts';
import { concerns, overlapId, type Overlap } from '../../../src/core/radar/state.ts';
import { event } from '../../../src/core/events.ts';
import { watchChanged, watchesFound } from '../../../src/core/watch/commands.ts';
import type { Watch, WatchMode } from '../../../src/core/watch/state.ts';
import { Ledger } from './world.ts';

describe('radar: which merges are worth trying', () => {
  const print = (paths: readonly string[], gone: readonly string[] = []) => footprint([...paths, ...gone], gone);

  it('tries those whose paths meet, and leaves out the rest', () => {
    const cases: [string, readonly string[], readonly string[], readonly string[], boolean][] = [
      ['the same file', ['a/b'], [], ['a/b'], true],
      ['different files', ['a/b'], [], ['a/c'], false],
      ['a file where the other has a folder', ['a'], [], ['a/b/c'], true],
      ['a file moved away, edited by the other', ['a/new'], ['a/old'], ['a/old'], true],
      ['a folder on the move, a file put in by the other', ['z/x'], ['a/x'], ['a/new'], true],
      ['the same, deeper', ['z/x'], ['a/x'], ['a/deep/er/new'], true],
      ['a folder above the one on the move', ['z/in/x'], ['a/in/x'], ['a/new'], true],
      ['something taken out of another folder', [], ['b/x'], ['a/new'], false],
      ['something taken out of the top', [], ['x'], ['y'], false],
      ['a name that only begins the same', ['a'], [], ['ab/c'], false],
    ];
    for (const [what, paths, gone, others, expected] of cases) {
      assert.equal(mayConflict(print(paths, gone), print(others)), expected, what);
      assert.equal(mayConflict(print(others), print(paths, gone)), expected, `${what}, the other way round`);
    }
  });
});

describe('radar: where edits meet', () => {
  it('joins what overlaps or touches, and counts in the lines of each side', () => {
    const ours = [
      { at: 2, lines: 1, by: 3 },
      { at: 10, lines: 2, by: 0 },
    ];
    const theirs = [
      { at: 0, lines: 0, by: 1 },
      { at: 12, lines: 1, by: 1 },
      { at: 20, lines: 5, by: 5 },
    ];
    assert.deepEqual(meetingPlaces(ours, theirs), [{ ours: { start: 13, lines: 1 }, theirs: { start: 12, lines: 3 } }]);
  });

  /** Edits in order that do not touch each other. */
  const edits: fc.Arbitrary<Edit[]> = fc
    .array(fc.record({ skip: fc.integer({ min: 1, max: 5 }), lines: fc.nat(3), by: fc.nat(3) }), { maxLength: 8 })
    .map((parts) => {
      let at = 0;
      return parts.map(({ skip, lines, by }) => {
        const edit = { at: at + skip, lines, by };
        at = edit.at + lines;
        return edit;
      });
    });

  it('finds a place exactly where lines are shared or touch, whichever side is named first', () => {
    fc.assert(
      fc.property(edits, edits, (ours, theirs) => {
        const places = meetingPlaces(ours, theirs);
        const touch = ours.some((a) => theirs.some((b) => a.at <= b.at + b.lines && b.at <= a.at + a.lines));
        assert.equal(places.length > 0, touch);
        const turned = meetingPlaces(theirs, ours).map((place) => ({ ours: place.theirs, theirs: place.ours }));
        assert.deepEqual(turned, places);
        for (const place of places) assert.ok(place.ours.lines >= 0 && place.theirs.lines >= 0 && place.ours.start > 0);
      }),
    );
  });
});

describe('radar: what is journalled', () => {
  const found = (changes: Partial<Found> = {}): Found => ({
    id: 'a b',
    repository: 'r',
    ours: { session: 'a', worktree: '/a' },
    theirs: { session: 'b', worktree: '/b' },
    files: [{ path: 'x', kind: 'content', hunks: [{ ours: { start: 1, lines: 1 }, theirs: { start: 2, lines: 1 } }] }],
    more: 0,
    ...changes,
  });
  const types = (known: readonly Overlap[], now: readonly Found[]): string[] =>
    radarEvents(known, now).map(({ type }) => type);

  it('is what appeared, changed or went, never what stayed', () => {
    const ledger = new Ledger();
    ledger.append(radarEvents([], [found()]));
    const known = ledger.entity('overlap', 'a b') as unknown as Overlap;
    assert.deepEqual([known.since, known.changedAt], [1000, 1000]);
    assert.deepEqual(types([known], [found()]), []);
    assert.deepEqual(types([known], [found({ more: 1 })]), ['overlap.found']);
    assert.deepEqual(types([known], []), ['overlap.gone']);
    assert.deepEqual(types([known], [found({ id: 'a c' })]), ['overlap.found', 'overlap.gone']);
    ledger.append(radarEvents([known], [found({ more: 1 })]));
    const later = ledger.entity('overlap', 'a b') as unknown as Overlap;
    assert.deepEqual([later.since, later.changedAt, later.more], [1000, 2000, 1]);
    ledger.append(radarEvents([later], []));
    assert.equal(ledger.entity('overlap', 'a b'), undefined);
  });

  it('names a pair the same way from either side', () => {
    const side = (session: string) => ({ session, worktree: `/${session}` });
    assert.equal(overlapId('a', side('b')), overlapId('b', side('a')));
    assert.ok(concerns(found(), 'a') && concerns(found(), 'b') && !concerns(found(), 'c'));
  });
});

describe('watch: what the state keeps', () => {
  it('counts on in the same worktree, begins anew in another one, and keeps only the latest changes', () => {
    const ledger = new Ledger();
    const at = (worktree: string) => event('watch.changed', { session: 's', worktree, mode: 'watching' });
    const batch = (from: number, count: number) =>
      event('files.changed', {
        session: 's',
        counts: { created: count, modified: 0, deleted: 0, renamed: 0 },
        changes: Array.from({ length: count }, (_, index) => ({ path: `f${from + index}`, kind: 'created' as const })),
      });
    ledger.append([batch(0, 1)]);
    assert.equal(ledger.entity('watch', 's'), undefined);
    ledger.append([at('/w'), batch(0, 90), batch(90, 90), event('watch.gap', { session: 's', why: 'storm' })]);
    ledger.append([event('watch.changed', { session: 's', worktree: '/w', mode: 'polling', why: 'no watches' })]);
    const watch = ledger.entity('watch', 's') as {
      counts: { created: number };
      recent: { path: string }[];
      why: string;
      gaps: number;
    };
    assert.deepEqual([watch.counts.created, watch.recent.length, watch.recent.at(-1)?.path], [180, 100, 'f179']);
    assert.deepEqual([watch.why, watch.gaps], ['no watches', 1]);
    ledger.append([at('/w')]);
    assert.equal((ledger.entity('watch', 's') as { why?: string }).why, undefined);
    ledger.append([at('/other')]);
    assert.deepEqual((ledger.entity('watch', 's') as unknown as typeof watch).counts.created, 0);
  });

  it('an engine that finds watches tells the gap of those that go on, ends the others, and takes them up in silence', () => {
    const ledger = new Ledger();
    const at = (session: string, mode: WatchMode) => ({ session, worktree: `/${session}`, mode });
    for (const mode of ['watching', 'polling', 'ended'] as const)
      ledger.append(watchChanged(undefined, at(mode, mode)));
    ledger.append(watchChanged(undefined, at('over', 'watching')));
    const watch = (session: string) => ledger.entity('watch', session) as unknown as Watch;
    const all = ['watching', 'polling', 'ended', 'over'].map(watch);
    ledger.append(watchesFound(all, (session) => session !== 'over'));
    assert.deepEqual(
      all.map(({ id }) => [watch(id).mode, watch(id).gaps]),
      [
        ['watching', 1],
        ['polling', 1],
        ['ended', 0],
        ['ended', 0],
      ],
    );
    assert.deepEqual(watchChanged(watch('watching'), at('watching', 'watching')), []);
    assert.equal(watchChanged(watch('watching'), { ...at('watching', 'watching'), worktree: '/other' }).length, 1);
    assert.equal(watchChanged(watch('watching'), { ...at('watching', 'watching'), why: 'x' }).length, 1);
    const again = watchChanged(watch('over'), at('over', 'watching'));
    assert.deepEqual(
      again.map(({ type }) => type),
      ['watch.gap', 'watch.changed'],
    );
  });
});
