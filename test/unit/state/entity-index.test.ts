import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { EntityQuery } from '../../../src/state/entity-query.ts';
import type { StateManager } from '../../../src/state/state-manager.ts';
import { MemoryDisk } from './memory-disk.ts';
import { openState } from './states.ts';
import { closed, moved, noted, opened, toyDomain } from './toy-domain.ts';

async function bank(): Promise<StateManager> {
  const state = await openState(new MemoryDisk());
  await state.transact('engine', () => [
    opened('a', 'me'),
    opened('b', 'you'),
    opened('c', "x'; DROP TABLE account; --"),
    opened('d'),
  ]);
  await state.transact('engine', () => [moved('a', 'b', 5), moved('c', 'd', 7), noted('n', 'x', 'y')]);
  return state;
}

const ids = async (state: StateManager, query?: EntityQuery): Promise<string[]> =>
  (await state.query('account', query)).map(({ id }) => id);

describe('a query', () => {
  it('finds entities by their columns and gives what is in memory', async () => {
    const state = await bank();
    assert.deepEqual(await ids(state), ['a', 'b', 'c', 'd']);
    assert.deepEqual(await ids(state, { where: { owner: 'me' } }), ['a']);
    assert.deepEqual(await ids(state, { where: { id: 'b' } }), ['b']);
    assert.deepEqual(await ids(state, { where: { owner: { in: ['me', 'you', 'nobody else'] } } }), ['a', 'b']);
    assert.deepEqual(await ids(state, { where: { owner: { in: [] } } }), []);
    assert.deepEqual(await ids(state, { where: { owner: { not: 'me' }, balance: { gte: 5, lt: 7 } } }), ['b']);
    assert.deepEqual(await ids(state, { where: { balance: { lte: -5, gt: -7 } } }), ['a']);
    assert.deepEqual(await ids(state, { where: { balance: null } }), []);
    assert.deepEqual(await ids(state, { where: { balance: { not: null } }, limit: 2, offset: 1 }), ['b', 'c']);
    assert.deepEqual(await ids(state, { orderBy: [{ column: 'balance', descending: true }] }), ['d', 'b', 'a', 'c']);
    assert.deepEqual(await ids(state, { orderBy: [{ column: 'owner' }, { column: 'id' }], offset: 3 }), ['b']);
    const [found] = await state.query('account', { where: { owner: "x'; DROP TABLE account; --" } });
    assert.equal(found?.entity, state.view.get('account', 'c'));
  });

  it('follows every change', async () => {
    const state = await bank();
    assert.deepEqual(await ids(state, { where: { owner: 'new' } }), []);
    await state.transact('engine', () => [opened('e', 'new'), closed('a'), moved('b', 'd', 100)]);
    assert.deepEqual(await ids(state, { where: { owner: 'new' } }), ['e']);
    assert.deepEqual(await ids(state, { where: { balance: { gt: 0 } } }), ['d']);
    await state.transact('engine', () => [closed('e'), opened('a', 'again')]);
    assert.deepEqual(await ids(state, { orderBy: [{ column: 'owner' }] }), ['a', 'd', 'c', 'b']);
  });

  it('sees what is accepted while the tables are being made', async () => {
    const state = await bank();
    const asked = ids(state);
    const writing = state.transact('engine', () => [opened('e')]);
    assert.ok((await asked).length >= 4);
    await writing;
    assert.deepEqual(await ids(state), ['a', 'b', 'c', 'd', 'e']);
  });

  it('is refused if it cannot be meant', async () => {
    const state = await bank();
    const bad: readonly [string, EntityQuery][] = [
      ['nothing', {}],
      ['account', { where: { 'owner" OR 1=1 --': 'x' } }],
      ['account', { orderBy: [{ column: 'json' }] }],
      ['account', { limit: -1 }],
      ['account', { limit: 1.5 }],
      ['account', { offset: NaN }],
    ];
    for (const [kind, query] of bad) await assert.rejects(state.query(kind, query), { code: 'bad-usage' });
    assert.deepEqual(await ids(state, { limit: 0 }), []);
  });

  it('answers like a loop over the entities', async () => {
    const accounts = fc.array(
      fc.record({ owner: fc.string({ maxLength: 2 }), amount: fc.integer({ min: -3, max: 3 }) }),
      { maxLength: 12 },
    );
    const bound = fc.integer({ min: -3, max: 3 });
    await fc.assert(
      fc.asyncProperty(accounts, bound, bound, fc.boolean(), async (list, low, high, descending) => {
        const state = await openState(new MemoryDisk());
        await state.transact('engine', () => [
          opened('bank'),
          ...list.flatMap(({ owner, amount }, i) => [opened(`a${i}`, owner), moved('bank', `a${i}`, amount)]),
        ]);
        const query = { where: { balance: { gte: low, lte: high } }, orderBy: [{ column: 'balance', descending }] };
        const expected = Array.from(state.view.all('account'))
          .map((entity) => ({ id: String(entity['id']), balance: Number(entity['balance']) }))
          .filter(({ balance }) => balance >= low && balance <= high)
          .sort((a, b) => (descending ? b.balance - a.balance : a.balance - b.balance) || (a.id < b.id ? -1 : 1));
        assert.deepEqual(
          await ids(state, query),
          expected.map(({ id }) => id),
        );
        await state.close();
      }),
      { numRuns: 20 },
    );
  });
});

