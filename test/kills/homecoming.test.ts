import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError, type ErrorRecord } from '../../src/core/errors.ts';
import type { LandingView } from '../../src/protocol/landing.ts';
import { Chance } from '../support/engine/chance.ts';
import { land, landingsOf, takeBack } from '../support/engine/landings.ts';
import { Person } from '../support/engine/person.ts';
import type { KillPoint } from '../support/engine/plan.ts';
import { everyPoint } from '../support/engine/points.ts';
import { addFiles, git } from '../support/engine/repository.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel, sleep, until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';

/** Commits of one round: land and take back (4 each), remove and bring back (2 each), and those of an engine's start. */
const commitsOfRound = 14;
const files = 400;
/** More than gits are killed in one round. */
const mostAttempts = 20;
const limitMs = 420_000;
/** How long what is asked may have to wait for what goes on. */
const insistMs = 60_000;
/** How often something is killed at any moment of one round. */
const killsOfRound = everyPoint ? 5 : 3;

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
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const id = await this.insists(ask);
      let found: LandingView | undefined;
      const end = await until(
        async () => {
          const all = await this.person.onRecord(() => landingsOf(this.person, this.session));
          found = all.find((each) => each.id === id);
          return found === undefined || ['queued', 'built'].includes(found.state) ? undefined : found;
        },
        async () => `landing ${id} to end: ${JSON.stringify(found)}\n${await this.world.log()}`,
      );
      if (end.state === 'landed') return;
      assert.ok(isGitKilled(end), JSON.stringify(end));
      if (end.error !== undefined) await doAsTold(end.error);
    }
    assert.fail(`${mostAttempts} landings came to nothing.`);
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
    const begun = performance.now();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const passing = isCoppiceError(error, 'wrong-state') || isCoppiceError(error, 'git-failed');
        if (!passing || performance.now() - begun > insistMs) throw error;
        await doAsTold(error);
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

/** A branch may be locked by anybody: a lock that a killed git left there is for a person to remove, who is told which. */
async function doAsTold({ next }: Pick<ErrorRecord, 'next'>): Promise<void> {
  const lock = /^When no git runs in this repository, remove (\S+\.lock) and try again\.$/.exec(next)?.[1];
  if (lock !== undefined) await rm(lock, { force: true });
}

/** Processes of git that the engines of a world started. */
function gitsOf(world: World): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (readFileSync(`/proc/${name}/comm`, 'utf8').trim() !== 'git') return [];
      const environ = readFileSync(`/proc/${name}/environ`, 'utf8');
      return environ.includes(`COPPICE_HOME=${world.home}\0`) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
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
  const chance = new Chance();
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      seed ${chance.seed}; ${tally()}\n`));

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

  if (existsSync('/proc')) {
    it('the engine, its git, or both are killed at any moment', async () => {
      const jobs = (['engine', 'git', 'both'] as const).map((victim) => ({ victim, numbers: chance.fork() }));
      await inParallel(jobs, 3, async ({ victim, numbers }) => {
        const world = await worlds.world();
        try {
          const work = await homecomer(world);
          for (let round = 0; round < (everyPoint ? 8 : 1); round += 1) {
            const over = new AbortController();
            const reaping = reap(world, victim, numbers, over.signal);
            try {
              await work.round();
            } finally {
              over.abort();
              await reaping;
            }
          }
          await work.check();
        } finally {
          await world.dispose();
        }
      });
    });
  }
});

/** Kills now and then, so often and no more: however slow the machine is, the work comes to its end. */
async function reap(
  world: World,
  victim: 'engine' | 'git' | 'both',
  numbers: Chance,
  over: AbortSignal,
): Promise<void> {
  for (let left = killsOfRound; left > 0;) {
    await sleep(20 + numbers.below(260));
    if (over.aborted) return;
    const gits = victim === 'engine' ? [] : gitsOf(world);
    if (victim !== 'git') await world.engine?.kill();
    const dead = gits.filter((pid) => kill(pid)).length + (victim === 'git' ? 0 : 1);
    killed(`${victim} at any moment of a homecoming`, dead);
    if (dead > 0) left -= 1;
    await sleep(victim === 'git' ? 300 : 1000 + numbers.below(800));
  }
}
