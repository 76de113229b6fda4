import assert from 'node:assert/strict';
import type { JournalRecord } from '../../../src/core/domain.ts';
import { CoppiceError, isCoppiceError } from '../../../src/core/errors.ts';
import { FaultyFiles } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { referenceState } from './reference.ts';
import { collect, gate, home, openState, segmentPath, verify } from './states.ts';
import { closed, moved, noted, notedOld, opened, toyDomain, unapplicable } from './toy-domain.ts';

describe('a decision', () => {
  it('sees what was accepted before it and is recorded with actor, time and version', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { clock: () => 1234 });
    const first = state.transact('user:cli', () => [opened('a', 'me')]);
    const second = state.transact('supervisor', (view) => {
      assert.equal(view.get('account', 'a')?.['owner'], 'me');
      return [opened('b'), moved('a', 'b', 3)];
    });
    const [[a], [b, m]] = await Promise.all([first, second]);
    assert.ok(a !== undefined && b !== undefined && m !== undefined);
    assert.deepEqual(a, {
      hash: a.hash,
      seq: 1,
      at: 1234,
      actor: 'user:cli',
      prev: '0'.repeat(64),
      ...opened('a', 'me'),
    });
    assert.deepEqual([b.seq, b.actor, b.prev, m.seq, m.prev], [2, 'supervisor', a.hash, 3, b.hash]);
    assert.equal(
      state.canonicalState(),
      referenceState([[opened('a', 'me')], [opened('b'), moved('a', 'b', 3)]]).canonical,
    );
  });

  it('for nothing is answered at once and writes nothing', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    assert.deepEqual(await state.transact('engine', () => []), []);
    assert.equal(disk.changes, 0);
  });

  it('for nothing, since another one was accepted, is answered when that is on the disk; or fails with it', async () => {
    for (const fails of [false, true]) {
      const files = new FaultyFiles(new MemoryDisk());
      const state = await openState(files);
      const { closed: barrier, open } = gate();
      files.delay = ({ operation }) => (operation === 'datasync' ? barrier : undefined);
      files.fail = ({ operation }) => (fails && operation === 'datasync' ? { code: 'EIO' } : undefined);
      const order: string[] = [];
      const first = state
        .transact('user:cli', () => [opened('a')])
        .then(
          () => order.push('first'),
          () => order.push('first failed'),
        );
      const again = state
        .transact('user:cli', (view) => (view.get('account', 'a') === undefined ? [opened('a')] : []))
        .then(
          () => order.push('again'),
          () => order.push('again failed'),
        );
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(order, []);
      open();
      await Promise.all([first, again]);
      assert.deepEqual(order, fails ? ['first failed', 'again failed'] : ['first', 'again']);
    }
  });

  const faults: Record<
    string,
    { decide: Parameters<Awaited<ReturnType<typeof openState>>['transact']>[1]; error: object }
  > = {
    'that throws': {
      decide: () => {
        throw new CoppiceError('queue-full', 'The queue is full.', 'Wait.');
      },
      error: { code: 'queue-full' },
    },
    'whose data is not JSON': {
      decide: () => [opened('x'), noted('n'), { type: 'odd', v: 1, data: { x: NaN } }],
      error: { code: 'internal' },
    },
    'whose second event no reducer can apply': {
      decide: () => [opened('x'), unapplicable],
      error: { code: 'internal', message: /Event 3 \(unapplicable\)/ },
    },
  };
  for (const [name, { decide, error }] of Object.entries(faults)) {
    it(`${name} leaves no trace`, async () => {
      const disk = new MemoryDisk();
      const state = await openState(disk);
      await state.transact('engine', () => [opened('a')]);
      const [before, changes] = [state.canonicalState(), disk.changes];
      await assert.rejects(state.transact('engine', decide), error);
      assert.deepEqual([state.canonicalState(), disk.changes, state.lastSeq], [before, changes, 1]);
      const [record] = await state.transact('engine', () => [opened('b')]);
      assert.equal(record?.seq, 2);
    });
  }

  it('cannot be taken within another one', async () => {
    const state = await openState(new MemoryDisk());
    let inner: Promise<unknown> = Promise.resolve();
    await state.transact('engine', () => {
      inner = state.transact('engine', () => [opened('b')]);
      inner.catch(() => undefined);
      return [opened('a')];
    });
    await assert.rejects(inner, { code: 'internal' });
    assert.equal(state.lastSeq, 1);
  });

  it('cannot change what is recorded or seen afterwards', async () => {
    const state = await openState(new MemoryDisk());
    const data = { id: 'a', lines: ['one'] };
    const recorded = state.transact('engine', () => [{ type: 'noted', v: 2, data }]);
    data.lines.push('two');
    const [record] = await recorded;
    const entity = state.view.get('note', 'a');
    for (const kept of [record?.data, entity]) {
      assert.deepEqual<unknown>(kept, { id: 'a', lines: ['one'] });
      assert.throws(() => Object.assign(kept ?? {}, { id: 'b' }), TypeError);
      assert.throws(() => (kept?.['lines'] as string[]).push('three'), TypeError);
    }
  });

  it('is refused after the state is closed', async () => {
    const state = await openState(new MemoryDisk());
    const last = state.transact('engine', () => [opened('a')]);
    await state.close();
    await last;
    await state.close();
    await assert.rejects(
      state.transact('engine', () => [opened('b')]),
      { code: 'read-only' },
    );
    await assert.rejects(state.query('account'), { code: 'read-only' });
    assert.equal(state.lastSeq, 1);
  });
});

