import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCoppiceError } from '../../src/core/errors.ts';
import type { ParamsOf, Requests } from '../../src/protocol/contract.ts';
import type { CheckpointView, RestoreResult } from '../../src/protocol/diff-schemas.ts';
import { journalOf } from '../support/engine/checks.ts';
import { Chance } from '../support/engine/chance.ts';
import { DeadlyGit, deaths, type Death } from '../support/engine/deadly-git.ts';
import { Person } from '../support/engine/person.ts';
import type { KillPoint } from '../support/engine/plan.ts';
import { somePoints } from '../support/engine/points.ts';
import { git } from '../support/engine/repository.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

const width = 3;

describe('checkpoints and rollbacks of which something is killed', function () {
  this.timeout(480_000);
  let worlds: Worlds;
  const chance = new Chance();
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      seed ${chance.seed}; ${tally()}\n`));

  it('the engine, at each of its commits, before one and after the next', async () => {
    const calm = await worlds.world();
    await life(calm);
    const commits = Number.parseInt((await calm.commits(1)).at(-1) ?? '', 10);
    await calm.dispose();
    assert.ok(commits > 30, `${commits} commits`);
    const turn = chance.below(2);
    const points = Array.from({ length: commits }, (_, index): KillPoint => {
      return { when: (index + turn) % 2 === 0 ? 'before' : 'after', commit: index + 1 };
    });
    await inParallel(somePoints(points, 5, chance), width, async (point) => {
      const world = await worlds.world({ kill: (number) => (number === 1 ? point : undefined) });
      try {
        await life(world);
        killed(`${point.when} a commit`, world.kills);
      } finally {
        await world.dispose();
      }
    });
  });

  it('the engine, while a session rolls back by itself what a gate refused', async () => {
    const calm = await worlds.world({ demo, config: autonomous });
    await lifeAlone(calm);
    const commits = Number.parseInt((await calm.commits(1)).at(-1) ?? '', 10);
    await calm.dispose();
    assert.ok(commits > 30, `${commits} commits`);
    const points = Array.from({ length: commits }, (_, index): KillPoint => {
      return { when: chance.below(2) === 0 ? 'before' : 'after', commit: index + 1 };
    });
    await inParallel(somePoints(points, Math.ceil(commits / 2), chance), width, async (point) => {
      const world = await worlds.world({ demo, config: autonomous, kill: (life) => (life === 1 ? point : undefined) });
      try {
        await lifeAlone(world);
        killed(`${point.when} a commit of a rollback by itself`, world.kills);
      } finally {
        await world.dispose();
      }
    });
  });

  for (const death of deaths) {
    it(`at each call of git: ${death}`, async () => {
      const calls = await withDeadly(100_000, death, lifeOfRollbacks);
      // Checkpoints write their objects and refs themselves: these are the calls that are left.
      assert.ok(calls >= 8, `${calls} calls`);
      const numbers = Array.from({ length: calls }, (_, index) => index + 1);
      await inParallel(somePoints(numbers, 4, chance), width, async (call) => {
        await withDeadly(call, death, lifeOfRollbacks);
        killed(death);
      });
    });
  }

  async function withDeadly(
    call: number,
    death: Death,
    lead: (world: World, arm: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    let deadly: DeadlyGit | undefined;
    const bin = async (folder: string): Promise<string> => (deadly = await DeadlyGit.make(folder)).bin;
    const world = await worlds.world({ bin });
    try {
      const own = deadly;
      assert.ok(own !== undefined);
      await lead(world, () => own.arm(call, death));
      return await own.disarm();
    } finally {
      await world.dispose();
    }
  }
});

const demo = fileURLToPath(new URL('../../src/agents/demo/program/main.ts', import.meta.url));
const autonomous = `supervision:
  model: none
  level: autonomous
  gates:
    - [sh, -c, '[ ! -e bad.md ]']
`;

/** A turn that a gate refuses as often as it may, each time but the last rolled back: told once each, and nothing of it lost. */
async function lifeAlone(world: World): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const session = await person.create('spoil it #write:bad.md');
  const { worktree } = await person.onRecord(() => person.sees(session, 'needs-you'));
  const { checkpoints } = await person.ask('checkpoint/list', { session });
  const back = checkpoints.filter(({ restore }) => restore?.side === 'after');
  assert.equal(new Set(back.map(({ tree }) => tree)).size, 1, 'each to where its turn began');
  assert.equal(back.length >= 2 && back.at(-1)?.tree, checkpoints[0]?.tree);
  const told = (await journalOf(world)).filter(
    ({ type, data }) => type === 'prompt.added' && /^Turn \d was rolled back/u.test(String(data['text'])),
  );
  assert.equal(told.length, 2);
  assert.match(await readFile(join(worktree ?? '', 'bad.md'), 'utf8'), /Turn 2 was rolled back/u);
  await checkInGit(world, session, checkpoints);
  await person.answersWhenAsked(session, 'hand-over');
  await person.sees(session, 'interrupted');
}

/** Work, an edit by hand, work, and rollbacks of all that. */
async function life(world: World): Promise<void> {
  await lifeOfRollbacks(world, () => Promise.resolve());
}

async function lifeOfRollbacks(world: World, arm: () => Promise<void>): Promise<void> {
  const person = new Person(world);
  await person.trust();
  const session = await person.create('alpha');
  const { worktree } = await person.onRecord(() => person.sees(session, 'reported'));
  assert.ok(worktree !== null);
  const at = (name: string): string => join(worktree, name);
  const work = await readFile(at('work.txt'), 'utf8');
  await writeFile(at('by-hand.txt'), 'mine\n');
  await writeFile(at('work.txt'), `${work}more\n`);
  await chmod(at('work.txt'), 0o755);
  await symlink('work.txt', at('link'));
  await arm();
  const edited = async (): Promise<void> => {
    assert.equal(await readFile(at('work.txt'), 'utf8'), `${work}more\n`);
    assert.equal(await readFile(at('by-hand.txt'), 'utf8'), 'mine\n');
    assert.equal(await readFile(at('link'), 'utf8'), `${work}more\n`);
  };
  await done(person, 'restore/apply', { session, to: 1 });
  assert.equal(await readFile(at('work.txt'), 'utf8'), work);
  for (const name of ['by-hand.txt', 'link']) await assert.rejects(readFile(at(name)), { code: 'ENOENT' });
  await done(person, 'restore/undo', { session });
  await edited();
  await rm(at('link'));
  await done(person, 'restore/apply', { session, to: 0, paths: ['work.txt', 'link'] });
  assert.equal(await readFile(at('work.txt'), 'utf8'), '', 'as it was when the session began');
  assert.equal(await readFile(at('by-hand.txt'), 'utf8'), 'mine\n', 'what was not chosen stays');
  await checkKept(person, session);
}

type Rollback = 'restore/apply' | 'restore/undo';

/** Has it done, whatever dies meanwhile: asked for under one id until somebody answers; one that failed is asked for anew. */
async function done<K extends Rollback>(
  person: Person,
  method: K,
  params: ParamsOf<Requests, K>,
): Promise<RestoreResult> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await person.ask(method, { ...params, id: randomUUID() });
    } catch (error) {
      // A git that was killed fails the rollback, or the question before it; nothing of that is lost or half known.
      if (attempt >= 3 || !isCoppiceError(error, 'git-failed')) throw error;
    }
  }
}

async function checkInGit(world: World, session: string, checkpoints: readonly CheckpointView[]): Promise<void> {
  for (const { n, commit, tree } of checkpoints) {
    const ref = `refs/coppice/${session}/${n}`;
    assert.equal(await git(world.repository, 'rev-parse', ref, `${ref}^{tree}`), `${commit}\n${tree}`);
  }
}

/** Every checkpoint of the journal is in git, whole; the journal is whole; nothing of the files was lost. */
async function checkKept(person: Person, session: string): Promise<void> {
  const { world } = person;
  const { checkpoints } = await person.ask('checkpoint/list', { session });
  assert.deepEqual(
    checkpoints.map(({ n }) => n),
    [...new Set(checkpoints.map(({ n }) => n))].sort((a, b) => a - b),
  );
  await checkInGit(world, session, checkpoints);
  const states = await Promise.all(
    checkpoints.map(({ commit }) => git(world.repository, 'ls-tree', '--name-only', commit, 'by-hand.txt', 'link')),
  );
  assert.ok(states.includes('by-hand.txt\nlink'), 'the edits of a person are in a checkpoint');
  await git(world.repository, 'fsck', '--connectivity-only', '--no-dangling');
  const verified = await person.ask('audit/verify', {});
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.equal(await git(world.repository, 'status', '--porcelain'), '', 'the main checkout was never touched');
  assert.equal((await person.show(session)).status, 'reported');
}
