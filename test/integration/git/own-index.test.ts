/** The worktree's own index, which other programs write, too: an editor runs git after each change. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../../src/core/session/state.ts';
import { privateIndex } from '../../../src/git/checkout.ts';
import { commitWorktree } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { bringIndexAlong } from '../../../src/git/own-index.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { treeOf } from '../../../src/git/tree.ts';
import { exists, Sandbox } from './support.ts';

describe('the index of a worktree', () => {
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  let lock: string;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    repository = await sandbox.open(await sandbox.repository('project', { 'a.txt': 'one\n' }));
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
    lock = join(place.admin, 'index.lock');
    await sandbox.write(place.path, { 'a.txt': 'two\n' });
    await writeFile(lock, 'of another git');
  });
  afterEach(async () => sandbox.clean());

  const status = () => sandbox.git(place.path, 'status', '--porcelain');
  const released = async () => {
    await sleep(100);
    await rm(lock);
  };

  it('is waited for before a commit while another git writes it for a moment', async () => {
    const trailers = { task: 'coppice.x.1234567', session: 's-1', intent: 'i-1' };
    const [made] = await Promise.all([commitWorktree(repository, place, { message: 'Two', trailers }), released()]);
    assert.equal(made.nothing, false);
    assert.equal(await status(), '');
  });

  it('is brought along once another git is done with it, and left to one that is not', async () => {
    await treeOf(repository, place);
    const ours = privateIndex(repository, place.admin);
    await bringIndexAlong(place.admin, ours);
    assert.equal(await readFile(lock, 'utf8'), 'of another git');
    const unstaged = await sandbox.git(place.path, '--no-optional-locks', 'diff', '--cached', '--name-only');
    assert.equal(unstaged, '');
    await Promise.all([bringIndexAlong(place.admin, ours), released()]);
    assert.equal(await sandbox.git(place.path, 'diff', '--cached', '--name-only'), 'a.txt');
    assert.equal(await exists(lock), false);
  });
});
