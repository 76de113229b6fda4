import assert from 'node:assert/strict';
import { parseChanges } from '../../../src/git/changes.ts';
import { parseAttributes } from '../../../src/git/checkout.ts';
import { zeroSplit } from '../../../src/git/door.ts';
import { isRegenerable } from '../../../src/git/removal-facts.ts';
import { gitlinksOf } from '../../../src/git/submodules.ts';
import { Turnstile, Turnstiles } from '../../../src/git/turnstile.ts';
import { parseWorktreeList } from '../../../src/git/worktrees.ts';

describe('what git prints', () => {
  it('NUL-separated fields', () => {
    assert.deepEqual(zeroSplit(Buffer.from('')), []);
    assert.deepEqual(zeroSplit(Buffer.from('a\0b\nc\0')), ['a', 'b\nc']);
    assert.deepEqual(zeroSplit(Buffer.from('a\0\0b')), ['a', '', 'b']);
  });

  it('worktree list', () => {
    const fields = [
      'worktree /m',
      'bare',
      '',
      'worktree /a b',
      'HEAD 12',
      'branch refs/heads/feature/x',
      'locked why not',
      '',
      'worktree /d',
      'HEAD 34',
      'detached',
      'locked',
      'prunable gone',
    ];
    assert.deepEqual(parseWorktreeList(fields), [
      { path: '/m', main: true, bare: true, commit: undefined, branch: undefined, locked: undefined },
      { path: '/a b', main: false, bare: false, commit: '12', branch: 'feature/x', locked: 'why not' },
      { path: '/d', main: false, bare: false, commit: '34', branch: undefined, locked: '' },
    ]);
    assert.deepEqual(parseWorktreeList([]), []);
  });

  it('changes, with tabs in names and binary content', () => {
    const fields = [
      ':100644 100644 1 2 M',
      'a\tb',
      ':000000 100644 0 3 A',
      'bin',
      ':100644 120000 1 2 T',
      'link',
      '1\t2\ta\tb',
      '-\t-\tbin',
      '1\t1\tlink',
    ];
    assert.deepEqual(parseChanges(fields, 2), {
      files: 3,
      insertions: 2,
      deletions: 3,
      paths: [
        { path: 'a\tb', kind: 'modified', insertions: 1, deletions: 2 },
        { path: 'bin', kind: 'added', insertions: undefined, deletions: undefined },
      ],
    });
  });

  it('attributes and links', () => {
    assert.deepEqual(parseAttributes(['a', 'filter', 'lfs', 'b', 'filter', 'unspecified', 'c', 'filter', 'set']), [
      { path: 'a', value: 'lfs' },
    ]);
    assert.deepEqual(gitlinksOf(['100644 1 0\ta', '160000 abc 0\tlibs/x y']), [{ path: 'libs/x y', commit: 'abc' }]);
  });

  it('what a tool makes again', () => {
    for (const path of ['node_modules/', 'a/node_modules/x', 'dist', 'x.pyc', '__pycache__/'])
      assert.equal(isRegenerable(path.replace(/\/$/, '')), true, path);
    for (const path of ['.env', 'notes.local', 'data.sqlite', 'distribution/x'])
      assert.equal(isRegenerable(path), false, path);
  });
});

describe('turnstile', () => {
  it('lets so many in, in order, and an abort leaves the queue', async () => {
    const turnstile = new Turnstile(2);
    const order: number[] = [];
    const open: (() => void)[] = [];
    const enter = (number: number, signal?: AbortSignal) =>
      turnstile.pass(async () => {
        order.push(number);
        await new Promise<void>((resolve) => open.push(resolve));
      }, signal);
    const stop = new AbortController();
    const all = [enter(1), enter(2), enter(3, stop.signal), enter(4), enter(5)];
    const third = assert.rejects(all[2] ?? Promise.resolve(), { message: 'no more' });
    await Promise.resolve();
    assert.deepEqual(order, [1, 2]);
    stop.abort(new Error('no more'));
    await third;
    while (open.length > 0) {
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.allSettled(all);
    assert.deepEqual(order, [1, 2, 4, 5]);
    assert.equal(turnstile.idle, true);
  });

  it('a failure frees the place, and names do not wait for each other', async () => {
    const turns = new Turnstiles(1);
    await assert.rejects(
      turns.pass('a', () => Promise.reject(new Error('x'))),
      { message: 'x' },
    );
    let release: () => void = () => undefined;
    const held = turns.pass('a', () => new Promise<void>((resolve) => (release = resolve)));
    assert.equal(await turns.pass('b', () => Promise.resolve('through')), 'through');
    release();
    await held;
  });
});
