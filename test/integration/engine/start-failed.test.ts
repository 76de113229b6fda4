import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkEnd, linesOf } from '../../support/engine/checks.ts';
import { given } from '../../support/engine/lives.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, wrapper } from '../../support/engine/world.ts';

describe('a session whose agent could not be started', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  for (const agent of ['typed', 'once', 'demo']) {
    it(`gives its next prompt, and nothing else, to the next start (${agent})`, async () => {
      const world = await worlds.world({ wrapper: failingOnce, covered: true });
      try {
        const person = new Person(world);
        await person.trust();
        const session = await person.create('alpha', { agent });
        const { error } = await person.sees(session, 'failed');
        assert.match(error?.message ?? '', /The agent was not started/);
        await person.continue(session, 'beta');
        await person.sees(session, 'reported');
        assert.equal(given(world, session).length, 1);
        await checkEnd(person, [{ id: session, status: 'reported', work: linesOf('beta'), commits: 1 }]);
      } finally {
        await world.dispose();
      }
    });
  }
});

/** A wrapper that fails the first time. */
async function failingOnce(folder: string): Promise<string> {
  const path = join(folder, 'wrapper.sh');
  await writeFile(path, `mkdir '${join(folder, 'failed')}' 2>/dev/null && exit 74\n. '${wrapper}'\n`);
  return path;
}
