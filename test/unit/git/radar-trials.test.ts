import assert from 'node:assert/strict';
import { readTrials } from '../../../src/git/radar-trials.ts';

const tree = 'a'.repeat(40);
const stage = (path: string, n: number): string => `100644 ${String(n).repeat(40)} ${n}\t${path}`;
const message = (kind: string, ...paths: string[]): string[] => [
  ...[String(paths.length), ...paths],
  ...['CONFLICT (contents)', `CONFLICT (${kind}): Merge conflict in ${paths.join()}\n`],
];
const answer = (...fields: string[]): Buffer => Buffer.from(fields.map((field) => `${field}\0`).join(''), 'latin1');

describe('radar: what a git says that merges many pairs', () => {
  it('is read pair by pair, with so many conflicts named and the others counted', async () => {
    const clean = ['1', tree, ''];
    const paths = ['a', 'b', 'c'];
    const clash = [
      ...['0', tree, ...paths.flatMap((path) => [1, 2, 3].map((n) => stage(path, n))), ''],
      ...['1', 'a', 'Auto-merging', 'Auto-merging a\n', ...message('content', 'a'), ...message('add/add', 'b')],
      ...[...message('modify/delete', 'c'), ''],
    ];
    const trials = await readTrials(answer(...clean, ...clash, ...clean), 3, 2);
    assert.deepEqual(
      trials.map(({ conflicts, more }) => [conflicts, more]),
      [
        [[], 0],
        [
          [
            { path: 'a', kind: 'content' },
            { path: 'b', kind: 'add/add' },
          ],
          1,
        ],
        [[], 0],
      ],
    );
    assert.deepEqual(
      trials[1]?.stages.map(({ path, stage: n, oid }) => [path, n, oid.slice(0, 1)]),
      ['a', 'b'].flatMap((path) => ['1', '2', '3'].map((n) => [path, n, n])),
    );
  });

  it('names what only a sentence tells, and keeps paths that are no text', async () => {
    const split = ['0', tree, '', ...message('directory rename split', 'folder'), ''];
    const bytes = ['0', tree, stage('\u00ff', 2), '', ...message('content', '\u00ff'), ''];
    const [one, other] = await readTrials(answer(...split, ...bytes), 2, 20);
    assert.deepEqual(one?.conflicts, [{ path: 'folder', kind: 'directory rename split' }]);
    assert.deepEqual(other?.conflicts, [{ path: '\udcff', kind: 'content' }]);
  });

  it('that ends early is no answer', async () => {
    await assert.rejects(readTrials(answer('1', tree, ''), 2, 20), /answered 1 of 2/);
  });
});
