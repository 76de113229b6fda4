import assert from 'node:assert/strict';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { writeHashedLine } from '../../../src/state/hashed-line.ts';
import { FaultyFiles } from './faulty-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { openState, segmentPath, segmentPaths, snapshotPath, verify } from './states.ts';
import { moved, noted, opened } from './toy-domain.ts';

/** Three transactions: 1 record, 2 records, 1 record. No snapshot. Returns the canonical states after each. */
async function smallJournal(disk: MemoryDisk): Promise<string[]> {
  const state = await openState(disk, { snapshotEvery: Infinity });
  const states = [state.canonicalState()];
  for (const events of [[opened('a')], [opened('b', 'Grüße ☃'), moved('a', 'b', 5)], [moved('b', 'a', 1)]]) {
    await state.transact('engine', () => events);
    states.push(state.canonicalState());
  }
  await state.close();
  disk.delete(snapshotPath);
  return states;
}

/** A journal of at least this many segments, without a snapshot. */
async function longJournal(disk: MemoryDisk, segments: number): Promise<string> {
  const state = await openState(disk, { segmentBytes: 2048 });
  await state.transact('engine', () => [opened('a'), opened('b')]);
  for (let i = 0; segmentPaths(disk).length < segments || i < 10; i++) {
    await state.transact('engine', () => [moved('a', 'b', i), noted(`n${i}`, 'x'.repeat(i % 50))]);
  }
  const canonical = state.canonicalState();
  await state.close();
  disk.delete(snapshotPath);
  return canonical;
}

describe('a torn end of the journal', () => {
  it('is cut at every byte length of the file, and whole transactions before it stay', async () => {
    const disk = new MemoryDisk();
    const states = await smallJournal(disk);
    const whole = disk.get(segmentPath(1));
    const ends = transactionEnds(whole);
    for (let length = 0; length <= whole.length; length++) {
      const copy = disk.copy();
      copy.edit(segmentPath(1), (bytes) => bytes.subarray(0, length));
      const kept = ends.findLastIndex((end) => end <= length);
      const torn = length - Math.max(0, ends[kept] ?? 0);
      const found = await verify(copy);
      assert.deepEqual(found.ok && found.tornBytes, torn, `verify at ${length}`);
      const state = await openState(copy);
      assert.equal(state.readOnlyReason, undefined);
      assert.equal(state.openReport.tornBytes, torn);
      assert.equal(state.canonicalState(), states[Math.max(0, kept)], `state at ${length}`);
      await state.transact('engine', () => [noted('after')]);
      await state.close();
      const after = await verify(copy);
      assert.ok(after.ok && after.tornBytes === 0);
    }
  });

  it('is not cut and not an error when only reading', async () => {
    const disk = new MemoryDisk();
    const states = await smallJournal(disk);
    disk.edit(segmentPath(1), (bytes) => bytes.subarray(0, -1));
    const before = disk.changes;
    const state = await openState(disk, { readOnly: true });
    assert.equal(state.canonicalState(), states[2]);
    assert.ok(state.openReport.tornBytes > 0);
    await state.close();
    assert.equal(disk.changes, before);
  });

  it('may be in a segment that was just begun', async () => {
    const disk = new MemoryDisk();
    const canonical = await longJournal(disk, 3);
    const count = segmentPaths(disk).length;
    const header = disk.get(segmentPath(count)).indexOf('\n') + 1;
    for (const length of [0, 1, header - 1]) {
      const copy = disk.copy();
      copy.put(segmentPath(count + 1), disk.get(segmentPath(count)).subarray(0, length));
      const state = await openState(copy, { segmentBytes: 2048 });
      assert.equal(state.openReport.tornBytes, length);
      assert.equal(state.canonicalState(), canonical);
      await state.transact('engine', () => [noted('after')]);
      await state.close();
      assert.deepEqual(await verify(copy), {
        ok: true,
        records: state.lastSeq,
        segments: count + 1,
        tornBytes: 0,
      });
    }
  });
});

