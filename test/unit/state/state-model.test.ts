/**
 * The state against the plainest model there is, a list of transactions, over any sequence of concurrent decisions, restarts
 * with all kinds of snapshots, and power cuts in the middle of any change of the disk.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NewEvent } from '../../../src/core/domain.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import { MemoryDisk } from './memory-disk.ts';
import { referenceState } from './reference.ts';
import type { Transactions } from './reference.ts';
import { home, snapshotPath, verify } from './states.ts';
import { closed, makeToyDomain, moved, noted, notedOld, opened, toyDomain } from './toy-domain.ts';

type SnapshotFate = 'kept' | 'removed' | 'older' | 'damaged' | 'other reducers';

type Step =
  | { readonly kind: 'decide'; readonly transactions: Transactions }
  | { readonly kind: 'restart'; readonly snapshot: SnapshotFate; readonly at: number }
  | {
      readonly kind: 'power cut';
      readonly transactions: Transactions;
      readonly after: number;
      readonly fate: readonly number[];
    };

const id = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');
const event: fc.Arbitrary<NewEvent> = fc.oneof(
  fc.tuple(id, fc.string({ unit: 'binary', maxLength: 20 })).map(([account, owner]) => opened(account, owner)),
  fc.tuple(id, id, fc.integer()).map(([from, to, amount]) => moved(from, to, amount)),
  id.map(closed),
  fc.tuple(id, fc.array(fc.string(), { maxLength: 3 })).map(([note, lines]) => noted(note, ...lines)),
  fc.tuple(id, fc.string({ maxLength: 400 })).map(([note, text]) => notedOld(note, text)),
);
const transactions = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('decide' as const), transactions }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      snapshot: fc.constantFrom<SnapshotFate>('kept', 'removed', 'older', 'damaged', 'other reducers'),
      at: fc.nat(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('power cut' as const),
      transactions,
      after: fc.integer({ min: 1, max: 12 }),
      fate: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
    }),
  },
);

describe('any history of decisions, restarts and power cuts', () => {
  it('keeps what was acknowledged, in whole transactions, and replays to the same state', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const run = new Run();
        await run.open(toyDomain);
        for (const each of steps) await run.take(each);
        await run.end();
      }),
      { numRuns: 150 },
    );
  });
});

class Run {
  #disk = new MemoryDisk();
  #history: (readonly NewEvent[])[] = [];
  #olderSnapshot: Buffer | undefined;
  #state: StateManager | undefined;
  #reducerVersion = 0;

  async take(next: Step): Promise<void> {
    if (next.kind === 'decide') await this.#decide(next.transactions);
    else if (next.kind === 'restart') await this.#restart(next.snapshot, next.at);
    else await this.#powerCut(next.transactions, next.after, next.fate);
  }

  async open(domain = toyDomain): Promise<StateManager> {
    const options = { home, domain, clock: () => 7, fileOps: this.#disk, segmentBytes: 4096, snapshotEvery: 9 };
    this.#state = await StateManager.open({ ...options, onProblem: () => undefined });
    assert.equal(this.#state.readOnlyReason, undefined);
    this.#reducerVersion = domain.reducerVersion;
    return this.#state;
  }

  async end(): Promise<void> {
    const before = await this.#indexed();
    await this.#restart('kept', 0);
    assert.deepEqual(await this.#indexed(), before);
    await this.#state?.close();
  }

  /** The ids that the index knows, which it has learnt in another way each time. */
  async #indexed(): Promise<unknown> {
    const found = await this.#state?.sql(
      'SELECT id, json FROM account UNION ALL SELECT id, json FROM note ORDER BY id, json',
    );
    assert.equal(found?.length, Object.values(referenceState(this.#history).order).flat().length);
    return found;
  }

  async #decide(list: Transactions): Promise<void> {
    await Promise.all(list.map(async (events) => this.#state?.transact('engine', () => events)));
    this.#history.push(...list);
    await this.#check();
  }

  async #restart(snapshot: SnapshotFate, at: number): Promise<void> {
    await this.#state?.close();
    const there = this.#disk.paths(home).includes(snapshotPath);
    const present = there ? this.#disk.get(snapshotPath) : undefined;
    if (snapshot === 'removed') this.#disk.delete(snapshotPath);
    if (snapshot === 'older' && this.#olderSnapshot !== undefined) this.#disk.put(snapshotPath, this.#olderSnapshot);
    if (snapshot === 'damaged' && there) {
      this.#disk.edit(snapshotPath, (bytes) => {
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 + (at % 255));
        return bytes;
      });
    }
    this.#olderSnapshot = present;
    const reducersBefore = this.#reducerVersion;
    const state = await this.open(snapshot === 'other reducers' ? makeToyDomain(2) : toyDomain);
    const { snapshotSeq, snapshotUnusable, tornBytes } = state.openReport;
    assert.equal(tornBytes, 0);
    if (snapshot === 'kept' && reducersBefore === 1) assert.equal(snapshotSeq, state.lastSeq);
    const otherReducers = snapshot === 'other reducers' && reducersBefore === 1;
    if (snapshot === 'removed' || snapshot === 'damaged' || otherReducers) {
      assert.equal(snapshotSeq, 0);
      assert.ok(snapshotUnusable);
    }
    await this.#check();
  }

  async #powerCut(list: Transactions, after: number, fate: readonly number[]): Promise<void> {
    this.#disk.diesAt = this.#disk.changes + after;
    const outcomes = await Promise.allSettled(
      list.map(async (events) => this.#state?.transact('engine', () => events)),
    );
    await this.#state?.close();
    const rejected = outcomes.findIndex(({ status }) => status === 'rejected');
    const acknowledged = rejected < 0 ? list.length : rejected;
    assert.ok(outcomes.every(({ status }, i) => (status === 'fulfilled') === i < acknowledged));
    let turn = 0;
    this.#disk = this.#disk.powerCut((max) => (fate[turn++ % fate.length] ?? 0) % (max + 1));
    const state = await this.open();
    let [survivors, records] = [0, this.#history.flat().length];
    while (records < state.lastSeq) records += list[survivors++]?.length ?? Infinity;
    assert.equal(records, state.lastSeq, 'whole transactions');
    assert.ok(survivors >= acknowledged, `${acknowledged} acknowledged, ${survivors} survived`);
    this.#history.push(...list.slice(0, survivors));
    await this.#check();
  }

  async #check(): Promise<void> {
    const state = this.#state;
    assert.ok(state);
    const { canonical, order } = referenceState(this.#history);
    assert.equal(state.canonicalState(), canonical);
    for (const [kind, ids] of Object.entries(order)) {
      assert.deepEqual(
        Array.from(state.view.all(kind), (entity) => entity['id']),
        ids,
      );
    }
    const events = [];
    for await (const { seq, type } of state.records(1)) events.push({ seq, type });
    assert.deepEqual(
      events,
      this.#history.flat().map(({ type }, index) => ({ seq: index + 1, type })),
    );
    const found = await verify(this.#disk);
    assert.ok(found.ok && found.records === events.length && found.tornBytes === 0);
  }
}
