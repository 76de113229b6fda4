import assert from 'node:assert/strict';
import { drawnFiles, itemId, looksOf, redrawn } from '../../../src/extension/review/drawn.ts';
import type { Subject } from '../../../src/extension/review/model.ts';
import type { FileDiffView } from '../../../src/protocol/diff-schemas.ts';

const side = (id: string): { mode: string; id: string } => ({ mode: '100644', id });

function file(path: string, more: Partial<FileDiffView> = {}): FileDiffView {
  return {
    ...{ path, status: 'modified', binary: false, insertions: 1, deletions: 1 },
    ...{ before: side('old'), after: side('1') },
    ...more,
  };
}

function subject(files: readonly FileDiffView[], more: object = {}): Subject {
  return {
    detail: { id: 's', title: 't' },
    worktree: '/w',
    changes: { files, total: { files: files.length, insertions: 3, deletions: 1 } },
    checkpoints: [],
    landings: [],
    review: { session: 's', comments: [], ticks: [] },
    ...more,
  } as unknown as Subject;
}

const many = Array.from({ length: 600 }, (_, n) => file(`f${n}`));
const looks = (each: Subject | undefined): ReturnType<typeof looksOf> => looksOf(each, undefined, (id) => id);

describe('what of a review is drawn again', () => {
  it('is nothing when only the content of files is another one', () => {
    const written = many.map((each) => ({ ...each, after: side('2') }));
    assert.deepEqual(redrawn(looks(subject(many)), looks(subject(written))), []);
    assert.equal(drawnFiles({ session: 's' }, many), drawnFiles({ session: 's' }, written));
  });

  it('is the row whose counts, kind or place changed', () => {
    for (const other of [
      { insertions: 2 },
      { status: 'deleted', after: undefined },
      { oldPath: 'g' },
      { binary: true },
    ]) {
      const files = many.map((each, n) => (n === 7 ? file('f7', other as Partial<FileDiffView>) : each));
      assert.deepEqual(redrawn(looks(subject(many)), looks(subject(files))), ['s/file/f7'], JSON.stringify(other));
    }
  });

  it('is a file whose tick holds no longer, or does again', () => {
    const ticks = [{ path: 'f1', content: '1' }];
    const ticked = subject(many, { review: { session: 's', comments: [], ticks } });
    assert.deepEqual(redrawn(looks(subject(many)), looks(ticked)), ['s/file/f1']);
    const edited = many.map((each) => ({ ...each, after: side('2') }));
    const unticked = subject(edited, { review: { session: 's', comments: [], ticks } });
    assert.deepEqual(redrawn(looks(ticked), looks(unticked)), ['s/file/f1']);
  });

  it('is the heading of the changes when their sum changed', () => {
    const more = { changes: { files: many, total: { files: 600, insertions: 4, deletions: 1 } } };
    assert.deepEqual(redrawn(looks(subject(many)), looks(subject(many, more))), ['s/changes']);
  });

  it('is everything when rows come, go or change places, and when many look different', () => {
    const [first, second, ...rest] = many;
    assert.ok(first !== undefined && second !== undefined);
    const grown = many.map((each) => ({ ...each, insertions: 9 }));
    for (const files of [rest, [...many, file('g')], [second, first, ...rest], [file('g'), second, ...rest], grown]) {
      assert.equal(redrawn(looks(subject(many)), looks(subject(files))), undefined);
    }
    assert.equal(redrawn(looks(undefined), looks(subject(many))), undefined);
    assert.deepEqual(redrawn(looks(undefined), looks(undefined)), []);
  });

  it('is everything when a file gets its first comment, which opens it as another row', () => {
    const comment = {
      id: 'c',
      path: 'f1',
      start: 1,
      end: 1,
      quote: '',
      text: 't',
      by: 'user:a',
      at: '',
      state: 'open',
    };
    const commented = subject(many, { review: { session: 's', comments: [comment], ticks: [] } });
    assert.equal(redrawn(looks(subject(many)), looks(commented)), undefined);
    const row = { kind: 'file', session: 's', file: file('f1') } as const;
    assert.deepEqual([itemId(row, undefined), itemId(row, commented)], ['s/file/f1', 's/file/f1+']);
  });

  it('tells overlaps by the titles of both sides', () => {
    const overlap = {
      ...{ id: 'o', repository: '/r', more: 0, since: '', changedAt: '' },
      ...{ ours: { session: 's', worktree: '/w' }, theirs: { session: 'x', worktree: '/x' } },
      files: [{ path: 'f1', kind: 'CONFLICT', hunks: [] }],
    };
    const given = subject(many, { detail: { id: 's', title: 't', overlaps: [overlap] } });
    const renamed = looksOf(given, undefined, (id) => (id === 'x' ? 'Other' : id));
    assert.deepEqual(redrawn(looks(given), renamed), ['s/overlap/o']);
  });
});
