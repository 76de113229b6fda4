import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Place } from '../../../src/core/session/state.ts';
import { commitWorktree, type CommitMade } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { Sandbox } from './support.ts';

/**
 * A git in front of the real one, whose `update-ref` of a branch comes second: a git of an engine that was killed, which had
 * prepared a commit of the same tree, with `MESSAGE` or the same message, moves the branch first.
 */
const late = `#!/bin/sh
real='REAL'
case " $* " in *' update-ref refs/heads/'*)
  for last in "$@"; do ref=$new new=$old old=$last; done
  message='MESSAGE'
  [ -n "$message" ] || message=$("$real" log -1 --format=%B "$new")
  orphan=$(echo "$message" | GIT_COMMITTER_DATE='@1700000000 +0000' "$real" commit-tree -p "$old" "$new^{tree}")
  "$real" update-ref "$ref" "$orphan" "$old"
  ;;
esac
exec "$real" "$@"
`;

describe('a commit that meets a git which outlived its engine', () => {
  let sandbox: Sandbox;
  let place: Place;
  let main: string;
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository();
    ({ place } = await createWorktree(await sandbox.open(main), { root: sandbox.root, slug: 'x' }));
    await writeFile(join(place.path, 'src', 'a.txt'), 'changed\n');
  });
  afterEach(async () => {
    await sandbox.clean();
  });

  async function commit(message: string): Promise<unknown> {
    const bin = sandbox.path('bin');
    await mkdir(bin);
    const { stdout } = await promisify(execFile)('which', ['git']);
    const script = late.replace('REAL', stdout.trim()).replace('MESSAGE', message);
    await writeFile(join(bin, 'git'), script, { mode: 0o755 });
    sandbox.env['PATH'] = `${bin}${delimiter}${sandbox.env['PATH'] ?? ''}`;
    const trailers = { task: 'coppice.x.1234567', session: 's-1', intent: 'i-1' };
    return commitWorktree(await sandbox.open(main), place, { message: 'Do the task', trailers });
  }

  it('is that commit when it was made for the same intent, and the worktree is clean', async () => {
    const made = (await commit('')) as CommitMade;
    assert.equal(made.commit, await sandbox.git(place.path, 'rev-parse', 'HEAD'));
    assert.equal(await sandbox.git(place.path, 'log', '-1', '--format=%ct'), '1700000000', 'the one that was first');
    assert.equal(await sandbox.git(place.path, 'rev-list', '--count', `${place.baseCommit}..HEAD`), '1');
    assert.equal(await sandbox.git(place.path, 'status', '--porcelain'), '');
    assert.equal(made.tree, await sandbox.git(place.path, 'rev-parse', 'HEAD^{tree}'));
  });

  it('is refused when it is somebody else who moved the branch', async () => {
    await assert.rejects(commit('By somebody else'), (error: unknown) => {
      assert.equal((error as { context: Record<string, string> }).context['finding'], 'branch-moved');
      return true;
    });
  });
});
