import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../../../src/protocol/client/connect.ts';
import type { NotificationOf } from '../../../src/protocol/client/wire.ts';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds } from '../../support/engine/world.ts';

describe('output that cannot be read', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('is looked for again after a while each time, and the work goes on when it is there', async () => {
    const world = await worlds.world({ covered: true });
    try {
      const person = new Person(world);
      await person.trust();
      const session = await person.create('#ask alpha');
      await person.sees(session, 'needs-you');
      await world.kill();
      const stream = join(world.home, 'sessions', session, 'stream.jsonl');
      await rename(stream, `${stream}.away`);
      await mkdir(stream);
      await person.sees(session, 'unknown');
      const times = await until(
        async () => {
          const found = await doubts(world.home, session);
          return found.length >= 2 ? found : undefined;
        },
        () => world.log(),
      );
      const pauses = times.slice(1).map((at, index) => at - (times[index] ?? at));
      assert.ok(Math.min(...pauses) >= 900, `looked again after ${pauses.join(', ')} ms`);
      assert.match(await whyNotFollowed(await world.connection(), session), /cannot be read: .*EISDIR/);
      await rmdir(stream);
      await rename(`${stream}.away`, stream);
      await person.answersWhenAsked(session, 'allow');
      await person.sees(session, 'reported');
    } finally {
      await world.dispose();
    }
  });
});

/** What somebody is told who follows its output at this moment. */
async function whyNotFollowed(connection: Connection, session: string): Promise<string> {
  const told: NotificationOf<'stream'>[] = [];
  const end = connection.on('stream', (each) => told.push(each));
  try {
    const { follow } = await connection.request('session/follow', { session, from: 0 });
    const of = (): NotificationOf<'stream'> | undefined => told.find((each) => each.follow === follow && each.ended);
    const { problem } = await until(of, () => JSON.stringify(told));
    return problem?.message ?? 'nothing';
  } finally {
    end();
  }
}

/** When the journal says that the state of the run is not known, in milliseconds. */
async function doubts(home: string, session: string): Promise<number[]> {
  const folder = join(home, 'journal');
  const texts = await Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .filter((line) => line.includes('"run.doubted"') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as { readonly at: number; readonly data: { readonly session: string } })
    .flatMap(({ at, data }) => (data.session === session ? [at] : []));
}