describe('a damaged journal', () => {
  it('is told for every flipped byte of the file, opened for reading and left as it is', async () => {
    const disk = new MemoryDisk();
    const states = await smallJournal(disk);
    const whole = disk.get(segmentPath(1));
    const ends = transactionEnds(whole);
    for (let at = 0; at < whole.length; at++) {
      const old = whole[at] ?? 0;
      const line = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
      for (const changed of [old ^ 1, old ^ 0x80, 0x00, 0x0a]) {
        if (changed === old) continue;
        disk.edit(segmentPath(1), () =>
          Buffer.concat([whole.subarray(0, at), Buffer.of(changed), whole.subarray(at + 1)]),
        );
        const found = await verify(disk);
        assert.deepEqual(
          found.ok ? found : { ...found, reason: '' },
          { ok: false, segment: '000001.jsonl', line, seq: Math.max(1, line - 1), reason: '' },
          `byte ${at} from ${old} to ${changed}`,
        );
      }
      const before = disk.changes;
      const state = await openState(disk);
      assert.ok(isCoppiceError(state.readOnlyReason, 'corrupt'));
      assert.match(state.readOnlyReason.message, new RegExp(`segment 000001.jsonl, line ${line}, record`));
      assert.equal(
        state.canonicalState(),
        states[
          Math.max(
            0,
            ends.findLastIndex((end) => end <= at),
          )
        ],
      );
      await assert.rejects(
        state.transact('engine', () => [opened('x')]),
        { code: 'corrupt' },
      );
      await state.close();
      assert.equal(disk.changes, before);
    }
  });

  it('is told at opening as well where a snapshot has what is damaged, if it is in the last segment', async () => {
    const disk = new MemoryDisk();
    const state = await openState(disk, { snapshotEvery: Infinity });
    for (const events of [[opened('a')], [opened('b'), moved('a', 'b', 5)], [moved('b', 'a', 1)]])
      await state.transact('engine', () => events);
    await state.close();
    const sound = await openState(disk);
    assert.equal(sound.openReport.snapshotSeq, 4);
    assert.equal(sound.readOnlyReason, undefined);
    await sound.close();
    const whole = disk.get(segmentPath(1));
    for (let at = 0; at < whole.length; at++) {
      const copy = disk.copy();
      copy.edit(segmentPath(1), (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 4;
        return bytes;
      });
      const line = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
      const damaged = await openState(copy);
      assert.ok(isCoppiceError(damaged.readOnlyReason, 'corrupt'), `byte ${at}`);
      assert.match(damaged.readOnlyReason.message, new RegExp(`segment 000001.jsonl, line ${line}, record`));
      await damaged.close();
    }
  });

  it('is found by verify in any segment, at the line', async () => {
    const disk = new MemoryDisk();
    await longJournal(disk, 4);
    const paths = segmentPaths(disk);
    for (const [index, path] of paths.entries()) {
      const bytes = disk.get(path);
      const line = 1 + (index % 3);
      const start = lineStart(bytes, line);
      const copy = disk.copy();
      copy.edit(segmentPath(index + 1), (content) => {
        content[start + 20] = (content[start + 20] ?? 0) ^ 4;
        return content;
      });
      const found = await verify(copy);
      assert.ok(!found.ok);
      assert.deepEqual([found.segment, found.line], [`00000${index + 1}.jsonl`, line]);
    }
  });

  const breaks: Record<string, { make: (disk: MemoryDisk) => void; place: RegExp }> = {
    'the first segment missing': {
      make: (disk) => disk.delete(segmentPath(1)),
      place: /segment 000001.jsonl, line 1, record 1: the segment is missing/,
    },
    'a segment in the middle missing': {
      make: (disk) => disk.delete(segmentPath(2)),
      place: /segment 000002.jsonl, line 1, record \d+: the segment is missing/,
    },
    'two segments swapped': {
      make: (disk) => {
        const second = disk.get(segmentPath(2));
        disk.put(segmentPath(2), disk.get(segmentPath(3)));
        disk.put(segmentPath(3), second);
      },
      place: /segment 000002.jsonl, line 1, record \d+: this is segment 3 under another name/,
    },
    'whole lines missing at the end of a sealed segment': {
      make: (disk) => disk.edit(segmentPath(2), (bytes) => bytes.subarray(0, lineStart(bytes, 4))),
      place:
        /segment 000002.jsonl, line 4, record \d+: the (records up to \d+ are missing at its end|transaction has no end)/,
    },
    'a sealed segment cut within a line': {
      make: (disk) => disk.edit(segmentPath(2), (bytes) => bytes.subarray(0, -1)),
      place: /segment 000002.jsonl, line \d+, record \d+: the line has no end/,
    },
    'a line twice': {
      make: (disk) =>
        disk.edit(segmentPath(2), (bytes) => {
          const line = bytes.subarray(lineStart(bytes, 3), lineStart(bytes, 4));
          return Buffer.concat([bytes.subarray(0, lineStart(bytes, 4)), line, bytes.subarray(lineStart(bytes, 4))]);
        }),
      place: /segment 000002.jsonl, line 4, record \d+: record \d+ stands here/,
    },
    'a line gone': {
      make: (disk) =>
        disk.edit(segmentPath(2), (bytes) =>
          Buffer.concat([bytes.subarray(0, lineStart(bytes, 3)), bytes.subarray(lineStart(bytes, 4))]),
        ),
      place: /segment 000002.jsonl, line 3, record \d+: record \d+ stands here/,
    },
    'a record of another history': {
      make: (disk) =>
        disk.edit(segmentPath(2), (bytes) => {
          const start = lineStart(bytes, 3);
          const end = lineStart(bytes, 4);
          const record = JSON.parse(bytes.toString('utf8', start, end)) as Record<string, unknown>;
          const forged = Buffer.from(`${writeHashedLine({ ...record, hash: undefined, at: 1 }).text}\n`);
          return Buffer.concat([bytes.subarray(0, start), forged, bytes.subarray(end)]);
        }),
      place: /segment 000002.jsonl, line 4, record \d+: it does not continue the record before it/,
    },
    'a copy of another segment': {
      make: (disk) => disk.put(segmentPath(2), disk.get(segmentPath(1))),
      place: /segment 000002.jsonl, line 1, record \d+: this is segment 1 under another name/,
    },
    'a header that begins elsewhere': {
      make: (disk) => rewriteHeader(disk, 1, { seq: 7 }),
      place: /segment 000001.jsonl, line 1, record 1: the first segment continues another one/,
    },
    'a header that continues another history': {
      make: (disk) => rewriteHeader(disk, 2, { prev: 'f'.repeat(64) }),
      place: /segment 000002.jsonl, line 1, record \d+: it does not continue the segment before it/,
    },
    'a header without its members': {
      make: (disk) => rewriteHeader(disk, 2, { prev: undefined }),
      place: /segment 000002.jsonl, line 1, record \d+: the header is incomplete/,
    },
  };
  for (const [name, { make, place }] of Object.entries(breaks)) {
    it(`with ${name} is named and left as it is`, async () => {
      const disk = new MemoryDisk();
      await longJournal(disk, 4);
      make(disk);
      const found = await verify(disk);
      assert.ok(!found.ok);
      assert.match(`segment ${found.segment}, line ${found.line}, record ${found.seq}: ${found.reason}`, place);
      const before = disk.changes;
      const state = await openState(disk);
      assert.ok(isCoppiceError(state.readOnlyReason, 'corrupt'));
      assert.match(state.readOnlyReason.message, place);
      assert.match(state.readOnlyReason.next, /backup/);
      // Transactions are of two records: the first of a broken one is not shown either.
      assert.ok(state.lastSeq === found.seq - 1 || state.lastSeq === found.seq - 2);
      assert.equal(await lastOf(state.records(1)), state.lastSeq);
      await state.close();
      assert.equal(disk.changes, before);
    });
  }

  it('that cannot be read is named too', async () => {
    const disk = new MemoryDisk();
    await longJournal(disk, 3);
    for (const operation of ['open', 'read'] as const) {
      const files = new FaultyFiles(disk);
      let calls = 0;
      files.fail = (call) => {
        const hit = call.operation === operation && call.path === segmentPath(2);
        return hit && ++calls === 2 ? { code: 'EIO' } : undefined;
      };
      const state = await openState(files);
      assert.match(state.readOnlyReason?.message ?? '', /segment 000002.jsonl, line 1, .*cannot be read \(EIO\)/);
      await state.close();
    }
    const files = new FaultyFiles(disk);
    files.fail = ({ operation, path }) =>
      operation === 'open' && path === segmentPath(2) ? { code: 'EACCES' } : undefined;
    const state = await openState(files);
    assert.match(state.readOnlyReason?.message ?? '', /segment 000002.jsonl, line 1, .*cannot be read \(EACCES\)/);
    files.fail = ({ operation }) => (operation === 'list' ? { code: 'EACCES' } : undefined);
    const closed = await openState(files);
    assert.match(closed.readOnlyReason?.message ?? '', /segment 000001.jsonl, line 1, .*cannot be read \(EACCES\)/);
  });
});

