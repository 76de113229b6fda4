import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { isImplausible, type Loss } from '../../../src/core/checkpoint/loss.ts';
import { implausibleLoss, type Since } from '../../../src/git/loss.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from './support.ts';

describe('files that are gone between two trees', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let repository: Repository;
  let place: { path: string };
  before(async () => {
    sandbox = await Sandbox.make();
    repository = await sandbox.open(await sandbox.repository());
    place = { path: sandbox.path('worktree') };
  });
  after(async () => sandbox.clean());

  /** A tree with these files: path → content. */
  async function tree(files: ReadonlyMap<string, string>): Promise<string> {
    const lines = [...files].map(([path, content]) => `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`);
    const head = 'commit refs/heads/loss\ncommitter T <t@example.com> 0 +0000\ndata 0\ndeleteall\n';
    await repository.run(['fast-import', '--quiet', '--force'], { input: `${head}${lines.join('')}\n` });
    return repository.ask(['rev-parse', 'refs/heads/loss^{tree}']);
  }
  const counts = async (since: Since): Promise<Loss | undefined> => {
    const lost = await implausibleLoss(repository, place, since);
    return lost === undefined ? undefined : { gone: lost.gone, of: lost.of };
  };
  const text = (name: string): string => Array.from({ length: 20 }, (_, line) => `line ${line} of ${name}`).join('\n');
  const files = (count: number, folder = 'src'): Map<string, string> =>
    new Map(Array.from({ length: count }, (_, n) => [`${folder}/${n % 7}/${n}.txt`, text(`${folder} ${n}`)]));

  it('are counted as a simple model counts them, whatever else is moved, changed or added', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('gone', 'kept', 'moved', 'changed'), { minLength: 1, maxLength: 30 }),
        fc.nat({ max: 30 }),
        async (fates, added) => {
          const before = files(fates.length);
          const after = new Map(files(added, 'more'));
          [...before].forEach(([path, content], n) => {
            if (fates[n] === 'kept') after.set(path, content);
            if (fates[n] === 'changed') after.set(path, `${content}\nand more`);
            if (fates[n] === 'moved') after.set(`lib/${path}`, content);
          });
          after.set('.tasks/own.md', 'ours');
          const paths = [...before.keys()].filter((_path, n) => fates[n] === 'gone').sort();
          const loss = { gone: fates.filter((each) => each === 'gone').length, of: fates.length };
          const found = await implausibleLoss(repository, place, {
            from: await tree(new Map([...before, ['.tasks/a.md', 'a'], ['.tasks/b.md', 'b']])),
            to: await tree(after),
          });
          assert.deepEqual(found, isImplausible(loss) ? { ...loss, paths } : undefined);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('are not those that were moved and changed a little, nor those in a repository of its own', async () => {
    const before = files(30);
    const moved = new Map([...before].map(([path, content]) => [`lib/${path}`, `import 'x';\n${content}`]));
    assert.equal(
      await implausibleLoss(repository, place, { from: await tree(before), to: await tree(moved) }),
      undefined,
    );
    const [from, to] = [await tree(new Map([...before, ['a', 'a']])), await tree(new Map([['a', 'a']]))];
    assert.deepEqual(await counts({ from, to }), { gone: 30, of: 31 });
    assert.equal(await implausibleLoss(repository, place, { from, to, apart: ['src'] }), undefined);
  });

  it('are named, whatever git is set to, and all of them where it cannot tell which were moved', async () => {
    const [gone, moved] = [files(20), files(5, 'other')];
    const from = await tree(new Map([...gone, ...moved]));
    const changed = [...moved].map(([path, content]) => [`lib/${path}`, `import 'x';\n${content}`] as const);
    const to = await tree(new Map(changed));
    await repository.run(['config', 'diff.renameLimit', '1']);
    const paths = [...gone.keys()].sort();
    assert.deepEqual(await implausibleLoss(repository, place, { from, to }), { gone: 20, of: 25, paths });
    await sandbox.gitInFront('case " $* " in *" diff-tree "*) echo broken >&2; exit 1;; esac');
    const broken = await sandbox.open(sandbox.path('project'));
    const all = { gone: 25, of: 25, paths: [...moved.keys(), ...paths].sort() };
    assert.deepEqual(await implausibleLoss(broken, place, { from, to }), all);
  });

  it('are not those that are where they were and that git ignores by now', async () => {
    const [own, installed] = [files(4), files(60, 'node_modules')];
    const from = await tree(new Map([...own, ...installed]));
    await sandbox.write(place.path, Object.fromEntries(installed));
    const kept = await tree(new Map([...own, ['.gitignore', 'node_modules\n']]));
    assert.equal(await implausibleLoss(repository, place, { from, to: kept }), undefined);
    const none = await tree(new Map([['.gitignore', 'node_modules\n']]));
    assert.deepEqual(await counts({ from, to: none }), { gone: 4, of: 4 });
    // What a link leads to is elsewhere, and a folder in the place of a file is not that file.
    await rename(join(place.path, 'node_modules'), sandbox.path('elsewhere'));
    await symlink(sandbox.path('elsewhere'), join(place.path, 'node_modules'));
    assert.deepEqual(await counts({ from, to: kept }), { gone: 60, of: 64 });
    await rm(join(place.path, 'node_modules'));
    await Promise.all([...installed.keys()].map((path) => mkdir(join(place.path, path), { recursive: true })));
    assert.deepEqual(await counts({ from, to: kept }), { gone: 60, of: 64 });
  });
});
