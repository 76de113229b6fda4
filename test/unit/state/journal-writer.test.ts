import assert from 'node:assert/strict';
import { isCoppiceError, CoppiceError } from '../../../src/core/errors.ts';
import { FaultyFiles } from './faulty-files.ts';
import type { Call } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { gate, home, openState, segmentPath, segmentPaths, verify } from './states.ts';
import { closed, moved, noted, opened } from './toy-domain.ts';

const segment = '000001.jsonl';

describe('group commit', () => {
  it('writes 100 concurrent decisions with one write and one fsync, in the order of acceptance', async () => {
    const disk = new MemoryDisk();
    const files = new FaultyFiles(disk);
    const state = await openState(files);
    const ids = Array.from({ length: 100 }, (_, i) => `a${i}`);
    const records = await Promise.all(ids.map((id) => state.transact('engine', () => [opened(id)])));
    assert.equal(files.count('write', segment), 1);
    assert.equal(files.count('datasync', segment), 1);
    assert.deepEqual(
      records.map(([record]) => [record?.seq, record?.data['id']]),
      ids.map((id, i) => [i + 1, id]),
    );
  });

  it('gathers what comes while a write is under way into the next one', async () => {
    const files = new FaultyFiles(new MemoryDisk());
    const state = await openState(files);
    await state.transact('engine', () => [opened('first')]);
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'datasync' ? barrier : undefined);
    const early = state.transact('engine', () => [opened('early')]);
    await new Promise(setImmediate);
    const late = Array.from({ length: 50 }, (_, i) => state.transact('engine', () => [opened(`late${i}`)]));
    assert.equal(files.count('write', segment), 2);
    open();
    await Promise.all([early, ...late]);
    assert.equal(files.count('write', segment), 3);
    assert.equal(files.count('datasync', segment), 3);
  });

  it('acknowledges nothing before the fsync is done', async () => {
    const files = new FaultyFiles(new MemoryDisk());
    const state = await openState(files);
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'datasync' ? barrier : undefined);
    const seen: number[] = [];
    state.onRecords((records) => seen.push(...records.map(({ seq }) => seq)));
    let acknowledged = false;
    const done = state.transact('engine', () => [opened('a')]).then(() => (acknowledged = true));
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    assert.deepEqual([acknowledged, seen, state.lastSeq], [false, [], 0]);
    assert.ok(state.view.get('account', 'a'), 'the next decision sees it');
    open();
    await done;
    assert.deepEqual([seen, state.lastSeq], [[1], 1]);
  });
});

describe('segments', () => {
  it('are begun before they get too long, and never split a transaction', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 4096 });
    for (let i = 0; i < 30; i++) {
      await Promise.all(
        Array.from({ length: 1 + (i % 4) }, (_, j) =>
          state.transact('engine', () => [opened(`${i}-${j}`), noted(`${i}-${j}`, 'x'.repeat(j * 300))]),
        ),
      );
    }
    const canonical = state.canonicalState();
    await state.close();
    const paths = segmentPaths(disk);
    assert.ok(paths.length > 5);
    for (const path of paths) {
      assert.ok(disk.get(path).length <= 4096);
      assert.equal(disk.get(path).toString().split('\n').at(-2)?.includes('"more":true'), false);
    }
    assert.deepEqual(await verify(disk), { ok: true, records: state.lastSeq, segments: paths.length, tornBytes: 0 });
    disk.delete(`${home}/snapshot.jsonl`);
    const again = await openState(disk, { segmentBytes: 4096 });
    assert.equal(again.openReport.segments, paths.length);
    assert.equal(again.canonicalState(), canonical);
  });

  it('are not read when a snapshot covers them, except the last', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 2048 });
    for (let i = 0; i < 40; i++) await state.transact('engine', () => [opened(`a${i}`)]);
    await state.close();
    const count = segmentPaths(disk).length;
    const files = new FaultyFiles(disk);
    const again = await openState(files, { segmentBytes: 2048 });
    assert.equal(again.canonicalState(), state.canonicalState());
    const opens = (path: string): number =>
      files.calls.filter((call) => call.path === path && call.operation === 'open' && call.mode === 'read').length;
    assert.ok(count > 3);
    for (let number = 1; number < count; number++) assert.equal(opens(segmentPath(number)), 1, 'the header only');
    assert.equal(opens(segmentPath(count)), 2);
  });

  it('make a transaction fail that does not fit into one, without a trace', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 4096 });
    await state.transact('engine', () => [opened('a')]);
    const before = state.canonicalState();
    await assert.rejects(
      state.transact('engine', () => [noted('n', 'x'.repeat(4096))]),
      { code: 'bad-usage' },
    );
    assert.equal(state.canonicalState(), before);
    await state.transact('engine', () => [closed('a')]);
    assert.equal(state.lastSeq, 2);
  });
});

