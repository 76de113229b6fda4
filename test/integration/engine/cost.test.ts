import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Person } from '../../support/engine/person.ts';
import { Worlds } from '../../support/engine/world.ts';

const usage = { inputTokens: 10, outputTokens: 5, costUsd: 0.25 };
const result = JSON.stringify({ type: 'result', outcome: 'success', reason: 'done', usage });
/** Says of each of its turns what it cost. */
const script = `while read -r line; do
  id="\${line#*\\"id\\":\\"}"
  printf '{"type":"prompt","id":"%s"}\\n' "\${id%%\\"*}"
  printf '%s\\n' '${result}'
done`;
const command = ['/bin/sh', '-c', script, 'agent'];
const config = `    dear:\n      command: ${JSON.stringify(command)}\n      output: live\n`;

describe('what work costs', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('is told nowhere with a subscription, and everywhere as soon as it is metered', async () => {
    const world = await worlds.world({ config, covered: true });
    try {
      const person = new Person(world);
      await person.trust();
      const session = await person.create('count', { agent: 'dear' });
      await person.sees(session, 'reported');
      assert.deepEqual(await told(person, session), []);
      assert.deepEqual(
        [(await person.show(session)).usage.inputTokens, (await person.show(session)).usage.outputTokens],
        [10, 5],
      );

      await appendFile(join(world.home, 'config.yaml'), 'budget:\n  billing: metered\n');
      assert.deepEqual(await told(person, session), [
        ...['list 0.25', 'show 0.25', 'logs 0.25', 'follow 0.25'],
        ...['checkpoints 0.25', 'named 0.25', 'taken 0.25'],
      ]);
      await world.stop();
    } finally {
      await world.dispose();
    }
  });
});

/** Where front ends are told an amount, and which. */
async function told(person: Person, session: string): Promise<string[]> {
  const logs = await person.ask('session/logs', { session, from: 0, limit: 100 });
  const { checkpoints } = await person.ask('checkpoint/list', { session });
  const answers = {
    list: await person.list(),
    show: await person.show(session),
    logs,
    follow: await followed(person, session),
    checkpoints: checkpoints.filter(({ kind }) => kind === 'turn-end'),
    named: await person.ask('checkpoint/name', { session, n: checkpoints.at(-1)?.n ?? 0, name: 'end' }),
    taken: await person.ask('checkpoint/take', { session }),
  };
  return Object.entries(answers).flatMap(([name, answer]) =>
    [...JSON.stringify(answer).matchAll(/"costUsd":([\d.]+)/gu)].map(([, amount = '']) => `${name} ${amount}`),
  );
}

/** All that somebody hears who follows the session from its start to its end. */
async function followed(person: Person, session: string): Promise<readonly unknown[]> {
  const connection = await person.world.connection();
  const heard: unknown[] = [];
  let quiet = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    quiet = connection.on('stream', ({ events, ended: over }) => {
      heard.push(...events);
      if (over) resolve();
    });
  });
  await connection.request('session/follow', { session, from: 0 });
  await ended.finally(quiet);
  return heard;
}