describe('a journal of a newer version', () => {
  it('is opened for reading if a segment has another format', async () => {
    const disk = new MemoryDisk();
    await longJournal(disk, 3);
    rewriteHeader(disk, segmentPaths(disk).length, { format: 2, extra: true });
    const before = disk.changes;
    const state = await openState(disk);
    assert.ok(isCoppiceError(state.readOnlyReason, 'version-mismatch'));
    assert.match(state.readOnlyReason.message, /format 2, this version reads 1/);
    assert.ok(state.lastSeq > 0);
    await assert.rejects(
      state.transact('engine', () => [opened('x')]),
      { code: 'version-mismatch' },
    );
    await state.close();
    assert.equal(disk.changes, before);
  });

  it('is opened for reading if a record has members that are not known', async () => {
    const disk = new MemoryDisk();
    const states = await smallJournal(disk);
    const record = {
      seq: 5,
      at: 1,
      type: 'x',
      v: 1,
      actor: 'engine',
      data: {},
      prev: lastHash(disk),
      signature: 'abc',
    };
    disk.edit(segmentPath(1), (bytes) => Buffer.concat([bytes, Buffer.from(`${writeHashedLine(record).text}\n`)]));
    const state = await openState(disk);
    assert.ok(isCoppiceError(state.readOnlyReason, 'version-mismatch'));
    assert.match(state.readOnlyReason.message, /line 6, record 5/);
    assert.equal(state.canonicalState(), states[3]);
  });
});

function lineStart(bytes: Buffer, line: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) start = bytes.indexOf('\n', start) + 1;
  return start;
}

/** Lengths of the file with 0, 1, 2 … whole transactions. */
function transactionEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf('\n') + 1, start = 0; end > 0; start = end, end = bytes.indexOf('\n', end) + 1) {
    if (!bytes.toString('utf8', start, end).includes('"more":true')) ends.push(end);
  }
  return ends;
}

function lastHash(disk: MemoryDisk): string {
  return disk.get(segmentPath(1)).toString().slice(-67, -3);
}

function rewriteHeader(disk: MemoryDisk, number: number, change: Record<string, unknown>): void {
  disk.edit(segmentPath(number), (bytes) => {
    const end = bytes.indexOf('\n');
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Record<string, unknown>;
    return Buffer.concat([
      Buffer.from(writeHashedLine({ ...header, hash: undefined, ...change }).text),
      bytes.subarray(end),
    ]);
  });
}

async function lastOf(records: AsyncIterable<{ readonly seq: number }>): Promise<number> {
  let last = 0;
  for await (const { seq } of records) last = seq;
  return last;
}
