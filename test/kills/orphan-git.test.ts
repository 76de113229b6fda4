import assert from 'node:assert/strict';
import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkEnd, linesOf } from '../support/engine/checks.ts';
import { given } from '../support/engine/lives.ts';
import { Person } from '../support/engine/person.ts';
import { addFiles, git } from '../support/engine/repository.ts';
import { lockingGit, type LockingGit, slowGit, type SlowGit } from '../support/engine/slow-git.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel, until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

/** Commands that change something, in the order in which a session needs them. */
const commands = ['worktree add', 'read-tree', 'commit-tree', 'update-ref'] as const;
/** How long the first call of a command lingers, in seconds: the next engine is before, at and behind the same step then. */
const delays = [0.4, 0.8, 2];

/** Files of a repository whose checkout takes a moment. */
const many = 4000;

describe('a git command that goes on after its engine was killed', function () {
  this.timeout(240_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      ${tally()}\n`));

  for (const command of commands) {
    it(`does not disturb the next engine: ${command}`, async () => {
      await inParallel(delays, delays.length, async (seconds) => {
        let slow: SlowGit | undefined;
        const bin = async (folder: string): Promise<string> => (slow = await slowGit(folder, command, seconds)).bin;
        const world = await worlds.world({ bin });
        try {
          assert.ok(slow !== undefined);
          // With this the entry of a worktree is left to git.
          if (command === 'worktree add') await git(world.repository, 'config', 'core.sharedRepository', 'umask');
          await lead(world, slow);
        } finally {
          await world.dispose();
        }
      });
    });
  }

  it('does not disturb the next engine: the lock of the branch, for longer than git waits for it', async () => {
    let locking: LockingGit | undefined;
    const world = await worlds.world({
      bin: async (folder: string): Promise<string> => (locking = await lockingGit(folder)).bin,
    });
    try {
      assert.ok(locking !== undefined);
      await leadPast(world, locking);
    } finally {
      await locking?.release();
      await world.dispose();
    }
  });

  it('does not disturb the next engine: a large checkout in its midst', async () => {
    const jobs = [4, 14, 28].map((folders) => ({ folders }));
    await inParallel(jobs, jobs.length, async ({ folders }) => {
      const world = await worlds.world();
      try {
        await addFiles(world.repository, many);
        const person = new Person(world);
        await person.trust();
        const session = await person.create('alpha');
        await until(
          () => (checkedOut(world) >= folders ? true : undefined),
          () => 'the checkout',
        );
        await world.kill();
        killed('while git worked');
        const { worktree } = await person.sees(session, 'reported');
        assert.equal(await git(worktree ?? '', 'status', '--porcelain'), '', 'everything was checked out');
        await checkEnd(person, [{ id: session, status: 'reported', work: linesOf('alpha'), commits: 1 }]);
      } finally {
        await world.dispose();
      }
    });
  });
});

/** How many entries there are in the first worktree of a world. */
function checkedOut(world: World): number {
  const worktree = globSync(join(world.home, 'worktrees', '*', '[a-z]*'))[0];
  try {
    return worktree === undefined ? 0 : readdirSync(worktree).length;
  } catch {
    return 0; // it is on its way to its place
  }
}

async function lead(world: World, slow: SlowGit): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const session = await person.create('alpha');
  await until(
    () => (slow.begun() ? true : undefined),
    () => 'git to be called',
  );
  await world.kill();
  killed('while git worked');
  await person.sees(session, 'reported');
  await until(
    () => (slow.ended() ? true : undefined),
    () => 'the first git to end',
  );
  await person.continue(session, 'beta');
  await person.sees(session, 'reported');
  assert.deepEqual(given(world, session), [`prompt ${session}:1`, `prompt ${session}:2`]);
  await checkEnd(person, [{ id: session, status: 'reported', work: linesOf('alpha', 'beta'), commits: 2 }]);
}

/** The commit of an engine that was killed comes after the next engine's try to make it: there is one, and nobody fails. */
async function leadPast(world: World, locking: LockingGit): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const session = await person.create('alpha');
  await until(
    () => (locking.holds() ? true : undefined),
    () => 'the branch to be locked',
  );
  await world.kill();
  killed('while git worked');
  const reported = person.sees(session, 'reported');
  await Promise.race([
    reported,
    until(
      () => (locking.refused() ? true : undefined),
      () => 'the next engine to meet the lock',
    ),
  ]);
  await locking.release();
  await reported;
  await checkEnd(person, [{ id: session, status: 'reported', work: linesOf('alpha'), commits: 1 }]);
}