describe('1,000 concurrent decisions', () => {
  it('each see all before them and end in the same state after a restart', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 32_768, snapshotEvery: 300 });
    await state.transact('engine', () => Array.from({ length: 10 }, (_, i) => opened(`a${i}`)));
    const total = (): number =>
      Array.from(state.view.all('account')).reduce((sum, { balance }) => sum + Number(balance), 0);
    let refused = 0;
    const work = Array.from({ length: 1000 }, async (_, i) => {
      if (i % 7 === 0) await new Promise(setImmediate);
      const [from, to] = [`a${i % 10}`, `a${(i * 7 + 3) % 10}`];
      try {
        await state.transact(`user:${i % 3}`, (view) => {
          assert.equal(total(), 0);
          if (Number(view.get('account', from)?.['balance']) < -20)
            throw new CoppiceError('wrong-state', 'Too poor.', 'Earn.');
          return i % 5 === 0 ? [noted(`n${i}`, 'x')] : [moved(from, to, i % 11)];
        });
      } catch (error) {
        assert.ok(isCoppiceError(error, 'wrong-state'));
        refused += 1;
      }
    });
    await Promise.all(work);
    assert.ok(refused > 0 && refused < 900);
    assert.equal(state.lastSeq, 1010 - refused);
    assert.ok(Array.from(state.view.all('account')).every(({ balance }) => Number(balance) >= -31));
    assert.equal((await state.query('note')).length, Array.from(state.view.all('note')).length);
    const canonical = state.canonicalState();
    await state.close();
    assert.equal((await openState(disk)).canonicalState(), canonical);
    disk.delete(`${home}/snapshot.jsonl`);
    assert.equal((await openState(disk)).canonicalState(), canonical);
    assert.equal((await verify(disk)).ok, true);
  });
});

