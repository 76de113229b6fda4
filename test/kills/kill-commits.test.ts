import assert from 'node:assert/strict';
import { Chance } from '../support/engine/chance.ts';
import { commands, dialogue } from '../support/engine/lives.ts';
import type { KillPoint } from '../support/engine/plan.ts';
import { somePoints } from '../support/engine/points.ts';
import { killed, tally } from '../support/engine/tally.ts';
import { inParallel } from '../support/engine/waiting.ts';
import { Worlds, type WorldOptions } from '../support/engine/world.ts';

type Life = typeof dialogue;

/** Lives that are led at the same time, each in a world of its own. */
const width = 3;
const limitMs = 420_000;

/** Opening the journal writes no records: an engine can be killed before it, and nothing of its own comes after. */
const openingJournal = 1;

/** Commits of an engine that have nothing to do with a session: opening the journal, and saying that it is up. */
const opening = openingJournal + 1;

const sides = ['before', 'after'] as const;

describe('an engine that is killed at its commits', function () {
  this.timeout(limitMs);
  let worlds: Worlds;
  const chance = new Chance();
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  after(() => process.stdout.write(`      seed ${chance.seed}; ${tally()}\n`));

  /** Leads a life; returns how many engines were killed, and how many commits the first engine made. */
  async function lead(life: Life, options: WorldOptions): Promise<{ kills: number; commits: number }> {
    const world = await worlds.world(options);
    try {
      await life(world);
      const last = (await world.commits(1)).at(-1) ?? '';
      return { kills: world.kills, commits: Number.parseInt(last, 10) };
    } finally {
      await world.dispose();
    }
  }

  it('once, at each of them in a dialogue: before one and after the next', async () => {
    const { commits } = await lead(dialogue, { covered: true });
    assert.ok(commits > 40, `${commits} commits`);
    const numbers = Array.from({ length: commits }, (_, index) => index + 1);
    // Which side of a commit's write is its turn changes from run to run.
    const turn = chance.below(sides.length);
    const all = numbers.map((commit) => {
      const when = commit === openingJournal ? 'before' : (sides[(commit + turn) % sides.length] ?? 'before');
      return { when, commit };
    });
    const points = somePoints(all, 4, chance);
    let reached = 0;
    await inParallel(points, width, async (point) => {
      const kill = (life: number): KillPoint | undefined => (life === 1 ? point : undefined);
      const { kills, commits: made } = await lead(dialogue, { kill, covered: point.commit % 16 === 0 });
      killed(`${point.when} a commit`, kills);
      // Commits that come at the same moment share a write, so the last numbers are not reached in every life.
      assert.ok(kills > 0 || made < point.commit, `not killed ${point.when} commit ${point.commit} of ${made}`);
      reached += kills;
    });
    assert.ok(reached >= points.length * 0.5, `only ${reached} of ${points.length} points were reached`);
  });

  it('again and again, so that each engine adds one commit to the work', async () => {
    const points: KillPoint[] = [
      { when: 'after', commit: opening + 1 },
      { when: 'before', commit: opening + 2 },
    ];
    const all = [dialogue, commands].flatMap((life) => points.map((point) => ({ life, point })));
    const jobs = somePoints(all, 2, chance);
    await inParallel(jobs, width, async ({ life, point }) => {
      const { kills } = await lead(life, { kill: () => point });
      killed(`${point.when} a commit`, kills);
      assert.ok(kills >= 15, `${life.name} was killed ${kills} times`);
    });
  });

  it('again and again, at random', async () => {
    const lives = somePoints([dialogue, commands, dialogue, commands], 2, chance);
    const jobs = lives.map((life) => ({ life, numbers: chance.fork() }));
    await inParallel(jobs, width, async ({ life, numbers }) => {
      const kill = (): KillPoint => ({
        when: numbers.below(2) === 0 ? 'before' : 'after',
        commit: opening + 2 + numbers.below(8),
      });
      const { kills } = await lead(life, { kill });
      killed('at a random commit', kills);
    });
  });
});
