import assert from 'node:assert/strict';
import type { Connection } from '../../src/protocol/client/connect.ts';
import type { NotificationOf } from '../../src/protocol/client/wire.ts';
import { writeHistory } from '../support/engine/history.ts';
import { Person } from '../support/engine/person.ts';
import { until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

type Records = NotificationOf<'records'>['records'];

/** Longest time after which everybody sees what one did, in milliseconds. */
const sameWithinMs = 1000;
/** Far above what it takes (see the benchmarks), so that a busy machine does not matter. */
const reopenMs = 5000;

describe('an engine that several front ends share', function () {
  this.timeout(120_000);
  let worlds: Worlds;
  let world: World;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  afterEach(async () => world.dispose());

  it(`shows all of them the same within ${sameWithinMs} ms`, async () => {
    world = await worlds.world({ covered: true });
    const person = new Person(world);
    await person.trust();
    const watchers = [await watch(await world.another('one')), await watch(await world.another('two'))];
    const session = await person.create('alpha #ask');
    await person.sees(session, 'needs-you');
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    await person.ask('session/archive', { session });

    const { lastSeq } = await person.ask('engine/status', {});
    for (const { connection, records, lags } of watchers) {
      await until(
        () => (records.length === lastSeq ? true : undefined),
        () => `${records.length} of ${lastSeq} records`,
        5000,
      );
      assert.deepEqual(
        records.map(({ seq }) => seq),
        Array.from({ length: lastSeq }, (_, index) => index + 1),
        'each record once, in order',
      );
      assert.ok(Math.max(...lags) < sameWithinMs, `seen after ${Math.max(...lags)} ms`);
      const show = async (from: Connection): Promise<unknown> => from.request('session/show', { session });
      assert.deepEqual(await show(connection), await show(await world.connection()));
      connection.dispose();
    }
    assert.deepEqual(watchers[0]?.records, watchers[1]?.records);
  });

  it(`answers within ${reopenMs / 1000} s after a restart with 1,000 sessions, 48 of them live`, async () => {
    world = await worlds.world();
    const history = await writeHistory(world, { sessions: 1000, live: 48 });
    try {
      for (const how of ['with a snapshot', 'after kill -9']) {
        const begin = performance.now();
        const connection = await world.connection();
        const { sessions } = await connection.request('session/list', {});
        const ms = Math.round(performance.now() - begin);
        process.stdout.write(`      reopened ${how} in ${ms} ms\n`);
        assert.equal(sessions.length, 1000);
        assert.deepEqual(
          sessions.filter(({ status }) => status === 'running').map(({ id }) => id),
          history.live,
        );
        assert.ok(ms < reopenMs, `${ms} ms`);
        assert.equal(new Set(world.processes().map(({ session }) => session)).size, 48, 'every agent runs on');
        await world.kill();
      }
    } finally {
      await history.dispose();
    }
  });
});

interface Watcher {
  readonly connection: Connection;
  readonly records: Records;
  /** Milliseconds from the journal's clock to the notification, for records that came live. */
  readonly lags: readonly number[];
}

async function watch(connection: Connection): Promise<Watcher> {
  const records: Records = [];
  const lags: number[] = [];
  const begin = Date.now();
  connection.on('records', (batch) => {
    for (const record of batch.records) {
      records.push(record);
      if (record.at > begin) lags.push(Date.now() - record.at);
    }
  });
  await connection.request('events/subscribe', { from: 1 });
  return { connection, records, lags };
}
