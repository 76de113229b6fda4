import assert from 'node:assert/strict';
import { parseFileQuery } from '../../../src/extension/review/file-at.ts';
import * as labels from '../../../src/extension/review/labels.ts';
import { landingButton, landingPlan } from '../../../src/extension/review/landing-plan.ts';
import { removalText, removedText } from '../../../src/extension/review/removal-text.ts';
import { asReviewRow } from '../../../src/extension/review/row-of.ts';
import { rowsBelow, rowId } from '../../../src/extension/review/rows.ts';
import type { Subject } from '../../../src/extension/review/model.ts';
import type { LandingPreview } from '../../../src/protocol/landing.ts';
import type { SessionFacts } from '../../../src/protocol/removal.ts';

const hostile = 'evil\u001b[31m\u202egnp.exe\nsecond';

describe('documents of a session’s files', () => {
  it('are told by their query, and by nothing else', () => {
    assert.deepEqual(parseFileQuery('s', '{"side":3,"path":"a b"}'), { session: 's', side: 3, path: 'a b' });
    assert.deepEqual(parseFileQuery('s', '{"side":"base","path":"\\udcff"}')?.path, '\udcff');
    for (const query of [
      '',
      '{',
      '[]',
      'null',
      '{"side":-1,"path":"a"}',
      '{"side":"x","path":"a"}',
      '{"side":1,"path":""}',
    ]) {
      assert.equal(parseFileQuery('s', query), undefined, query);
    }
  });
});

describe('words of the Review view', () => {
  it('are one clean line, whatever a path is called', () => {
    assert.equal(labels.pathLabel(hostile), 'evilgnp.exe second');
    assert.equal(labels.fileName(`src/${hostile}`), 'evilgnp.exe second');
    assert.equal(labels.folderOf('a/b/c.ts'), 'a/b');
    assert.equal(labels.folderOf('c.ts'), '');
  });

  it('tick a file only for what was seen', () => {
    const side = { mode: '100644', id: 'one' };
    const ticks = [
      { path: 'a', content: 'one' },
      { path: 'gone', content: null },
    ];
    assert.equal(labels.isTicked({ path: 'a', after: side }, { ticks }), true);
    assert.equal(labels.isTicked({ path: 'a', after: { ...side, id: 'two' } }, { ticks }), false, 'edited since');
    assert.equal(labels.isTicked({ path: 'gone' }, { ticks }), true);
    assert.equal(labels.isTicked({ path: 'b', after: side }, { ticks }), false);
  });

  it('name checkpoints by what they are', () => {
    const label = (rest: object): string => labels.checkpointLabel({ n: 4, kind: 'turn-end', turn: 2, ...rest });
    assert.equal(label({}), 'After turn 2');
    assert.equal(label({ kind: 'turn-start' }), 'Before turn 3');
    assert.equal(label({ kind: 'named' }), 'Checkpoint 4');
    assert.equal(label({ kind: 'named', name: 'works' }), 'works');
    assert.equal(label({ kind: 'restore', restore: { to: 1, side: 'before' } }), 'Before the rollback to checkpoint 1');
    assert.equal(label({ name: hostile }), 'evilgnp.exe second');
    assert.equal(label({ kind: 'gate' }), 'At the gates, after turn 2');
    assert.equal(
      label({ kind: 'tool', tools: [{ name: hostile, held: true }] }),
      'Before evilgnp.exe second, in turn 3',
    );
    assert.equal(label({ kind: 'tool', tools: [{ name: 'Bash', held: false }] }), 'As Bash began, in turn 3');
    const back = { to: 1, side: 'after', automatic: true };
    assert.equal(label({ kind: 'restore', restore: back }), 'Rolled back by itself to checkpoint 1');
  });
});

const preview: LandingPreview = {
  ...{ session: 's', way: 'squash', target: 'main', defaultBranch: true, targetCommit: '0', tip: '1', nothing: false },
  ...{
    conflicts: [],
    files: 2,
    insertions: 5,
    deletions: 1,
    paths: [],
    message: 'm',
    uncommitted: 3,
    unsigned: false,
    privateFiles: [],
  },
  commits: [{ id: '1', subject: 's', author: 'a' }],
  checkout: { path: '/r', waits: 'The checkout has changes.' },
  gates: [['npm', 'test', hostile]],
};

