/** Makes and removes worktrees until it is killed. Arguments: main checkout, sandbox folder, number of the round. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorktree } from '../../../src/git/create.ts';
import { createDoor } from '../../../src/git/door.ts';
import { locateRepository } from '../../../src/git/locate.ts';
import { removeWorktree } from '../../../src/git/removal.ts';
import { openRepository } from '../../../src/git/repository.ts';
import { sweepTrash } from '../../../src/git/trash-sweep.ts';

const [main = '', sandbox = '', round = ''] = process.argv.slice(2);
const repository = await openRepository(await locateRepository(main), {
  door: createDoor({ env: process.env }),
  env: process.env,
  privateDir: join(sandbox, 'private'),
  owner: {
    mark: { id: 'engine-1', host: 'host-1', bootId: 'boot-1', pid: process.pid, startTime: 'churn' },
    probe: () => Promise.resolve('alive'),
    gits: () => Promise.resolve([]),
    orphans: () => Promise.resolve([]),
  },
});
const root = join(sandbox, 'worktrees');
process.stdout.write('ready\n');
for (let number = 0; ; number += 1) {
  const { place } = await createWorktree(repository, { root, slug: `n${round}-${number}` });
  await writeFile(join(place.path, 'work.txt'), 'work\n');
  await removeWorktree(repository, place, { root, session: `churn-${round}-${number}`, now: 1, despite: ['changes'] });
  await sweepTrash(repository, root, { now: 2, pauseMs: 0 });
}
