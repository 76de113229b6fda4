import assert from 'node:assert/strict';
import { SharedTable } from '../../../src/executors/process-table-shared.ts';
import { FakeTable } from './fake-table.ts';

/** Counts the looks, and lets none end before it is told. */
class SlowTable extends FakeTable {
  readonly looks: string[] = [];
  readonly #waiting: (() => void)[] = [];

  override async list() {
    this.looks.push('list');
    const seen = await super.list();
    await this.#told();
    return seen;
  }

  override async marks(pids: readonly number[]) {
    this.looks.push(`marks of ${[...pids].sort().join()}`);
    const seen = await super.marks(pids);
    await this.#told();
    return seen;
  }

  end(): void {
    this.#waiting.shift()?.();
  }

  #told(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Lets everything happen that waits for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a process table for many who ask at once', () => {
  let table: SlowTable;
  let shared: SharedTable;
  beforeEach(() => {
    table = new SlowTable();
    table.processes = [1, 2, 3].map((pid) => ({ pid, ppid: 0, mark: { session: `s${pid}`, run: '1' } }));
    shared = new SharedTable(table);
  });

  it('looks once for all who asked before the look began, and again for those who came later', async () => {
    const early = [shared.list(), shared.list()];
    await settled();
    const late = [shared.list(), shared.list(), shared.list()];
    table.processes.push({ pid: 4, ppid: 0 });
    await settled();
    assert.deepEqual(table.looks, ['list']);
    table.end();
    assert.deepEqual(
      (await Promise.all(early)).map((seen) => seen.length),
      [3, 3],
    );
    await settled();
    table.end();
    assert.deepEqual(
      (await Promise.all(late)).map((seen) => seen.length),
      [4, 4, 4],
    );
    assert.deepEqual(table.looks, ['list', 'list']);
  });

  it('reads the marks that any of them asked for, each process once', async () => {
    const asked = [shared.marks([1, 2]), shared.marks([2, 3])];
    await settled();
    table.end();
    const [first, second] = await Promise.all(asked);
    assert.deepEqual(table.looks, ['marks of 1,2,3']);
    assert.equal(first?.get(1)?.session, 's1');
    assert.equal(second?.get(3)?.session, 's3');
  });

  it('tells all of them what went wrong, and looks again for the next', async () => {
    table.broken = new Error('no answer');
    const asked = [shared.list(), shared.list()];
    for (const each of asked) await assert.rejects(each, /no answer/);
    table.broken = undefined;
    const next = shared.list();
    await settled();
    table.end();
    assert.equal((await next).length, 3);
  });
});
