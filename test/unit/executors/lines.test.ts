import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '../../../src/executors/lines.ts';
import type { Line } from '../../../src/executors/lines.ts';

/** The obvious way, on all bytes at once. */
function reference(bytes: Buffer, offset: number): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
    lines.push({ text: bytes.toString('utf8', start, at), start: offset + start, end: offset + at + 1 });
    start = at + 1;
  }
  return lines;
}

function split(bytes: Buffer, cuts: readonly number[], splitter: LineSplitter): Line[] {
  const lines: Line[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    // The reader reuses its buffer: what was pushed is overwritten at once.
    const chunk = Buffer.from(bytes.subarray(from, to));
    lines.push(...splitter.push(chunk));
    chunk.fill(0x58);
    from = to;
  }
  return lines;
}

const bytesWithLines = fc
  .array(fc.oneof(fc.constant(10), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xf0, 0x9f, 0x8c, 0xb3)), {
    maxLength: 300,
  })
  .map((bytes) => Buffer.from(bytes));

describe('LineSplitter', () => {
  it('gives the same lines and offsets however the bytes are cut', () => {
    fc.assert(
      fc.property(bytesWithLines, fc.array(fc.nat(300)), fc.nat(10_000), (bytes, cuts, offset) => {
        const splitter = new LineSplitter(offset);
        assert.deepEqual(split(bytes, cuts, splitter), reference(bytes, offset));
        assert.equal(splitter.position, offset + bytes.length);
        const rest = bytes.subarray(bytes.lastIndexOf(10) + 1);
        const torn = splitter.flush();
        if (rest.length === 0) assert.equal(torn, undefined);
        else {
          const start = offset + bytes.length - rest.length;
          assert.deepEqual(torn, { text: rest.toString('utf8'), start, end: offset + bytes.length, torn: true });
        }
      }),
    );
  });

  it('cuts long lines at the same byte however the bytes are cut, and never loses an offset', () => {
    fc.assert(
      fc.property(bytesWithLines, fc.array(fc.nat(300)), fc.integer({ min: 1, max: 20 }), (bytes, cuts, limit) => {
        const lines = split(bytes, cuts, new LineSplitter(0, limit));
        assert.deepEqual(lines, split(bytes, [], new LineSplitter(0, limit)));
        const whole = reference(bytes, 0);
        assert.deepEqual(
          lines.map(({ start, end, truncated = 0 }) => ({ start, end, truncated })),
          whole.map(({ start, end }) => ({ start, end, truncated: Math.max(0, end - start - 1 - limit) })),
        );
      }),
    );
  });

  it('does not cut a character in two at the limit', () => {
    const [line] = new LineSplitter(0, 5).push(Buffer.from('abc🌳def\n'));
    assert.equal(line?.text, 'abc');
    assert.equal(line.truncated, 5);
  });

  it('counts what a torn line lost to the limit', () => {
    const splitter = new LineSplitter(0, 3);
    splitter.push(Buffer.from('abcdef'));
    assert.deepEqual(splitter.flush(), { text: 'abc', start: 0, end: 6, truncated: 3, torn: true });
    assert.equal(splitter.flush(), undefined);
  });

  it('drops an incomplete line on restart', () => {
    const splitter = new LineSplitter(0);
    splitter.push(Buffer.from('half'));
    splitter.restart(2);
    assert.deepEqual(splitter.push(Buffer.from('new\n')), [{ text: 'new', start: 2, end: 6 }]);
  });
});
