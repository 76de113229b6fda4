import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrialMerges } from '../../../src/git/radar.ts';
import { isFolder } from '../../../src/git/admin.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Sandbox } from './support.ts';

const padding = Object.fromEntries(Array.from({ length: 401 }, (_none, n) => [`padding/${n}`, `${n}\n`]));
const names = ['a', 'a/x', 'a/y', 'a/sub', 'a/sub/p', 'b', 'b/z', 'new', 'new/sub/q', 'ümlaut "quoted"', '-dash'];
const base = { 'a/x': 'x\n', 'a/sub/p': 'p\n', 'b/z': 'z\n', 'ümlaut "quoted"': 'u\n', ...padding };

describe('radar: files as a commit', function () {
  this.timeout(120_000);
  const chance = new Chance();
  let sandbox: Sandbox;
  before(async () => (sandbox = await Sandbox.make()));
  after(async () => {
    await sandbox.clean();
    process.stdout.write(`      seed ${chance.seed}\n`);
  });

  async function edit(root: string, path: string): Promise<void> {
    const full = join(root, path);
    // What is in the way goes: a file may become a folder, and the other way round.
    const above = path.split('/').map((_name, index, parts) => join(root, ...parts.slice(0, index + 1)));
    for (const each of above.slice(0, -1)) if (!(await isFolder(each))) await rm(each, { force: true });
    await rm(full, { recursive: true, force: true });
    const kind = chance.below(5);
    if (kind === 0) return;
    await mkdir(dirname(full), { recursive: true });
    if (kind === 1) await symlink('a/x', full);
    else await writeFile(full, `${chance.below(3)} of ${path}\n`);
    if (kind === 2) await chmod(full, 0o755);
  }

  it('is the same one, with the same answer, whether git makes it or it is made here; and none of it is in the repository', async () => {
    const root = await sandbox.repository('project', base);
    const head = await sandbox.git(root, 'rev-parse', 'HEAD');
    const first = await sandbox.git(root, 'rev-parse', 'HEAD^{tree}');
    const objects = await sandbox.git(root, 'count-objects');
    const trials = await TrialMerges.open(await sandbox.open(root));
    let tree = first;
    let different = 0;
    for (let round = 0; round < 12; round += 1) {
      const paths = [
        ...new Set(Array.from({ length: 1 + chance.below(4) }, () => names[chance.below(names.length)] ?? '')),
      ];
      for (const path of paths) await edit(root, path);
      // Whatever lies above or below may have changed with it.
      const touched = names.filter((name) =>
        paths.some((path) => `${path}/`.startsWith(`${name}/`) || name.startsWith(`${path}/`)),
      );
      const request = { root, head, tree, paths: touched };
      const here = await trials.snapshots([request]);
      const byGit = await trials.snapshots([{ ...request, paths: [...touched, ...Object.keys(padding)] }]);
      assert.deepEqual([here.processes, byGit.processes], [0, 1]);
      assert.deepEqual(here.snapshots, byGit.snapshots, `round ${round}, seed ${chance.seed}: ${paths.join(', ')}`);
      const next = here.snapshots[0]?.tree ?? '';
      if (next !== tree) different += 1;
      tree = next;
    }
    assert.ok(different > 3, `only ${different} of 12 rounds changed anything`);
    // So many objects git leaves in a pack, out of which they are read then.
    for (const path of Object.keys(padding))
      await writeFile(join(root, path), 'changed\n'.repeat(1 + Number(path.slice(8))));
    const large = await trials.snapshots([{ root, head, tree, paths: Object.keys(padding) }]);
    await writeFile(join(root, 'padding', '7'), 'once more\n');
    const small = await trials.snapshots([{ root, head, tree: large.snapshots[0]?.tree ?? '', paths: ['padding/7'] }]);
    assert.deepEqual([large.processes, small.processes], [1, 0]);
    assert.notEqual(small.snapshots[0]?.tree, large.snapshots[0]?.tree);
    const { trials: merged } = await trials.merge(
      [[small.snapshots[0]?.commit ?? '', large.snapshots[0]?.commit ?? '']],
      5,
    );
    assert.deepEqual(
      merged[0]?.conflicts.map(({ path }) => path),
      ['padding/7'],
    );
    assert.equal(await sandbox.git(root, 'count-objects'), objects);
    await trials.close();
  });
});