describe('a write that fails', () => {
  const failures: Record<string, { call: Partial<Call>; code: string; bytesWritten?: number; error: string }> = {
    'fsync with EIO': { call: { operation: 'datasync' }, code: 'EIO', error: 'read-only' },
    'write with ENOSPC': { call: { operation: 'write' }, code: 'ENOSPC', error: 'disk-full' },
    'write with ENOSPC half way': {
      call: { operation: 'write' },
      code: 'ENOSPC',
      bytesWritten: 500,
      error: 'disk-full',
    },
    'write with EDQUOT': { call: { operation: 'write' }, code: 'EDQUOT', error: 'disk-full' },
    'write with EIO': { call: { operation: 'write' }, code: 'EIO', bytesWritten: 1, error: 'read-only' },
    'a segment that cannot be made': {
      call: { operation: 'open', mode: 'create' },
      code: 'ENOSPC',
      error: 'disk-full',
    },
    'a folder that cannot be synced': { call: { operation: 'syncdir' }, code: 'EIO', error: 'read-only' },
  };
  for (const [name, { call, code, bytesWritten, error }] of Object.entries(failures)) {
    for (const undo of [true, false]) {
      it(`(${name}, ${undo ? 'taken back' : 'left as it is'}) ends writing and loses nothing acknowledged`, async () => {
        const disk = new MemoryDisk();
        const files = new FaultyFiles(disk);
        const state = await openState(files, { segmentBytes: 4096, snapshotEvery: 5 });
        const acknowledged: number[] = [];
        for (let i = 0; i < 9; i++) {
          acknowledged.push(
            ...(await state.transact('engine', () => [opened(`a${i}`), opened(`b${i}`)])).map((r) => r.seq),
          );
        }
        const before = state.canonicalState();
        let failed = false;
        files.fail = ({ operation, mode, path }) => {
          if (!undo && failed && operation === 'truncate') return { code: 'EIO' };
          if (failed || operation !== call.operation || mode !== call.mode || !path.includes('journal'))
            return undefined;
          failed = true;
          return { code, ...(bytesWritten === undefined ? {} : { bytesWritten }) };
        };
        const seen: number[] = [];
        state.onRecords((records) => seen.push(...records.map(({ seq }) => seq)));
        const waiting = Array.from({ length: 12 }, (_, i) =>
          state.transact('engine', () => [moved(`a${i % 9}`, `b${i % 9}`, 1), noted(`n${i}`, 'x'.repeat(100))]),
        );
        const outcomes = await Promise.allSettled(waiting);
        const done = outcomes.findIndex(({ status }) => status === 'rejected');
        assert.ok(done >= 0 && outcomes.slice(done).every(({ status }) => status === 'rejected'), 'a clean cut');
        for (const outcome of outcomes.slice(done)) {
          assert.ok(outcome.status === 'rejected' && isCoppiceError(outcome.reason, error as 'read-only'));
          assert.equal(outcome.reason.context['undone'], String(undo));
        }
        acknowledged.push(...Array.from({ length: 2 * done }, (_, i) => 19 + i));
        assert.deepEqual(seen, acknowledged.slice(18));
        assert.equal(state.lastSeq, acknowledged.length);
        if (done === 0) assert.equal(state.canonicalState(), before, 'what was not acknowledged is taken back');
        assert.equal((await state.query('note')).length, done);
        await assert.rejects(
          state.transact('engine', () => [opened('late')]),
          { code: error },
        );
        const shown = state.canonicalState();
        await state.close();

        files.fail = () => undefined;
        const again = await openState(files, { segmentBytes: 4096 });
        assert.equal(again.readOnlyReason, undefined);
        assert.ok(again.lastSeq >= acknowledged.length);
        if (undo) assert.equal(again.canonicalState(), shown);
        await again.transact('engine', () => [opened('after')]);
        assert.equal((await again.verify()).ok, true);
      });
    }
  }
});

