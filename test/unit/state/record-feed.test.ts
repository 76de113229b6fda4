import assert from 'node:assert/strict';
import type { StateManager } from '../../../src/state/state-manager.ts';
import { FaultyFiles } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { collect, gate, openState, segmentPath } from './states.ts';
import { noted } from './toy-domain.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

async function write(state: StateManager, count: number): Promise<void> {
  for (let done = 0; done < count;) {
    const group = Math.min(count - done, 50);
    await Promise.all(
      Array.from({ length: group }, (_, i) => state.transact('engine', () => [noted(`n${(done + i) % 9}`)])),
    );
    done += group;
  }
}

const upTo = (from: number, last: number): number[] => Array.from({ length: last - from + 1 }, (_, i) => from + i);

describe('a subscription', () => {
  it('gets every record from its beginning exactly once and in order, while others write', async () => {
    const state = await openState(new MemoryDisk(), { segmentBytes: 32_768 });
    await write(state, 2500);
    const end = new AbortController();
    const froms = [1, 2, 700, 1499, 1500, 1501, 2400, 2500, 2501];
    const seen = froms.map(() => [] as number[]);
    const subscriptions = froms.map((from, index) =>
      state.subscribe(
        from,
        async (records) => {
          seen[index]?.push(...records.map(({ seq }) => seq));
          if (index % 3 === 0) await turn();
        },
        end.signal,
      ),
    );
    const late = upTo(1, 20).map(async (i) => {
      for (let j = 0; j < i; j++) await turn();
      const from = state.lastSeq + 1 - (i % 5);
      const own: number[] = [];
      froms.push(from);
      seen.push(own);
      subscriptions.push(
        state.subscribe(from, (records) => void own.push(...records.map(({ seq }) => seq)), end.signal),
      );
      await write(state, 60);
    });
    await write(state, 1000);
    await Promise.all(late);
    while (seen.some((own) => own.at(-1) !== 4700)) await turn();
    end.abort();
    await Promise.all(subscriptions);
    for (const [index, from] of froms.entries()) assert.deepEqual(seen[index], upTo(from, 4700), `from ${from}`);
  });

  it('waits for its receiver, and a slow one holds up nobody', async () => {
    const state = await openState(new MemoryDisk());
    const { closed: barrier, open } = gate();
    const end = new AbortController();
    const slow: number[] = [];
    let running = 0;
    const subscription = state.subscribe(
      1,
      async (records) => {
        running += 1;
        assert.equal(running, 1);
        await barrier;
        slow.push(...records.map(({ seq }) => seq));
        running -= 1;
      },
      end.signal,
    );
    await write(state, 3000);
    assert.deepEqual(slow, []);
    open();
    while (slow.length < 3000) await turn();
    end.abort();
    await subscription;
    assert.deepEqual(slow, upTo(1, 3000));
  });

  it('ends with the signal, also in the middle of a replay or when there is nothing to do', async () => {
    const state = await openState(new MemoryDisk(), { segmentBytes: 8192 });
    await write(state, 3000);
    const early = new AbortController();
    let batches = 0;
    await state.subscribe(
      1,
      () => {
        batches += 1;
        early.abort();
      },
      early.signal,
    );
    assert.equal(batches, 1);
    const idle = new AbortController();
    const waiting = state.subscribe(3001, () => assert.fail(), idle.signal);
    await turn();
    idle.abort();
    await waiting;
    await state.subscribe(1, () => assert.fail(), AbortSignal.abort());
  });

  it('ends when the state is closed, with everything delivered', async () => {
    const state = await openState(new MemoryDisk());
    const seen: number[] = [];
    const subscription = state.subscribe(
      1,
      (records) => void seen.push(...records.map(({ seq }) => seq)),
      new AbortController().signal,
    );
    const writing = write(state, 40);
    await state.close();
    await Promise.all([subscription, writing]);
    assert.deepEqual(seen, upTo(1, 40));
  });

  it('fails if the receiver throws, if it begins beyond the end, or if the records cannot be read', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 8192 });
    await write(state, 3000);
    const { signal } = new AbortController();
    await assert.rejects(
      state.subscribe(
        2990,
        () => {
          throw new Error('gone');
        },
        signal,
      ),
      /gone/,
    );
    for (const from of [0, -1, 3002]) {
      await assert.rejects(
        state.subscribe(from, () => undefined, signal),
        { code: 'bad-usage', message: /1 to 3000/ },
      );
    }
    disk.edit(segmentPath(2), (bytes) => bytes.fill(0x20, 1000, 1001));
    await assert.rejects(
      state.subscribe(1, () => undefined, signal),
      { code: 'corrupt', message: /segment 000002.jsonl/ },
    );
    disk.edit(segmentPath(1), (bytes) => bytes.subarray(0, -1));
    await assert.rejects(
      state.subscribe(1, () => undefined, signal),
      { code: 'corrupt', message: /segment 000001.jsonl/ },
    );
  });
});

describe('records', () => {
  it('are read from any one on, from the disk or from memory, and end at the last', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 8192 });
    await write(state, 2600);
    for (const from of [1, 500, 1599, 1600, 2600]) {
      assert.deepEqual(
        (await collect(state.records(from))).map(({ seq }) => seq),
        upTo(from, 2600),
      );
    }
    assert.deepEqual(await collect(state.records(2601)), []);
    await state.close();
    const again = await openState(disk);
    assert.deepEqual(
      (await collect(again.records(2550))).map(({ seq }) => seq),
      upTo(2550, 2600),
    );
  });

  it('that are not on the disk yet are not given, though their bytes are in the file', async () => {
    const files = new FaultyFiles(new MemoryDisk());
    const state = await openState(files);
    await write(state, 5);
    await state.close();
    const again = await openState(files);
    const { closed: barrier, open } = gate();
    files.delay = ({ operation }) => (operation === 'datasync' ? barrier : undefined);
    const pending = again.transact('engine', () => [noted('late')]);
    for (let i = 0; i < 10; i++) await turn();
    assert.equal((await collect(again.records(1))).length, 5);
    open();
    await pending;
    assert.equal((await collect(again.records(1))).length, 6);
  });

  it('that have gone from the disk while it is open are told as damage', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk);
    await write(state, 2500);
    disk.edit(segmentPath(1), (bytes) => bytes.subarray(0, 1000));
    await assert.rejects(collect(state.records(1)), {
      code: 'corrupt',
      message: /ends before records that were on the disk/,
    });
    assert.equal((await state.verify()).ok, false);
  });
});
