import assert from 'node:assert/strict';
import type { CoppiceError } from '../../../src/core/errors.ts';
import { FaultyFiles } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { gate, home, openState, segmentPath, segmentPaths, snapshotPath } from './states.ts';
import { closed, makeToyDomain, moved, noted, opened, toyDomain } from './toy-domain.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

/** A closed state of some records; returns its canonical JSON. */
async function fill(disk: MemoryDisk, segmentBytes = 65_536): Promise<string> {
  const state = await openState(disk, { segmentBytes });
  await state.transact('engine', () => [opened('z', 'ü'), opened('a'), moved('z', 'a', 1), noted('n', '☃')]);
  await state.transact('engine', () => [closed('z'), opened('z')]);
  await state.close();
  return state.canonicalState();
}

describe('a snapshot', () => {
  it('is a header and the entities as they were made', async () => {
    const disk = new MemoryDisk();
    await fill(disk);
    const [header, ...lines] = disk.get(snapshotPath).toString().trimEnd().split('\n');
    const { checksum, hash, ...rest } = JSON.parse(header ?? '') as Record<string, unknown>;
    assert.deepEqual(rest, { format: 1, reducerVersion: 1, seq: 6, counts: { account: 2, note: 1 } });
    assert.match(String(checksum), /^[0-9a-f]{64}$/);
    assert.equal(hash, disk.get(segmentPath(1)).toString().slice(-67, -3));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [
        {
          kind: 'account',
          id: 'a',
          entity: { id: 'a', owner: 'nobody', balance: 1, history: [{ seq: 3, amount: 1 }] },
        },
        { kind: 'account', id: 'z', entity: { id: 'z', owner: 'nobody', balance: 0, history: [] } },
        { kind: 'note', id: 'n', entity: { id: 'n', lines: ['☃'] } },
      ],
    );
  });

  it('that is damaged at any byte or cut at any length is not used and does no harm', async () => {
    const disk = new MemoryDisk();
    const canonical = await fill(disk);
    const whole = disk.get(snapshotPath);
    const check = async (bytes: Buffer, what: string): Promise<void> => {
      const copy = disk.copy();
      copy.put(snapshotPath, bytes);
      const state = await openState(copy, { readOnly: true });
      assert.equal(state.readOnlyReason?.code, 'read-only');
      assert.equal(state.openReport.snapshotSeq, 0, what);
      assert.match(state.openReport.snapshotUnusable ?? '', /damaged|checksum/);
      assert.equal(state.canonicalState(), canonical);
      await state.close();
    };
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.of((whole[at] ?? 0) ^ (1 << (at % 8)));
      await check(Buffer.concat([whole.subarray(0, at), changed, whole.subarray(at + 1)]), `flip ${at}`);
      await check(whole.subarray(0, at), `cut ${at}`);
    }
  });

  const unusable: Record<string, { make: (disk: MemoryDisk) => void; why: RegExp }> = {
    'that is not there': { make: (disk) => disk.delete(snapshotPath), why: /there is none/ },
    'of other reducers': { make: () => undefined, why: /reducers of version 1/ },
  };
  for (const [name, { make, why }] of Object.entries(unusable)) {
    it(`${name} means a full replay, and the report says so`, async () => {
      const disk = new MemoryDisk();
      const canonical = await fill(disk);
      make(disk);
      const state = await openState(disk, { domain: makeToyDomain(2) });
      assert.match(state.openReport.snapshotUnusable ?? '', why);
      assert.deepEqual([state.openReport.snapshotSeq, state.openReport.lastSeq], [0, 6]);
      assert.equal(state.canonicalState(), canonical);
      await state.close();
      const again = await openState(disk, { domain: makeToyDomain(2) });
      assert.equal(again.openReport.snapshotSeq, 6, 'closing made a fresh one');
    });
  }

  it('of another history is not used', async () => {
    const [disk, other] = [new MemoryDisk(), new MemoryDisk()];
    await fill(disk);
    const state = await openState(other);
    for (let i = 0; i < 8; i++) await state.transact('engine', () => [opened(`other${i}`)]);
    await state.close();
    other.put(snapshotPath, disk.get(snapshotPath));
    const again = await openState(other);
    assert.match(again.openReport.snapshotUnusable ?? '', /does not confirm/);
    assert.equal(again.canonicalState(), state.canonicalState());
    assert.equal(again.readOnlyReason, undefined);
  });

  it('that cannot be read is not used', async () => {
    const disk = new MemoryDisk();
    const canonical = await fill(disk);
    const files = new FaultyFiles(disk);
    files.fail = ({ operation, path }) => (operation === 'read' && path === snapshotPath ? { code: 'EIO' } : undefined);
    const state = await openState(files);
    assert.match(state.openReport.snapshotUnusable ?? '', /cannot be read \(EIO\)/);
    assert.equal(state.canonicalState(), canonical);
  });

  it('proves that records are missing at the end of the journal', async () => {
    const disk = new MemoryDisk();
    await fill(disk);
    for (const cut of ['a line', 'the segment']) {
      const copy = disk.copy();
      if (cut === 'the segment') copy.delete(segmentPath(1));
      else copy.edit(segmentPath(1), (bytes) => bytes.subarray(0, bytes.lastIndexOf('\n', bytes.length - 2) + 1));
      const changes = copy.changes;
      const state = await openState(copy);
      assert.equal(state.readOnlyReason?.code, 'corrupt');
      assert.match(state.readOnlyReason.message, /the records up to 6 are missing \(remove snapshot.jsonl/);
      assert.equal((await state.verify()).ok, false, 'what is missing does not show in what is there');
      await state.close();
      assert.equal(copy.changes, changes);
      copy.delete(snapshotPath);
      assert.equal((await openState(copy)).readOnlyReason, undefined);
    }
  });

  it('is used although an older segment is damaged, which verify still finds', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 2048 });
    for (let i = 0; i < 20; i++) await state.transact('engine', () => [opened(`a${i}`)]);
    await state.close();
    disk.edit(segmentPath(1), (bytes) => bytes.fill(0x20, 600, 601));
    const again = await openState(disk);
    assert.equal(again.readOnlyReason, undefined);
    assert.equal(again.canonicalState(), state.canonicalState());
    const found = await again.verify();
    assert.ok(!found.ok && found.segment === '000001.jsonl');
  });

  it('is not used when a sealed segment has another length than when it was sealed', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { segmentBytes: 2048 });
    for (let i = 0; i < 20; i++) await state.transact('engine', () => [opened(`a${i}`)]);
    await state.close();
    disk.edit(segmentPath(1), (bytes) => bytes.subarray(0, -1));
    const again = await openState(disk);
    assert.match(again.openReport.snapshotUnusable ?? '', /from its beginning/);
    assert.equal(again.readOnlyReason?.code, 'corrupt');
  });

  it('is older than the records of later segments, which are then replayed', async () => {
    const disk = new MemoryDisk();
    await fill(disk, 2048);
    const older = disk.get(snapshotPath);
    const state = await openState(disk, { segmentBytes: 2048 });
    for (let i = 0; i < 30; i++) await state.transact('engine', () => [opened(`a${i}`), moved('a', `a${i}`, i)]);
    await state.close();
    assert.ok(segmentPaths(disk).length > 3);
    disk.put(snapshotPath, older);
    const again = await openState(disk, { segmentBytes: 2048 });
    assert.equal(again.openReport.snapshotSeq, 6);
    assert.equal(again.canonicalState(), state.canonicalState());
  });
});

