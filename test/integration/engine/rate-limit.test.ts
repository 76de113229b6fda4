import assert from 'node:assert/strict';
import { journalOf } from '../../support/engine/checks.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const [hour, day] = [3_600_000, 86_400_000];

/** Puts its first prompt off for as many hours as that says, and does the next one. Its prompts are kept in a file at home. */
const agent = String.raw`echo "$1" >>"$HOME/$COPPICE_SESSION"
if [ "$(wc -l <"$HOME/$COPPICE_SESSION")" = 1 ]; then
  echo "{\"type\":\"result\",\"outcome\":\"rate-limited\",\"reason\":\"rate_limit\",\"retryAfterS\":$(($1 * 3600))}"
else
  echo done >>work.txt
fi`;

describe('a session that its model’s service puts off', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => {
    worlds = await Worlds.open();
    const command = ['/bin/sh', '-c', agent, 'agent', '{prompt}'];
    const config = `    limited:\n      command: ${JSON.stringify(command)}\n      output: jsonl\n`;
    world = await worlds.world({ config, clock: true });
    person = new Person(world);
    await person.trust();
  });
  after(async () => {
    await world.dispose();
    await worlds.dispose();
  });

  /** Has the engine look at a session once more, whatever the time: a record about it does. */
  const look = (session: string, title: string): Promise<unknown> => person.ask('session/rename', { session, title });

  it('waits until the time that was announced, whichever way the clock jumps and the engine is killed, and goes on once', async () => {
    const soon = await person.create('1', { agent: 'limited' });
    const later = await person.create('5', { agent: 'limited' });
    for (const session of [soon, later]) await person.onRecord(() => person.sees(session, 'paused'));
    const { task, worktree } = await person.show(soon);
    const line = (await world.log())
      .split('\n')
      .find((each) => each.includes('puts a session off') && each.includes(soon));
    const told = JSON.parse(line ?? '{}') as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      [told['component'], told['session'], told['task'], told['worktree']],
      ['session', soon, task, worktree],
    );

    world.setClock(-day);
    for (const session of [soon, later]) await look(session, 'a day back');
    await world.kill();
    for (const session of [soon, later]) await person.sees(session, 'paused');

    world.setClock(2 * hour);
    for (const session of [soon, later]) await look(session, 'two hours on');
    await person.sees(soon, 'reported');
    await person.sees(later, 'paused');

    await world.kill();
    world.setClock(0);
    await person.sees(later, 'paused');
    await world.kill();
    world.setClock(day);
    await person.sees(later, 'reported');

    const journal = await journalOf(world);
    for (const session of [soon, later]) {
      const of = (type: string) => journal.filter((each) => each.type === type && each.data['session'] === session);
      const [paused, ...again] = of('session.paused');
      const [, second, ...more] = of('prompt.added');
      assert.deepEqual([again, more, of('turn.started').length], [[], [], 2], 'it is put off once, and goes on once');
      assert.equal(second?.data['afterWait'], true);
      assert.ok(second.at >= Number(paused?.data['until']), 'not before the time that was announced');
    }
  });
});
