import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import type { Touched } from '../../../src/core/watch/touched.ts';
import { GitCheckpoints } from '../../../src/engine/places/git-checkpoints.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { Sandbox } from './support.ts';

describe('looks at the files of a session, one after the other', () => {
  let sandbox: Sandbox;
  let place: Place;
  let checkpoints: GitCheckpoints;
  /** What the watch tells at the next time. */
  let told: Touched;
  let now: number;
  let session: Parameters<GitCheckpoints['look']>[0];
  /** Comes between git's answer and what is made of it. */
  let meanwhile: () => Promise<void>;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const root = await sandbox.repository('project', { 'a.txt': 'a\n' });
    const repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
    told = { paths: [] };
    now = 0;
    meanwhile = () => Promise.resolve();
    const { location } = repository;
    const open = (): Promise<typeof repository> =>
      Promise.resolve({
        ...repository,
        async onTree(...asked) {
          const answer = await repository.onTree(...asked);
          await meanwhile();
          return answer;
        },
      });
    checkpoints = new GitCheckpoints({
      repositories: { locate: () => Promise.resolve(location), open },
      touched: { take: () => Promise.resolve(told), giveBack: () => undefined },
      stopping: new AbortController().signal,
      clock: () => now,
    });
    session = { id: 's', request: {}, repository: { root } };
  });
  afterEach(async () => sandbox.clean());

  it('count again for a moment only where the watch saw nothing, and is sure of it', async () => {
    const file = join(place.path, 'b.txt');
    const first = await checkpoints.look(session, place);
    const tellings: readonly Touched[] = [
      { paths: ['b.txt'] },
      { paths: [], gap: 'nobody watches the worktree' },
      { paths: ['b.txt'], gap: 'more than it can tell' },
    ];
    for (const each of tellings) {
      await writeFile(file, 'b\n');
      told = each;
      assert.notEqual(await checkpoints.lookAgain(session, place), first, JSON.stringify(each));
      await rm(file);
      assert.equal(await checkpoints.lookAgain(session, place), first, `${JSON.stringify(each)}, undone`);
    }
    assert.notEqual(await checkpoints.lookAgain({ ...session, id: 't' }, place), undefined, 'of another session');
  });

  it('are made again after two seconds, whatever the watch says', async () => {
    const first = await checkpoints.look(session, place);
    await writeFile(join(place.path, 'unseen.txt'), '');
    now = 1999;
    assert.equal(await checkpoints.lookAgain(session, place), first);
    now = 2000;
    assert.notEqual(await checkpoints.lookAgain(session, place), first);
  });

  it('are none to count again where another one began after it, whichever ends first', async () => {
    await checkpoints.look(session, place);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let slow = Promise.resolve('');
    await new Promise<void>((answered) => {
      meanwhile = () => {
        answered();
        return held;
      };
      slow = checkpoints.look(session, place);
    });
    meanwhile = () => Promise.resolve();
    await writeFile(join(place.path, 'b.txt'), 'b\n');
    told = { paths: ['b.txt'] };
    const newer = await checkpoints.lookAgain(session, place);
    told = { paths: [] };
    release();
    assert.notEqual(await slow, newer);
    assert.equal(await checkpoints.lookAgain(session, place), newer);
  });

  it('see what the watch did not see, where every file is to be looked at', async () => {
    const first = await checkpoints.look(session, place);
    await writeFile(join(place.path, 'b.txt'), 'b\n');
    assert.notEqual(await checkpoints.look(session, place), first);
  });
});