describe('old events', () => {
  it('are brought to the present version for everyone and stay as they are on the disk', async () => {
    const disk = new MemoryDisk();
    const old = { ...toyDomain, upcast: (record: JournalRecord) => record };
    const state = await openState(disk, { domain: { ...old, touches: () => [] } });
    await state.transact('engine', () => [notedOld('n', 'as it was')]);
    await state.close();
    const stored = disk.get(segmentPath(1));
    disk.delete(`${home}/snapshot.jsonl`);

    const again = await openState(disk);
    assert.deepEqual(again.view.get('note', 'n'), { id: 'n', lines: ['as it was'] });
    const [record] = await collect(again.records(1));
    assert.deepEqual([record?.v, record?.data], [2, { id: 'n', lines: ['as it was'] }]);
    const [fresh] = await again.transact('engine', () => [notedOld('m', 'late')]);
    assert.deepEqual([fresh?.v, fresh?.data], [2, { id: 'm', lines: ['late'] }]);
    assert.ok(disk.get(segmentPath(1)).subarray(0, stored.length).equals(stored));
    assert.match(disk.get(segmentPath(1)).toString(), /"text":"late"/);
  });

  it('of unknown types are kept and change nothing', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await state.transact('engine', () => [{ type: 'from.the.future', v: 9, data: { x: 1 } }]);
    await state.close();
    const again = await openState(disk);
    assert.deepEqual([again.lastSeq, again.canonicalState()], [1, '{}']);
  });

  it('that no reducer can apply make opening fail with the event named', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { domain: { ...toyDomain, touches: () => [] } });
    await state.transact('engine', () => [opened('a'), unapplicable]);
    await state.close();
    disk.delete(`${home}/snapshot.jsonl`);
    await assert.rejects(openState(disk), { code: 'internal', message: /Event 2 \(unapplicable\)/ });
  });
});

describe('observers', () => {
  it('are told everything once and in order, whatever the others do', async () => {
    const problems: CoppiceError[] = [];
    const state = await openState(new MemoryDisk(), { onProblem: (problem) => problems.push(problem) });
    const seen: Record<string, number[]> = { first: [], second: [], brief: [] };
    state.onRecords((records) => seen['first']?.push(...records.map(({ seq }) => seq)));
    const stop = state.onRecords((records) => {
      seen['brief']?.push(...records.map(({ seq }) => seq));
      stop();
    });
    state.onRecords(() => {
      throw new Error('clumsy');
    });
    const consequences: Promise<unknown>[] = [];
    state.onRecords((records) => {
      seen['second']?.push(...records.map(({ seq }) => seq));
      for (const { type, data } of records) {
        if (type === 'opened') consequences.push(state.transact('engine', () => [noted(String(data['id']))]));
      }
    });
    await state.transact('engine', () => [opened('a')]);
    await Promise.all([
      state.transact('engine', () => [opened('b'), opened('c')]),
      state.transact('engine', () => [closed('a')]),
    ]);
    await Promise.all(consequences);
    assert.deepEqual(seen['first'], [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(seen['second'], seen['first']);
    assert.deepEqual(seen['brief'], [1]);
    assert.ok(problems.length >= 3 && problems.every((problem) => problem.code === 'internal'));
    assert.ok(problems[0]?.cause instanceof Error && problems[0].cause.message === 'clumsy');
  });

  it('may be the same function twice, each ended on its own', async () => {
    const state = await openState(new MemoryDisk());
    let calls = 0;
    const listener = (): number => (calls += 1);
    const stop = state.onRecords(listener);
    state.onRecords(listener);
    await state.transact('engine', () => [opened('a')]);
    stop();
    stop();
    await state.transact('engine', () => [opened('b')]);
    assert.equal(calls, 3);
  });
});

describe('a problem in the background', () => {
  it('is a warning of the process unless someone listens', async () => {
    const state = await openState(new MemoryDisk(), { onProblem: undefined } as object);
    state.onRecords(() => {
      throw new Error('clumsy');
    });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await state.transact('engine', () => [opened('a')]);
    assert.match((await warned).message, /A listener failed on event 1/);
  });
});

describe('closing', () => {
  it('waits for what is under way and leaves a state that opens from its snapshot', async () => {
    const disk = new MemoryDisk();
    const files = new FaultyFiles(disk);
    const state = await openState(files);
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'datasync' ? barrier : undefined);
    const done = state.transact('engine', () => [opened('a')]);
    const closing = state.close();
    open();
    await Promise.all([done, closing]);
    const again = await openState(disk);
    assert.deepEqual([again.openReport.snapshotSeq, again.openReport.snapshotUnusable], [1, undefined]);
    assert.ok(again.view.get('account', 'a'));
  });
});
