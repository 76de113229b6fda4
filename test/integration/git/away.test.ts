import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { agree, type AwayKept, agreed, bringBranchHome, bringHome, stateToSend } from '../../../src/git/away.ts';
import { createWorktree } from '../../../src/git/create.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from './support.ts';

const session = 's-1';

describe('a branch that moved here while an agent moved it elsewhere', () => {
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;
  let kept: AwayKept;

  const here = (...args: string[]): Promise<string> => sandbox.git(place.path, ...args);
  const read = (name: string): Promise<string> => readFile(join(place.path, name), 'utf8');

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project', { 'README.md': 'hello\n' });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
    const sent = await stateToSend(repository, place);
    await agree(repository, session, sent.commit);
    // There, the agent commits a file and leaves another one uncommitted.
    const other = sandbox.path('other');
    await sandbox.git(sandbox.dir, 'clone', '-q', '--no-local', main, other);
    const there = (...args: string[]): Promise<string> => sandbox.git(other, ...args);
    await sandbox.write(other, { 'agent.txt': 'committed there\n' });
    await there('add', '-A');
    await there('commit', '-q', '-m', 'there');
    const head = await there('rev-parse', 'HEAD');
    await sandbox.write(other, { 'draft.txt': 'not committed there\n' });
    await there('add', '-A');
    const tree = await there('write-tree');
    const commit = await there('commit-tree', '-p', head, '-m', 'kept', tree);
    await there('branch', 'kept', commit);
    await sandbox.git(main, 'fetch', '-q', other, 'kept');
    kept = { head, commit, tree, branch: place.branch };
    // Here, a person commits.
    await sandbox.write(place.path, { 'mine.txt': 'mine\n' });
    await here('add', 'mine.txt');
    await here('commit', '-q', '-m', 'here');
  });
  afterEach(() => sandbox.clean());

  it('is refused with the commit that is to be merged, and stays', async () => {
    const before = await here('rev-parse', 'HEAD');
    await assert.rejects(bringHome(repository, session, place, kept), (error: Error & { next?: string }) => {
      assert.match(error.message, /moved here and where the agent works/);
      assert.match(String(error.next), new RegExp(`git merge ${kept.head.slice(0, 12)}`));
      return true;
    });
    assert.equal(await here('rev-parse', 'HEAD'), before);
    assert.notEqual(await agreed(repository, session), kept.commit);
  });

  it('is taken as it is once that was merged here; what the agent had not committed comes, too', async () => {
    await here('merge', '-q', '-m', 'both', kept.head);
    const merged = await here('rev-parse', 'HEAD');
    await bringHome(repository, session, place, kept);
    assert.equal(await here('rev-parse', 'HEAD'), merged);
    assert.equal(await read('mine.txt'), 'mine\n');
    assert.equal(await read('agent.txt'), 'committed there\n');
    assert.equal(await read('draft.txt'), 'not committed there\n');
    assert.equal(await here('status', '--porcelain'), '?? draft.txt');
    assert.equal(await agreed(repository, session), kept.commit);
  });

  it('is taken after a merge in which both had changed the same file, as the merge has it', async () => {
    await sandbox.write(place.path, { 'agent.txt': 'of a person\n' });
    await here('add', 'agent.txt');
    await here('commit', '-q', '-m', 'the same file');
    await here('merge', '-q', '-X', 'ours', '-m', 'both', kept.head);
    await bringHome(repository, session, place, kept);
    assert.equal(await read('agent.txt'), 'of a person\n');
    assert.equal(await read('draft.txt'), 'not committed there\n');
  });

  it('is taken in a container, too, where the files are the same ones', async () => {
    await assert.rejects(bringBranchHome(repository, session, place, kept), /moved here and where the agent works/);
    await here('merge', '-q', '-m', 'both', kept.head);
    await bringBranchHome(repository, session, place, kept);
    assert.equal(await agreed(repository, session), kept.head);
  });
});