describe('SQL', () => {
  it('answers one SELECT over tables of id, json and columns', async () => {
    const state = await bank();
    assert.deepEqual(
      await state.sql(
        "SELECT owner, count(*) AS n, json_extract(json, '$.history[0].amount') AS first FROM account WHERE balance > ? GROUP BY owner",
        [0],
      ),
      [
        { owner: 'nobody', n: 1, first: 7 },
        { owner: 'you', n: 1, first: 5 },
      ],
    );
    assert.deepEqual(await state.sql('WITH t AS (SELECT size FROM note) SELECT * FROM t;'), [{ size: 2 }]);
  });

  it('changes nothing', async () => {
    const state = await bank();
    const statements = [
      'DELETE FROM account',
      'PRAGMA query_only = OFF',
      'SELECT 1; DELETE FROM account',
      'WITH t AS (SELECT 1) DELETE FROM account',
      "WITH t AS (SELECT 'z') INSERT INTO account (id, json) SELECT *, 1 FROM t",
      'SELECT * FROM nothing',
      'SELECT ?',
      '',
    ];
    for (const statement of statements) {
      const params = statement === 'SELECT ?' ? [1, 2] : [];
      await assert.rejects(state.sql(statement, params), { code: 'bad-usage' }, statement);
    }
    assert.equal((await ids(state)).length, 4);
  });
});

describe('the index', () => {
  it('takes its engine from a given file, and can be tried again if that is missing', async () => {
    const wasm = createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
    const found = await openState(new MemoryDisk(), { sqlWasm: wasm });
    assert.deepEqual(await found.query('account'), []);
    const missing = await openState(new MemoryDisk(), { sqlWasm: `${wasm}.gone` });
    for (let i = 0; i < 2; i++) await assert.rejects(missing.query('account'), { code: 'ENOENT' });
  });

  it('keeps serving after a rule for columns failed', async () => {
    let broken = true;
    const columnsOf: typeof toyDomain.columnsOf = (kind, entity) => {
      if (broken && entity['id'] === 'b') throw new Error('no columns');
      return kind === 'account' ? { balance: 1 } : {};
    };
    const state = await openState(new MemoryDisk(), { domain: { ...toyDomain, columnsOf } });
    await state.query('account');
    await state.transact('engine', () => [opened('a'), opened('b')]);
    await assert.rejects(state.query('account'), /no columns/);
    broken = false;
    assert.deepEqual(await ids(state, { where: { owner: null } }), ['a', 'b'], 'a missing column is null');
  });

  it('leaves out kinds that the domain gives no columns', async () => {
    const state = await openState(new MemoryDisk(), { domain: { ...toyDomain, columns: { account: ['balance'] } } });
    await state.query('account');
    await state.transact('engine', () => [opened('a'), noted('n')]);
    assert.deepEqual(await ids(state), ['a']);
    await assert.rejects(state.query('note'), { code: 'bad-usage' });
  });
});
