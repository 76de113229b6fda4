import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { watch } from 'node:fs';
import { appendFile, mkdir, mkdtemp, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WatchFolder } from '../../../src/executors/change-watch.ts';
import type { Line } from '../../../src/executors/lines.ts';
import { readRange } from '../../../src/executors/read-range.ts';
import { tail } from '../../../src/executors/tail.ts';
import type { Incomplete, TailEnd, TailOptions, WriterState } from '../../../src/executors/tail.ts';

describe('tail', () => {
  let folder: string;
  let path: string;
  let abort: AbortController;
  let lines: Line[];
  let incomplete: Incomplete[];
  let writer: WriterState;
  let running: Promise<TailEnd> | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coppice-tail-'));
    path = join(folder, 'stream.jsonl');
    abort = new AbortController();
    lines = [];
    incomplete = [];
    writer = 'writing';
    running = undefined;
  });
  afterEach(async () => {
    abort.abort();
    await running?.catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });

  function follow(from = 0, options: Partial<TailOptions> = {}): Promise<TailEnd> {
    running = tail(path, from, {
      onLines: (batch) => void lines.push(...batch),
      onIncomplete: (what) => void incomplete.push(what),
      signal: abort.signal,
      writer: () => writer,
      ...options,
    });
    return running;
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !condition(); waited += 2) {
      assert.ok(waited < 5_000, `waited for ${what}; lines: ${JSON.stringify(texts())}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  function texts(): string[] {
    return lines.map(({ text }) => text);
  }

  it('hands out complete lines with their offsets, and a torn one only at the end', async () => {
    await writeFile(path, 'one\ntwo\nhal');
    const end = follow();
    await until(() => lines.length === 2, 'two lines');
    await appendFile(path, 'f\nto');
    await until(() => lines.length === 3, 'the completed line');
    writer = 'ended';
    assert.deepEqual(await end, { reason: 'ended', offset: 15, incomplete: false });
    assert.deepEqual(lines, [
      { text: 'one', start: 0, end: 4 },
      { text: 'two', start: 4, end: 8 },
      { text: 'half', start: 8, end: 13 },
      { text: 'to', start: 13, end: 15, torn: true },
    ]);
  });

  it('takes up at any offset that it handed out', async () => {
    await writeFile(path, 'ä\r\n\n🌳🌳\nlast\n');
    writer = 'ended';
    await follow();
    const all = lines;
    assert.deepEqual(texts(), ['ä\r', '', '🌳🌳', 'last']);
    for (const { end } of all) {
      lines = [];
      assert.equal((await follow(end)).offset, 19);
      assert.deepEqual(
        lines,
        all.filter((line) => line.start >= end),
      );
    }
  });

  it('keeps back a torn line when it cannot be told whether anybody writes', async () => {
    await writeFile(path, 'one\nhal');
    writer = 'unknown';
    assert.deepEqual(await follow(), { reason: 'unknown', offset: 4, incomplete: false });
    assert.deepEqual(texts(), ['one']);
  });

  it('waits for a file, and for a folder, that appear later', async () => {
    path = join(folder, 'later', 'stream.jsonl');
    const end = follow();
    await new Promise((resolve) => setTimeout(resolve, 40));
    await mkdir(join(folder, 'later'));
    await writeFile(path, 'here\n');
    await until(() => lines.length === 1, 'the line');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await appendFile(path, 'again\n');
    await until(() => lines.length === 2, 'the line');
    writer = 'ended';
    assert.equal((await end).offset, 11);
  });

  it('sees a line by the watcher alone', async () => {
    await writeFile(path, '');
    const end = follow(0, { pollMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await appendFile(path, 'watched\n');
    await until(() => lines.length === 1, 'the line, with a timer that never fires');
    abort.abort();
    assert.equal((await end).reason, 'aborted');
  });

  it('sees a line by the timer alone when a folder cannot be watched (any more)', async () => {
    let asked = 0;
    const noMoreWatchers = (): never => {
      asked += 1;
      throw Object.assign(new Error('no space left for watchers'), { code: 'ENOSPC' });
    };
    const breakingLater: WatchFolder = (folder) => {
      const watcher = watch(folder, () => undefined);
      setTimeout(() => watcher.emit('error', new Error('broken')), 5);
      return watcher;
    };
    for (const watchFolder of [noMoreWatchers, breakingLater]) {
      await writeFile(path, '');
      lines = [];
      abort = new AbortController();
      const end = follow(0, { watchFolder });
      await new Promise((resolve) => setTimeout(resolve, 60));
      await appendFile(path, 'polled\n');
      await until(() => lines.length === 1, 'the line');
      abort.abort();
      assert.equal((await end).reason, 'aborted');
    }
    assert.equal(asked, 1, 'it is not asked for again and again');
  });

  it('notices the end by a change in an end folder', async () => {
    await writeFile(path, 'x\n');
    const run = join(folder, 'run');
    await mkdir(run);
    const end = follow(0, { pollMs: 60_000, endFolders: [run] });
    await until(() => lines.length === 1, 'the line');
    await appendFile(path, 'tail\n');
    writer = 'ended';
    await writeFile(join(run, 'exit.json'), '{}');
    assert.equal((await end).offset, 7);
  });

  it('reads what was written between the last look and the end', async () => {
    await writeFile(path, 'a\n');
    const end = follow(0, {
      pollMs: 5,
      writer: async () => {
        if (lines.length === 0) return 'writing';
        await appendFile(path, 'b\nc');
        return 'ended';
      },
    });
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(texts(), ['a', 'b', 'c']);
  });

  it('reads nothing on while the handler is busy, and hands out at most 1,024 lines at a time', async () => {
    await writeFile(path, 'x\n'.repeat(5_000));
    let open = 0;
    const sizes: number[] = [];
    writer = 'ended';
    await follow(0, {
      onLines: async (batch) => {
        assert.equal((open += 1), 1);
        sizes.push(batch.length);
        await new Promise((resolve) => setTimeout(resolve, 2));
        open -= 1;
      },
    });
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      5_000,
    );
    assert.ok(Math.max(...sizes) <= 1_024);
  });

  it('ends with what a handler throws, and when aborted between two batches', async () => {
    await writeFile(path, 'x\n'.repeat(5_000));
    const failure = new Error('handler');
    await assert.rejects(follow(0, { onLines: () => Promise.reject(failure) }), failure);
    const end = await follow(0, { onLines: () => abort.abort() });
    assert.deepEqual(end, { reason: 'aborted', offset: 2_048, incomplete: false });
  });

  it('replaces bytes that are not UTF-8', async () => {
    await writeFile(path, Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xf0, 0x9f, 0x0a, 0x00, 0x0a]));
    writer = 'ended';
    await follow();
    assert.deepEqual(texts(), ['a\ufffd\ufffdb', '\ufffd', '\0']);
    assert.equal(lines.at(-1)?.end, 10);
  });

  it('puts together characters that were written byte by byte', async () => {
    await writeFile(path, '');
    const end = follow(0, { pollMs: 1 });
    for (const byte of Buffer.from('🌳ä🌳\n')) {
      await appendFile(path, Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => lines.length === 1, 'the line');
    assert.deepEqual(texts(), ['🌳ä🌳']);
    writer = 'ended';
    await end;
  });

  it('reports a truncation and reads on from the new end of the file', async () => {
    await writeFile(path, 'first\nsecond\n');
    const end = follow(0, { pollMs: 10 });
    await until(() => lines.length === 2, 'two lines');
    await truncate(path, 6);
    await until(() => incomplete.length === 1, 'the report');
    await appendFile(path, 'third\n');
    await until(() => lines.length === 3, 'the line behind the cut');
    assert.deepEqual(incomplete, [{ reason: 'truncated', offset: 6, lost: 7 }]);
    assert.deepEqual(lines.at(-1), { text: 'third', start: 6, end: 12 });
    writer = 'ended';
    assert.deepEqual(await end, { reason: 'ended', offset: 12, incomplete: true });
  });

  it('reports a stored offset that lies behind the end of the file', async () => {
    await writeFile(path, 'one\n');
    writer = 'ended';
    assert.deepEqual(await follow(100), { reason: 'ended', offset: 4, incomplete: true });
    assert.deepEqual(incomplete, [{ reason: 'truncated', offset: 4, lost: 96 }]);
  });

  it('reports a replaced file once and goes on with the one that its writer has', async () => {
    const file = await open(path, 'a');
    await file.write('one\n');
    const end = follow(0, { pollMs: 10 });
    await until(() => lines.length === 1, 'the line');
    await rename(path, `${path}.old`);
    await writeFile(path, 'other\n');
    await until(() => incomplete.length === 1, 'the report');
    await file.write('two\n');
    await file.close();
    await until(() => lines.length === 2, 'the line of the writer');
    writer = 'ended';
    assert.equal((await end).incomplete, true);
    assert.deepEqual(texts(), ['one', 'two']);
    assert.equal(incomplete.length, 1);
  });

  it('names a file that cannot be read', async () => {
    await mkdir(path);
    await assert.rejects(follow(), { code: 'unreachable' });
  });

  it('keeps 8 MiB of a 50 MB line, in bounded memory, and goes on behind it', async () => {
    const file = await open(path, 'w');
    const block = Buffer.alloc(1_000_000, 'x');
    for (let i = 0; i < 50; i += 1) await file.write(block);
    await file.write('\nnext\n');
    await file.close();
    writer = 'ended';
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)), 1);
    await follow(0, { onLines: (batch) => void lines.push(...batch) });
    clearInterval(watch);
    assert.equal(lines[0]?.text.length, 8 * 1024 * 1024);
    assert.equal(lines[0].truncated, 50_000_000 - 8 * 1024 * 1024);
    assert.deepEqual(lines[1], { text: 'next', start: 50_000_001, end: 50_000_006 });
    assert.ok(peak < 40_000_000, `buffers grew by ${peak} bytes`);
  });

  it('reads 50 MB of lines in seconds', async () => {
    const line = `${JSON.stringify({ type: 'assistant', text: 'é'.repeat(90) })}\n`;
    const block = line.repeat(Math.ceil(1_000_000 / Buffer.byteLength(line)));
    const file = await open(path, 'w');
    for (let i = 0; i < 50; i += 1) await file.write(block);
    const { size } = await file.stat();
    await file.close();
    writer = 'ended';
    let count = 0;
    const begin = performance.now();
    const end = await follow(0, { onLines: (batch) => void (count += batch.length) });
    const elapsed = performance.now() - begin;
    assert.equal(end.offset, size);
    assert.equal(count, size / Buffer.byteLength(line));
    assert.ok(elapsed < 5_000, `${elapsed} ms`);
  });

  it('waits for nobody where an agent put a fifo in the place of its output', async () => {
    execFileSync('mkfifo', [path]);
    const waiting = Promise.allSettled([readRange(path, 0), follow()]);
    try {
      const ends = await waiting;
      assert.deepEqual(
        ends.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
    } finally {
      // Lets go whoever waits all the same.
      await (await open(path, 'r+')).close();
    }
  });

  describe('readRange', () => {
    it('reads a part, with a limit on lines, bytes or offset, and says where to go on', async () => {
      await writeFile(path, 'one\ntwo\nthree\ntor');
      const read = async (...args: Parameters<typeof readRange> extends [string, ...infer Rest] ? Rest : never) => {
        const range = await readRange(path, ...args);
        return [range.lines.map(({ text }) => text).join(), range.next, range.atEnd];
      };
      assert.deepEqual(await read(0), ['one,two,three', 14, true]);
      assert.deepEqual(await read(4), ['two,three', 14, true]);
      assert.deepEqual(await read(0, { maxLines: 2 }), ['one,two', 8, false]);
      assert.deepEqual(await read(0, { maxBytes: 5 }), ['one,two', 8, false]);
      assert.deepEqual(await read(0, { to: 8 }), ['one,two', 8, false]);
      assert.deepEqual(await read(8, { withTorn: true }), ['three,tor', 17, true]);
      assert.deepEqual(await read(14), ['', 14, true]);
      assert.deepEqual(await read(99), ['', 99, true]);
      path = join(folder, 'absent');
      assert.deepEqual(await read(0), ['', 0, true]);
    });
  });
});
