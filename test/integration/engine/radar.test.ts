import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OverlapView } from '../../../src/protocol/watch.ts';
import { Person } from '../../support/engine/person.ts';
import { git } from '../../support/engine/repository.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
const textOf = (name: string): string => lines.map((line) => `${line} of ${name}`).join('\n');
const withLine = (name: string, n: number, text: string): string =>
  textOf(name)
    .split('\n')
    .map((line, i) => (i === n - 1 ? text : line))
    .join('\n');

describe('the conflict radar', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  beforeEach(async () => {
    world = await worlds.world();
    await mkdir(join(world.repository, 'lib'));
    for (const name of ['text.md', 'other.md', 'lib/a.md', 'lib/b.md'])
      await writeFile(join(world.repository, name), textOf(name));
    await git(world.repository, 'add', '-A');
    await git(world.repository, 'commit', '-qm', 'text');
    person = new Person(world);
    await person.trust();
  });
  afterEach(async () => world.dispose());

  /** In one step: what a look at half a file would find overlaps in its own way. */
  async function put(path: string, text: string): Promise<void> {
    const draft = join(world.root, 'draft');
    await writeFile(draft, text);
    await rename(draft, path);
  }
  async function session(name: string): Promise<{ id: string; at: (path: string) => string }> {
    const id = await person.create(`${name} #ask`);
    const { worktree } = await person.sees(id, 'needs-you');
    assert.ok(worktree !== null);
    return { id, at: (path) => join(worktree, path) };
  }
  async function overlaps(ready: (found: OverlapView[]) => boolean, what: string): Promise<OverlapView[]> {
    let found: OverlapView[] = [];
    for (let attempt = 0; attempt < 1_200; attempt += 1) {
      found = (await person.ask('radar/list', { path: world.repository })).overlaps;
      if (ready(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${what}: ${JSON.stringify(found)}\n${await world.log()}`);
  }

  it('shows the lines at which uncommitted work of two sessions meets, and that they are apart again', async () => {
    const [one, two] = [await session('one'), await session('two')];
    await put(one.at('text.md'), withLine('text.md', 10, 'ten of one'));
    await put(one.at('other.md'), withLine('other.md', 3, 'three of one'));
    await put(two.at('text.md'), `first of two\n${withLine('text.md', 10, 'ten of two')}`);
    await put(two.at('other.md'), withLine('other.md', 28, 'far away'));
    const [found] = await overlaps(
      (all) => all.length === 1 && all[0]?.files[0]?.hunks[0]?.ours.text !== undefined,
      'no overlap',
    );
    assert.ok(found !== undefined && 'session' in found.theirs);
    const [first, second] = [one, two].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual([found.ours.session, found.theirs.session], [first?.id, second?.id]);
    const ofOne = { start: 10, lines: 1, text: ['ten of one'] };
    const ofTwo = { start: 11, lines: 1, text: ['ten of two'] };
    const [ours, theirs] = first === one ? [ofOne, ofTwo] : [ofTwo, ofOne];
    assert.deepEqual(found.files, [{ path: 'text.md', kind: 'content', hunks: [{ ours, theirs }] }]);
    for (const { id } of [one, two]) assert.equal((await person.show(id)).overlaps?.[0]?.id, found.id);
    await put(two.at('text.md'), withLine('text.md', 20, 'twenty of two'));
    await overlaps((all) => all.length === 0, 'still there');
    const { stdout } = { stdout: await git(world.repository, 'for-each-ref', 'refs/coppice/radar') };
    assert.equal(stdout, '');
  });

  it('sees edits in a file that was moved, in a folder that was moved, and against a branch that moved on', async () => {
    const [one, two] = [await session('one'), await session('two')];
    await rename(one.at('text.md'), one.at('moved.md'));
    await rm(two.at('text.md'));
    await overlaps(
      (all) => all[0]?.files.some(({ kind }) => kind.includes('delete')) === true,
      'rename against delete',
    );
    await put(two.at('text.md'), textOf('text.md'));
    await overlaps((all) => all.length === 0, 'rename against nothing');
    await rename(one.at('lib'), one.at('library'));
    await put(two.at('lib/new.md'), 'new\n');
    await overlaps((all) => all.length === 1, 'a folder on the move');
    await rm(two.at('lib/new.md'));
    await overlaps((all) => all.length === 0, 'a folder on the move, nothing else');
    await put(two.at('other.md'), withLine('other.md', 5, 'five of two'));
    await overlaps((all) => all.length === 0, 'nobody else has it');
    await writeFile(join(world.repository, 'other.md'), withLine('other.md', 5, 'five of main'));
    await git(world.repository, 'commit', '-qam', 'main moves on');
    const [found] = await overlaps((all) => all.length === 1, 'against the base');
    assert.ok(found !== undefined && 'base' in found.theirs);
    assert.deepEqual([found.theirs.base, found.ours.session], ['main', two.id]);
  });

  it('knows the work of a session that has ended, and forgets one that is put away', async () => {
    const one = await session('one');
    await put(one.at('text.md'), withLine('text.md', 10, 'ten of one'));
    await person.answer(one.id, 'allow');
    await person.sees(one.id, 'reported');
    const two = await session('two');
    await put(two.at('text.md'), withLine('text.md', 10, 'ten of two'));
    const found = await overlaps((all) => all.length === 1, 'ended work');
    assert.ok(found[0]?.files.some(({ path }) => path === 'text.md'));
    await person.ask('session/archive', { session: one.id });
    await overlaps((all) => all.length === 0, 'archived work');
  });

  it('takes no overlap back while the engine that follows a killed one has not read the worktrees yet', async () => {
    const [one, two] = [await session('one'), await session('two')];
    for (const { at } of [one, two]) await put(at('text.md'), withLine('text.md', 10, `ten of ${at('')}`));
    const isTold = (all: OverlapView[]): boolean => all[0]?.files[0]?.hunks[0]?.ours.text !== undefined;
    const [found] = await overlaps(isTold, 'no overlap');
    await world.kill();
    const [again] = await overlaps(isTold, 'its lines are not known again');
    // One that was taken back and found again would be younger.
    assert.equal(again?.since, found?.since);
  });
});
