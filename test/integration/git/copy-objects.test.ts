import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeObjects } from '../../../src/git/away.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from './support.ts';

describe('objects that an agent made in a container', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let base: string;
  /** The agent's own git directory. */
  let own: string;
  let secret: { readonly objects: string; readonly blob: string };

  before(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project');
    repository = await sandbox.open(main);
    base = await sandbox.git(main, 'rev-parse', 'HEAD');
    const other = await sandbox.repository('other', { 'secret.txt': 'of another repository\n' });
    const blob = await sandbox.git(other, 'rev-parse', 'HEAD:secret.txt');
    secret = { blob, objects: join(other, '.git', 'objects') };
  });
  after(() => sandbox.clean());
  beforeEach(async () => {
    own = sandbox.path('own');
    await rm(own, { recursive: true, force: true });
    await sandbox.git(sandbox.dir, 'clone', '-q', '--no-local', main, own);
  });

  const agents = (...args: string[]): Promise<string> => sandbox.git(own, ...args);
  const take = async (head: string): Promise<void> => {
    const folder = sandbox.path('copied');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await takeObjects(repository, join(own, '.git', 'objects'), folder, { head, base });
  };

  /** A commit with the file of another repository, whose id the agent knows. */
  async function stealing(): Promise<string> {
    await agents('update-index', '--add', '--cacheinfo', `100644,${secret.blob},stolen.txt`);
    const tree = await agents('write-tree', '--missing-ok');
    return agents('commit-tree', '-m', 'stolen', '-p', base, tree);
  }

  it('come home, loose ones and packs', async () => {
    await writeFile(join(own, 'new.txt'), 'new\n');
    await agents('add', '-A');
    await agents('commit', '-q', '-m', 'one');
    await agents('repack', '-q', '-a', '-d');
    await agents('commit', '-q', '--allow-empty', '-m', 'two');
    const head = await agents('rev-parse', 'HEAD');
    await take(head);
    assert.equal(await sandbox.git(main, 'show', `${head}:new.txt`), 'new');
  });

  const [folder, file] = [(id: string): string => id.slice(0, 2), (id: string): string => id.slice(2)];
  const ways: Record<string, (objects: string) => Promise<void>> = {
    'a list of further folders': (objects) => writeFile(join(objects, 'info', 'alternates'), `${secret.objects}\n`),
    'a link to an object': async (objects) => {
      const { blob } = secret;
      await mkdir(join(objects, folder(blob)), { recursive: true });
      await symlink(join(secret.objects, folder(blob), file(blob)), join(objects, folder(blob), file(blob)));
    },
    'a link to a folder of objects': async (objects) => {
      const at = join(objects, folder(secret.blob));
      if ((await readdir(objects)).includes(folder(secret.blob))) await rename(at, `${at}.away`);
      await symlink(join(secret.objects, folder(secret.blob)), at);
    },
  };
  for (const [what, lead] of Object.entries(ways)) {
    it(`do not bring those of another repository along by ${what}`, async () => {
      const head = await stealing();
      await lead(join(own, '.git', 'objects'));
      await assert.rejects(take(head), { code: 'git-failed' });
      await assert.rejects(sandbox.git(main, 'cat-file', '-e', secret.blob));
    });
  }
});
