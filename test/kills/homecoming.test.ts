import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError } from '../../src/core/errors.ts';
import type { LandingView } from '../../src/protocol/landing.ts';
import { land, landingsOf, takeBack } from '../support/engine/landings.ts';
import { Person } from '../support/engine/person.ts';
import type { KillPoint } from '../support/engine/plan.ts';
import { addFiles, git } from '../support/engine/repository.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel, sleep, until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

/** Commits of one round: land and take back (4 each), remove and bring back (2 each), and those of an engine's start. */
const commitsOfRound = 14;
const files = 400;
const limitMs = 420_000;

/** Somebody who brings one session's work home and takes it back, removes it and brings it back, whatever is killed. */
class Homecomer {
  readonly person: Person;
  readonly world: World;
  readonly session: string;
  readonly worktree: string;

  constructor(person: Person, session: string, worktree: string) {
    this.person = person;
    this.world = person.world;
    this.session = session;
    this.worktree = worktree;
  }

  async round(): Promise<void> {
    await this.ends(() => land(this.person, this.session));
    await this.exact(`- alpha`);
    await this.ends(() => takeBack(this.person, this.session));
    await this.exact('');
    await this.remove();
    await this.restore();
  }

  /** Asks until it has landed: a git that was killed makes a landing come to nothing, and then nothing has changed. */
  private async ends(ask: () => Promise<string>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const id = await this.insists(ask);
      const end = await until(
        async () => {
          const found = (await landingsOf(this.person, this.session)).find((each) => each.id === id);
          return found === undefined || ['queued', 'built'].includes(found.state) ? undefined : found;
        },
        async () => `landing ${id} to end\n${await this.world.log()}`,
      );
      if (end.state === 'landed') return;
      assert.ok(isGitKilled(end), JSON.stringify(end));
    }
    assert.fail('Twenty landings came to nothing.');
  }

  private async remove(): Promise<void> {
    const { session } = this;
    await writeFile(join(this.worktree, 'mine.txt'), 'mine\n');
    const kept = await this.insists(async () => {
      const force = ['changes', 'unpushed'] as const;
      return (await this.person.ask('session/remove', { session, force: [...force] })).kept;
    });
    assert.equal(existsSync(this.worktree), false);
    const work = await git(this.world.repository, 'show', `${kept ?? ''}:work.txt`);
    const mine = await git(this.world.repository, 'show', `${kept ?? ''}:mine.txt`);
    assert.deepEqual([work, mine], ['- alpha', 'mine'], 'what was removed is kept');
  }

  private async restore(): Promise<void> {
    const { session } = this;
    await this.insists(async () => {
      try {
        await this.person.ask('session/restore', { session });
      } catch (error) {
        // An engine that died after it had done it.
        if (!isCoppiceError(error, 'wrong-state') || !error.message.includes('was not removed')) throw error;
      }
    });
    assert.equal(readFileSync(join(this.worktree, 'mine.txt'), 'utf8'), 'mine\n');
    assert.equal(await git(this.worktree, 'status', '--porcelain'), '?? mine.txt');
    assert.equal(readFileSync(join(this.worktree, 'notes.local'), 'utf8'), 'local\n');
    await rm(join(this.worktree, 'mine.txt'));
  }

  /** Again, for as long as an earlier attempt is being taken up, or git was killed. */
  private async insists<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        const passing = isCoppiceError(error, 'wrong-state') || isCoppiceError(error, 'git-failed');
        if (!passing || attempt > 100) throw error;
        await sleep(50);
      }
    }
  }

  /** The main checkout is at its branch, exactly, with this work and no lock of ours. */
  private async exact(work: string): Promise<void> {
    const { repository } = this.world;
    assert.equal(await git(repository, 'status', '--porcelain'), '', await this.world.log());
    assert.equal(await git(repository, 'show', 'main:work.txt'), work);
    const own = readdirSync(join(repository, '.git')).filter((name) => /coppice-landing|index\.lock/.test(name));
    assert.deepEqual(own, []);
  }

  /** Everything that has to hold when nothing is under way. */
  async check(): Promise<void> {
    const { repository } = this.world;
    await git(repository, 'fsck', '--strict');
    assert.equal((await this.person.ask('audit/verify', {})).ok, true);
    assert.equal((await git(repository, 'worktree', 'list')).split('\n').length, 2);
    assert.equal(await git(repository, 'worktree', 'prune', '-n'), '');
    const { status } = await this.person.show(this.session);
    assert.equal(status, 'reported');
    const open = (await this.person.ask('landing/queue', {})).landings;
    assert.deepEqual(open, []);
  }
}

function isGitKilled({ state, error }: LandingView): boolean {
  return state === 'refused' && error?.code === 'git-failed';
}

async function homecomer(world: World): Promise<Homecomer> {
  await addFiles(world.repository, 10);
  await mkdir(join(world.repository, '.git', 'info'), { recursive: true });
  await writeFile(join(world.repository, '.git', 'info', 'exclude'), '*.local\n.coppice/\n.tasks/\n');
  const person = new Person(world);
  await person.trust();
  const session = await person.create('alpha');
  const { worktree } = await person.sees(session, 'reported');
  assert.ok(worktree !== null);
  // Enough to write that a kill can come in the middle of it.
  for (let index = 0; index < files; index += 1)
    await writeFile(join(worktree, `big${index}.txt`), `${index}\n`.repeat(2000));
  await git(worktree, 'add', '--all');
  await git(worktree, 'commit', '--quiet', '--message=many');
  await writeFile(join(worktree, 'notes.local'), 'local\n');
  return new Homecomer(person, session, worktree);
}

describe('landing, removing and bringing back', function () {
  this.timeout(limitMs);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      ${tally()}\n`));

  it('the engine is killed before and after each of its commits', async () => {
    const numbers = Array.from({ length: commitsOfRound }, (_, index) => index + 1);
    const sides = ['before', 'after'] as const;
    await inParallel([...sides], 2, async (when) => {
      let next: { readonly life: number; readonly point: KillPoint } | undefined;
      const world = await worlds.world({ kill: (life) => (life === next?.life ? next.point : undefined) });
      try {
        const work = await homecomer(world);
        for (const commit of numbers) {
          await world.kill();
          next = { life: world.engines.length + 1, point: { when, commit } };
          const before = world.kills;
          await work.round();
          killed(`${when} a commit of a homecoming`, world.kills - before);
        }
        await work.check();
      } finally {
        await world.dispose();
      }
    });
  });
});
