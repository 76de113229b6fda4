import assert from 'node:assert/strict';
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const ui = { agent: 'once', labels: ['area:ui'] };

/** What agents noted, with the beginning of their prompts: `first begins`. */
function course(world: World): string[] {
  return world.ledger().map(({ text, what }) => `${text.split(' ')[0] ?? ''} ${what === 'prompt' ? 'begins' : 'ends'}`);
}

/** Waits until the agent of this prompt is at work. */
async function begins(world: World, name: string): Promise<void> {
  await until(
    () => (course(world).includes(`${name} begins`) ? true : undefined),
    () => `${name}: ${course(world).join()}`,
  );
}

describe('limits by label, and reserved places', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('let two sessions of an area run one after the other, over the death of the engine; others pass', async () => {
    const world = await worlds.world({ config: 'limits:\n  labels:\n    area:ui: 1\n' });
    try {
      const person = new Person(world);
      await person.trust();
      const first = await person.create('first #gate', ui);
      await begins(world, 'first');
      const second = await person.create('second', ui);
      const other = await person.create('other', { agent: 'once', labels: ['area:db'] });
      await person.sees(other, 'reported');
      await world.kill();
      const waiting = await person.show(second);
      assert.deepEqual([waiting.status, waiting.position, waiting.labels], ['queued', 1, ['area:ui']]);
      assert.equal(waiting.waiting, 'Waits for a free place with the label area:ui: 1 of 1 are taken, next in line.');
      await writeFile(`${world.ledgerPath}.gate`, '');
      for (const id of [first, second]) await person.sees(id, 'reported');
      assert.deepEqual(course(world), [
        ...['first begins', 'other begins', 'other ends', 'first ends', 'second begins', 'second ends'],
      ]);
    } finally {
      await world.dispose();
    }
  });

  it('keep a place for critical work; what may begin once they are raised begins by itself', async () => {
    const world = await worlds.world({ config: 'limits:\n  running: 2\n  reserved: 1\n' });
    try {
      const person = new Person(world);
      await person.trust();
      const first = await person.create('first #gate', { agent: 'once' });
      await begins(world, 'first');
      const normal = await person.create('normal #gate', { agent: 'once', priority: 'high' });
      assert.equal(
        (await person.show(normal)).waiting,
        'Waits for a free place: 1 of 1 are taken, next in line; 1 more for critical work alone.',
      );
      const critical = await person.create('critical #gate', { agent: 'once', priority: 'critical' });
      await begins(world, 'critical');
      assert.equal((await person.show(normal)).status, 'queued');
      const config = join(world.home, 'config.yaml');
      await writeFile(config, (await readFile(config, 'utf8')).replace('running: 2', 'running: 3'));
      await person.list();
      await begins(world, 'normal');
      await writeFile(`${world.ledgerPath}.gate`, '');
      for (const id of [first, normal, critical]) await person.sees(id, 'reported');
    } finally {
      await world.dispose();
    }
  });
});