describe('snapshots in the background', () => {
  it('are made after so many records, of what is on the disk alone', async () => {
    const disk = new MemoryDisk();
    const files = new FaultyFiles(disk);
    const state = await openState(files, { snapshotEvery: 10 });
    for (let i = 0; i < 9; i++) await state.transact('engine', () => [opened(`a${i}`)]);
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(files.count('rename'), 0);
    const [first, second] = [gate(), gate()];
    const gates = [first.closed, second.closed];
    files.delay = ({ operation, path }) =>
      operation === 'datasync' && path.includes('journal') ? gates.shift() : undefined;
    const tenth = state.transact('engine', () => [opened('a9')]);
    while (gates.length === 2) await turn();
    const eleventh = state.transact('engine', () => [opened('a10')]);
    first.open();
    await tenth;
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(files.count('rename'), 0, 'the state has record 11, the disk may not');
    second.open();
    await eleventh;
    while (files.count('rename') === 0) await turn();
    assert.match(disk.get(snapshotPath).toString(), /"seq":11}\n/);
    await state.close();
    assert.equal((await openState(disk)).canonicalState(), state.canonicalState());
  });

  it('are not all of the event loop', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { snapshotEvery: 1000 });
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    await state.transact('engine', () => Array.from({ length: 1000 }, (_, i) => opened(`a${i}`)));
    count();
    while (!disk.paths(home).includes(snapshotPath)) await turn();
    counting = false;
    assert.ok(turns >= 5, `${turns} turns in between`);
  });

  it('that fail are told and change nothing else', async () => {
    const problems: CoppiceError[] = [];
    const files = new FaultyFiles(new MemoryDisk());
    files.fail = ({ operation, path }) =>
      operation === 'rename' && path === snapshotPath ? { code: 'ENOSPC' } : undefined;
    const state = await openState(files, { snapshotEvery: 3, onProblem: (problem) => problems.push(problem) });
    for (let i = 0; i < 4; i++) await state.transact('engine', () => [opened(`a${i}`)]);
    while (problems.length === 0) await turn();
    assert.match(problems[0]?.message ?? '', /snapshot/);
    await state.transact('engine', () => [opened('b')]);
    await state.close();
    assert.equal(problems.length, 2, 'and once more at closing');
    assert.deepEqual(await files.list(home), [], 'no temporary file is left');
    files.fail = () => undefined;
    assert.equal((await openState(files)).canonicalState(), state.canonicalState());
  });

  it('that a killed process left half-written are swept at the next start', async () => {
    const disk = new MemoryDisk();
    await fill(disk);
    disk.put(`${home}/.snapshot.jsonl.0123456789abcdef.tmp`, Buffer.from('half'));
    disk.put(`${home}/.mine.tmp`, Buffer.from('keep'));
    const reading = await openState(disk, { readOnly: true, domain: toyDomain });
    await reading.close();
    assert.equal(disk.paths(home).length, 3);
    await openState(disk);
    assert.deepEqual(disk.paths(home), [`${home}/.mine.tmp`, snapshotPath]);
  });
});
