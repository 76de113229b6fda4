import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds } from '../../support/engine/world.ts';

describe('where a session works that does not say it', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('is one setting; what is said in words comes first, and the demo agent stays here', async () => {
    const world = await worlds.world({ config: 'executor:\n  default: wrap:fence\n', covered: true });
    try {
      await mkdir(join(world.home, 'plugins'), { mode: 0o700 });
      const fence = 'coppice: 1\nversion: 0.1.0\nexecutor:\n  wrap: [env, FENCED=yes]\n';
      await writeFile(join(world.home, 'plugins', 'fence.yaml'), fence, { mode: 0o600 });
      const person = new Person(world);
      await person.trust();
      const settings = (executor: string) => ({ ...world.requester, settings: { COPPICE_EXECUTOR_DEFAULT: executor } });
      const worked = async (more: Parameters<Person['create']>[1]): Promise<string> => {
        const id = await person.create('work', { agent: 'once', ...more });
        return (await person.sees(id, 'reported')).executor;
      };
      assert.equal(await worked({}), 'wrap:fence');
      assert.equal(await worked({ executor: 'local' }), 'local');
      assert.equal(await worked({ requester: settings('local') }), 'local');
      assert.equal(await worked({ agent: 'demo' }), 'local');
      await assert.rejects(
        person.create('work', { agent: 'once', requester: settings('wrap:nobody') }),
        (error: unknown) => isCoppiceError(error, 'executor-missing'),
      );
      await assert.rejects(
        person.create('work', { agent: 'once', requester: settings('--privileged') }),
        (error: unknown) => isCoppiceError(error, 'config-invalid') && /wrap:NAME/u.test(error.message),
      );
      await world.stop();
    } finally {
      await world.dispose();
    }
  });
});