describe('the lock hook', () => {
  it('is asked before each write; if it says no, nothing is written then or ever', async () => {
    const disk = new MemoryDisk();
    const asked: number[] = [];
    let ours = true;
    const beforeCommit = async (): Promise<void> => {
      asked.push(disk.changes);
      if (!ours) throw new CoppiceError('engine-busy', 'Another engine has taken over.', 'Use that one.');
    };
    const state = await openState(disk, { beforeCommit });
    await state.transact('engine', () => [opened('a')]);
    await state.transact('engine', () => [opened('b')]);
    assert.equal(asked.length, 3, 'at opening and for two commits');
    const [before, changes] = [state.canonicalState(), disk.changes];
    ours = false;
    const lost = [state.transact('engine', () => [opened('c')]), state.transact('engine', () => [closed('a')])];
    for (const outcome of await Promise.allSettled(lost)) {
      assert.ok(outcome.status === 'rejected' && isCoppiceError(outcome.reason, 'read-only'));
      assert.match(outcome.reason.message, /Another engine has taken over/);
      assert.equal(outcome.reason.next, 'Use that one.');
    }
    ours = true;
    await assert.rejects(
      state.transact('engine', () => [opened('d')]),
      { code: 'read-only' },
    );
    assert.equal(state.canonicalState(), before);
    await state.close();
    assert.equal(disk.changes, changes, 'not even a snapshot');
  });

  it('that says no at opening makes the state read-only and keeps even a torn end', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await state.transact('engine', () => [opened('a')]);
    await state.transact('engine', () => [opened('b')]);
    disk.edit(segmentPath(1), (bytes) => bytes.subarray(0, -1));
    const changes = disk.changes;
    const beforeCommit = (): void => {
      throw new Error('somebody else is at work');
    };
    const second = await openState(disk, { beforeCommit });
    assert.ok(isCoppiceError(second.readOnlyReason, 'read-only'));
    assert.match(second.readOnlyReason.message, /somebody else is at work/);
    assert.equal(disk.changes, changes);
  });

  it('is asked again before a failed write is taken back', async () => {
    const disk = new MemoryDisk();
    const files = new FaultyFiles(disk);
    let ours = true;
    const beforeCommit = (): void => {
      if (!ours) throw new Error('taken over');
    };
    const state = await openState(files, { beforeCommit });
    await state.transact('engine', () => [opened('a')]);
    files.fail = ({ operation }) => {
      ours &&= operation !== 'datasync';
      return operation === 'datasync' ? { code: 'EIO' } : undefined;
    };
    await assert.rejects(
      state.transact('engine', () => [opened('b')]),
      /shows at the next start/,
    );
    assert.equal(files.count('truncate'), 0);
  });
});

describe('a second writer', () => {
  it('is noticed before anything is written over its records', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await state.transact('engine', () => [opened('a')]);
    const other = await openState(disk);
    await other.transact('engine', () => [opened('b')]);
    await assert.rejects(
      state.transact('engine', () => [opened('c')]),
      { code: 'read-only', message: /changed by someone else/ },
    );
    await other.transact('engine', () => [opened('d')]);
    assert.equal((await verify(disk)).ok, true);
  });

  it('is noticed at opening too', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await state.transact('engine', () => [opened('a')]);
    const beforeCommit = async (): Promise<void> => {
      if (state.lastSeq === 1) await state.transact('engine', () => [opened('b')]);
    };
    const late = await openState(disk, { beforeCommit });
    assert.match(late.readOnlyReason?.message ?? '', /changed by someone else/);
    assert.equal(late.lastSeq, 1);
  });

  it('or a person who deletes the journal stops writing', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await state.transact('engine', () => [opened('a')]);
    await disk.remove(segmentPath(1));
    await assert.rejects(
      state.transact('engine', () => [opened('b')]),
      { code: 'read-only', message: /deleted by someone else/ },
    );
  });
});

describe('a data directory that cannot be written', () => {
  for (const [code, error] of [
    ['EROFS', 'read-only'],
    ['EACCES', 'read-only'],
    ['ENOSPC', 'disk-full'],
  ] as const) {
    it(`(${code}) is opened for reading`, async () => {
      const disk = new MemoryDisk();
      const state = await openState(disk);
      await state.transact('engine', () => [opened('a')]);
      await state.close();
      for (const refused of ['mkdir', 'open', 'truncate'] as const) {
        const copy = disk.copy();
        if (refused === 'truncate') copy.edit(segmentPath(1), (bytes) => Buffer.concat([bytes, Buffer.from('{"torn')]));
        const files = new FaultyFiles(copy);
        files.fail = ({ operation, mode }) => (operation === refused && mode !== 'read' ? { code } : undefined);
        const again = await openState(files);
        assert.ok(isCoppiceError(again.readOnlyReason, error));
        assert.ok(again.view.get('account', 'a'));
        await again.close();
        assert.equal(copy.changes, 0);
      }
    });
  }

  it('is empty if it is not there and only to be read', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { readOnly: true });
    assert.deepEqual([state.lastSeq, state.canonicalState(), disk.changes], [0, '{}', 0]);
    assert.deepEqual(await state.verify(), { ok: true, records: 0, segments: 0, tornBytes: 0 });
  });
});