describe('questions before something moves', () => {
  it('say what would land, where, behind which gates, and why it would wait', () => {
    const { title, detail } = landingPlan(preview);
    assert.equal(title, 'Land this in main?');
    for (const part of [
      '2 files, +5 −1, 1 commit\n',
      '3 files are not committed',
      'default branch',
      'npm test evilgnp',
      'It will wait: The checkout',
    ])
      assert.ok(detail.includes(part), part);
    assert.equal(landingButton(preview), 'Commit and Land');
  });

  it('name files that git ignores in the checkout, and a yes is a yes to them', () => {
    const secret = { ...preview, privateFiles: ['.env', `${hostile}.key`] };
    assert.match(landingPlan(secret).detail, /keeps these out of git.*: \.env, evilgnp\.exe second\.key$/m);
    assert.equal(landingButton(secret), 'Commit and Land with These Files');
    assert.equal(landingButton({ ...secret, uncommitted: 0 }), 'Land with These Files');
  });

  it('say what a removal takes away, and that it comes back', () => {
    const facts: SessionFacts = {
      ...{ session: 's', worktree: '/w', branch: 'feature/x', running: false, changed: 4, untracked: 1 },
      ...{
        ignored: Array.from({ length: 9 }, (_, n) => `f${n}`),
        repositories: [],
        unpushed: 2,
        unlanded: 1,
        findings: [hostile],
      },
      children: [{ session: 'c', title: 'child', landed: false, running: false }],
      ...{ needs: ['changes'], teardown: ['make down'] },
    };
    const text = removalText(facts);
    for (const part of [
      '4 files are not committed, 1 of them new',
      '1 commit has not landed',
      '2 commits are not pushed',
      'f4 and 4 more',
      'child',
      'Runs first: make down',
      'can be brought back',
    ])
      assert.ok(text.includes(part), part);
    assert.ok(!text.includes('\u202e'));
    const landed = removalText({ ...facts, unlanded: 0, changed: 1, untracked: 0 });
    assert.ok(!landed.includes('pushed'), 'what has landed need not be pushed');
    const forATime = /be brought back\.\nWhat git does not hold .* is kept for a time\.$/u;
    assert.match(text, forATime);
    assert.match(removalText({ ...facts, ignored: [], repositories: ['lib'] }), forATime);
    assert.match(removalText({ ...facts, ignored: [] }), /be brought back\.$/u);
    assert.match(landed, /^1 file is not committed\.$/mu);
  });

  it('name a day after a removal only where something goes on it', () => {
    const day = new Date(2026, 10, 27, 12).toISOString();
    const facts = { ignored: [], repositories: [] } as unknown as SessionFacts;
    assert.equal(removedText('A table', facts, day), '“A table” was removed, and is kept in git.');
    const inTrash = removedText('A table', { ...facts, ignored: ['notes.env'] }, day);
    assert.match(inTrash, /what git ignores is in the trash until .*27/u);
  });
});

describe('rows of the Review view', () => {
  const after = { mode: '100644', id: 'x' };
  const files = [{ path: 'a', status: 'modified', binary: false, after }] as const;
  const comment = { id: 'c', path: 'a', start: 1, end: 1, quote: '', text: 't', by: 'user:a', at: '', state: 'open' };
  const subject = {
    detail: { id: 's', title: 't' },
    changes: { files, total: { files: 1, insertions: 1, deletions: 0 } },
    checkpoints: [],
    landings: [],
    review: { session: 's', comments: [comment], ticks: [] },
  } as unknown as Subject;

  it('leave out what is empty, and put comments below their file', () => {
    const [section, ...more] = rowsBelow(subject, undefined);
    assert.deepEqual([section?.kind === 'section' ? section.name : '', more.length], ['changes', 0]);
    const [row] = rowsBelow(subject, undefined, section);
    assert.equal(row?.kind, 'file');
    const [below] = rowsBelow(subject, undefined, row);
    assert.equal(below?.kind, 'comment');
    assert.equal(rowId(below), 's/comment/c');
  });

  it('are told from anything else that a command may be given', () => {
    const [row] = rowsBelow(subject, undefined);
    assert.equal(asReviewRow(row), row);
    for (const other of [undefined, null, 's', 1, {}, { kind: 'session', id: 'x' }, { kind: 'toString', session: 's' }])
      assert.equal(asReviewRow(other), undefined);
  });
});
