import assert from 'node:assert/strict';
import type { JournalRecord } from '../../../src/core/domain.ts';
import { Projections } from '../../../src/state/projections.ts';
import type { FileChange, Project } from '../../../src/state/projections.ts';
import { FaultyFiles } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { gate, openState } from './states.ts';
import { noted, opened } from './toy-domain.ts';

const emptyView = { get: () => undefined, all: () => [] };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function record(seq: number, ...changes: FileChange[]): JournalRecord {
  return { seq, at: 0, actor: 'engine', type: 'x', v: 1, data: { changes }, prev: '', hash: '' };
}

function setUp(options: { project?: Project; intervalMs?: number } = {}) {
  const disk = new MemoryDisk();
  const files = new FaultyFiles(disk);
  const failures: [unknown, string | undefined][] = [];
  const projections = new Projections({
    files,
    view: emptyView,
    project: ({ data }) => data['changes'] as FileChange[],
    onFailure: (error, path) => failures.push([error, path]),
    ...options,
  });
  const text = (path: string): string => disk.get(path).toString();
  return { disk, files, failures, projections, text };
}

describe('projections', () => {
  it('write each file once for many changes, with what came last', async () => {
    const { files, projections, text, failures } = setUp();
    for (let i = 0; i <= 100; i++)
      projections.apply([record(i, { path: '/p/a', content: `${i}` }, { path: '/p/b', content: `b${i}` })]);
    assert.equal(files.count('rename'), 0, 'not before a moment has passed');
    await projections.flush();
    assert.deepEqual([text('/p/a'), text('/p/b'), files.count('rename'), failures], ['100', 'b100', 2, []]);
    await projections.flush();
    await projections.close();
  });

  it('write on their own after the interval, again and again', async () => {
    const { files, projections, text } = setUp({ intervalMs: 5 });
    for (const content of ['1', '2']) {
      projections.apply([record(1, { path: '/p/a', content })]);
      while (files.count('syncdir') < Number(content)) await pause(1);
      assert.equal(text('/p/a'), content);
    }
    await projections.close();
  });

  it('wait while changes come one after the other, but not for ever', async () => {
    for (let intervalMs = 25; ; intervalMs *= 2) {
      const { files, projections } = setUp({ intervalMs });
      const began = performance.now();
      let [last, longestGap] = [began, 0];
      while (files.count('rename') === 0) {
        projections.apply([record(1, { path: '/p/a', content: '1' })]);
        await pause(1);
        longestGap = Math.max(longestGap, performance.now() - last);
        last = performance.now();
      }
      await projections.close();
      // A machine that held this test up for an interval has shown nothing.
      if (longestGap >= intervalMs) continue;
      // Timers leave out parts of milliseconds.
      assert.ok(performance.now() - began >= 4 * intervalMs - 2);
      return;
    }
  });

  it('append, replace and remove in the order of the records', async () => {
    const { disk, projections, text } = setUp();
    const add = (path: string, content: string | null, append = false): FileChange => ({ path, content, append });
    projections.apply([
      record(1, add('/p/log', 'a\n', true)),
      record(2, add('/p/log', 'b\n', true), add('/p/gone', 'x')),
    ]);
    await projections.flush();
    assert.equal(text('/p/log'), 'a\nb\n');
    projections.apply([record(3, add('/p/log', 'c\n', true), add('/p/gone', null), add('/p/nothing', null))]);
    projections.apply([record(4, add('/p/both', 'old'), add('/p/both', 'first\n'), add('/p/both', 'second\n', true))]);
    projections.apply([
      record(
        5,
        add('/p/again', null),
        add('/p/again', 'begun\n', true),
        add('/p/last', 'x', true),
        add('/p/last', null),
      ),
    ]);
    await projections.flush();
    assert.deepEqual([text('/p/log'), text('/p/both'), text('/p/again')], ['a\nb\nc\n', 'first\nsecond\n', 'begun\n']);
    assert.deepEqual(disk.paths('/p'), ['/p/again', '/p/both', '/p/log']);
    await projections.close();
  });

  it('take what comes while they write into the next round', async () => {
    const { files, projections, text } = setUp();
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'rename' ? barrier : undefined);
    projections.apply([record(1, { path: '/p/a', content: '1' })]);
    const flushed = projections.flush();
    while (files.count('rename') === 0) await pause(1);
    projections.apply([record(2, { path: '/p/a', content: '2' })]);
    open();
    await flushed;
    assert.deepEqual([text('/p/a'), files.count('rename')], ['2', 2]);
    await projections.close();
  });

  it('are flushed only when a write that has begun is done too', async () => {
    const { files, projections } = setUp({ intervalMs: 1 });
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'rename' ? barrier : undefined);
    projections.apply([record(1, { path: '/p/a', content: '1' })]);
    while (files.count('rename') === 0) await pause(1);
    let flushed = false;
    const flushing = projections.flush().then(() => (flushed = true));
    await pause(5);
    assert.equal(flushed, false);
    open();
    await flushing;
    await projections.close();
  });

  it('tell failures and go on', async () => {
    const { files, failures, projections, text } = setUp();
    files.fail = ({ operation, path }) =>
      operation === 'rename' && path === '/p/bad' ? { code: 'EACCES' } : undefined;
    projections.apply([record(1, { path: '/p/bad', content: 'x' }, { path: '/p/good', content: 'y' })]);
    projections.apply([{ ...record(2), data: { changes: 5 } }]);
    await projections.flush();
    assert.equal(text('/p/good'), 'y');
    assert.deepEqual(
      failures.map(([, path]) => path),
      [undefined, '/p/bad'],
    );
    await projections.close();
  });

  it('drop what comes after they are closed', async () => {
    const { disk, projections } = setUp();
    projections.apply([record(1, { path: '/p/a', content: 'last' })]);
    await projections.close();
    projections.apply([record(2, { path: '/p/b', content: 'too late' })]);
    await projections.flush();
    assert.deepEqual(disk.paths('/p'), ['/p/a']);
  });

  it('follow a state without holding up its commits', async () => {
    const { closed: barrier, open } = gate();
    const disk = new MemoryDisk();
    const files = new FaultyFiles(new MemoryDisk());
    files.delay = () => barrier;
    const state = await openState(disk);
    const projections = new Projections({
      files,
      view: state.view,
      project: ({ data }, view) => [
        { path: `/p/${String(data['id'])}`, content: JSON.stringify(view.get('note', 'n')) },
      ],
      onFailure: (error) => assert.fail(String(error)),
      intervalMs: 1,
    });
    state.onRecords((records) => projections.apply(records));
    for (let i = 0; i < 20; i++) await state.transact('engine', () => [noted('n', `${i}`), opened(`a${i}`)]);
    assert.equal(state.lastSeq, 40);
    open();
    await projections.close();
    assert.equal((await files.list('/p')).length, 21);
  });
});
