import assert from 'node:assert/strict';
import type { Place } from '../../../src/core/session/state.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { movedBranches, movedRemarks } from '../../../src/git/moved-branches.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Sandbox } from './support.ts';

const began = 1_700_000_000_000;
const at = (ms: number): string => `@${ms / 1000} +0000`;

describe('branches that commits of a worktree got onto', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;
  let place: Place;
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    // Git notes whole seconds: the branches are there a minute before the work, which takes place another minute later.
    sandbox.env['GIT_COMMITTER_DATE'] = at(began - 60_000);
    main = await sandbox.repository();
    await sandbox.git(main, 'branch', 'release');
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work' }));
    sandbox.env['GIT_COMMITTER_DATE'] = at(began + 30_000);
  });
  afterEach(() => sandbox.clean());

  const here = (...args: string[]): Promise<string> => sandbox.git(place.path, ...args);
  const there = (...args: string[]): Promise<string> => sandbox.git(main, ...args);
  const commit = async (cwd: string, subject: string): Promise<string> => {
    await sandbox.git(cwd, 'commit', '-q', '--allow-empty', '-m', subject);
    return sandbox.git(cwd, 'rev-parse', 'HEAD');
  };
  const moved = async (since = began, explained = false): Promise<string[]> =>
    (await movedBranches(repository, place, since, () => explained)).map(({ branch }) => branch);

  it('are none after work of the ordinary kind, of an agent and of a person', async () => {
    await commit(place.path, 'work');
    await commit(main, 'a person’s own');
    await here('switch', '-q', '-c', 'aside');
    await commit(place.path, 'on a branch of the agent’s own');
    await here('switch', '-q', place.branch);
    await here('merge', '-q', '--no-edit', 'main');
    await here('branch', 'copy');
    assert.deepEqual(await moved(), []);
    await commit(main, 'one more');
    await here('reset', '-q', '--hard', 'main');
    assert.deepEqual(await moved(), [], 'the branch came to where main is, not the other way round');
    await there('merge', '-q', '--no-edit', 'aside');
    await here('merge', '-q', 'main');
    assert.deepEqual(await moved(), []);
  });

  it('are told with where they were: a ref that was moved, and main checked out a second time', async () => {
    const before = await there('rev-parse', 'main');
    const first = await commit(place.path, 'work');
    await here('update-ref', 'refs/heads/release', first);
    const release = { branch: 'release', commit: first, before };
    assert.deepEqual(await movedBranches(repository, place, began, () => false), [release]);
    await here('checkout', '-q', '--ignore-other-worktrees', 'main');
    const second = await commit(place.path, 'straight on main');
    await here('switch', '-q', place.branch);
    assert.deepEqual((await moved()).sort(), ['main', 'release']);
    assert.deepEqual(await moved(began, true), [], 'what is explained is not told');
    assert.deepEqual(await moved(began + 60_000), [], 'what was so before the work is not told');
    const told = movedRemarks(await movedBranches(repository, place, began, (branch) => branch === 'release'));
    assert.deepEqual(told, [
      `The branch main was moved to ${second.slice(0, 12)}, a commit of this worktree that Coppice did not land there; ` +
        `it was at ${before.slice(0, 12)} before.`,
    ]);
  });
});
