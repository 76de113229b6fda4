/**
 * Takes checkpoints of touched paths until it is killed, and says of each that it is done. Arguments: main checkout, sandbox
 * folder, worktree (JSON), session, commit of HEAD.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Capture, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createDoor } from '../../../src/git/door.ts';
import { locateRepository } from '../../../src/git/locate.ts';
import { openRepository, type TreePlace } from '../../../src/git/repository.ts';
import { treeOfCommit } from '../../../src/git/save.ts';

const [main = '', sandbox = '', json = '', session = '', head = ''] = process.argv.slice(2);
const place = JSON.parse(json) as TreePlace & { readonly baseCommit: string };
const repository = await openRepository(await locateRepository(main), {
  door: createDoor({ env: process.env }),
  env: process.env,
  privateDir: join(sandbox, 'private'),
  owner: {
    mark: { id: 'engine-1', host: 'host-1', bootId: 'boot-1', pid: process.pid, startTime: session },
    probe: () => Promise.resolve('alive'),
    gits: () => Promise.resolve([]),
    orphans: () => Promise.resolve([]),
  },
});
const tree = await treeOfCommit(repository, head);
let parent: Capture = { tree, commit: head, head, remarks: [] };
for (let n = 0; ; n += 1) {
  const touched = [`one/${n % 3}/a.txt`, `two/${n % 5}.txt`];
  for (const path of touched) {
    await mkdir(dirname(join(place.path, path)), { recursive: true });
    await writeFile(join(place.path, path), `${session} ${n}\n`.repeat(1 + (n % 50)));
  }
  parent = await takeCheckpoint(repository, place, { session, n, intent: `${session}-${n}`, parent, touched });
  process.stdout.write(`${n} ${parent.commit}\n`);
}
