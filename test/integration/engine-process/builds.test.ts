import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { Connection } from '../../../src/protocol/client/connect.ts';
import { Chance } from '../../support/engine/chance.ts';
import { ended, until, Workbench } from './workbench.ts';

const builds = ['a', 'b'] as const;
const patienceMs = 60_000;

describe('two builds of one version', function () {
  this.timeout(120_000);
  let bench: Workbench;
  const chance = new Chance();
  beforeEach(async () => {
    bench = await Workbench.open();
    for (const build of builds) await bench.shipBuild(build);
  });
  afterEach(() => bench.close());
  after(() => process.stdout.write(`      seed ${chance.seed}\n`));

  const come = (build: string): Promise<Connection> =>
    bench.connect({ launch: bench.planOf(build), timeoutMs: patienceMs });
  /** An engine that was started when nobody else was has deleted the copies of others, a moment after it can be reached. */
  const onlyCopy = (): Promise<void> => {
    const copies = (): string[] => readdirSync(join(bench.home, 'engine')).filter((name) => name !== 'engine.log');
    return until(() => copies().length === 1, 'one copy', patienceMs);
  };
  const many = Array.from({ length: 6 }, (_, index) => builds[index % 2] ?? 'a');

  it('that start at the same moment are no hindrance to each other, and no engine reads the files of the other', async () => {
    for (let round = 0; round < 3; round += 1) {
      const all = await Promise.all(many.map(come));
      const [pid = 0] = new Set(all.map(({ engine }) => engine.pid));
      assert.deepEqual(new Set(all.map(({ engine }) => engine.pid)), new Set([pid]), 'one engine for all');
      await all[0]?.request('session/interrupt', { session: 'late' });
      // Those that made way have ended, so that the next round begins with nobody.
      await until(() => bench.alive().length === 1, 'the others to have ended', patienceMs);
      process.kill(pid, 'SIGKILL');
      await ended(pid);
      if (round % 2 === 1) await rm(join(bench.home, 'engine'), { recursive: true });
    }
    const lines = (await readFile(join(bench.home, 'toy-builds'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(line, /^(a a|b b)$/);
    await come('a');
    await onlyCopy();
  });

  it('of which engines are killed while they start: whoever insists is connected, to one engine, and nothing stays', async () => {
    const insist = async (build: string): Promise<Connection> => {
      for (;;) {
        try {
          return await come(build);
        } catch (error) {
          // The engine that this one started was killed, and it is told so.
          if (!isCoppiceError(error, 'internal') || !/could not be started \(SIGKILL\)/.test(error.message))
            throw error;
        }
      }
    };
    const over = new AbortController();
    const killing = killSome(bench, chance).finally(() => over.abort());
    do {
      for (const connection of await Promise.all(many.map(insist))) connection.dispose();
    } while (!over.signal.aborted);
    await killing;
    const { engine } = await insist('a');
    await until(() => bench.alive().length === 1, 'the others to have ended', patienceMs);
    process.kill(engine.pid, 'SIGKILL');
    await ended(engine.pid);
    // Whatever the killed have left, the next one cleans up.
    const next = await insist('b');
    assert.deepEqual(bench.alive(), [next.engine.pid]);
    const hidden = (await readdir(bench.home)).filter((name) => /^\.lock-(draft|after)/.test(name));
    // Only what was torn by the kill, so that nobody can tell whose it is.
    for (const name of hidden) assert.doesNotMatch(await readFile(join(bench.home, name), 'utf8'), /\}/, name);
    await onlyCopy();
  });
});

/** Kills engines that are there, a few times, at any moment of their start. */
async function killSome(bench: Workbench, chance: Chance): Promise<void> {
  for (let left = 6; left > 0;) {
    await until(() => bench.alive().length > 0, 'an engine', patienceMs);
    await new Promise((resolve) => setTimeout(resolve, chance.below(400)));
    const alive = bench.alive();
    const pid = alive[chance.below(Math.max(1, alive.length))];
    if (pid === undefined) continue;
    try {
      process.kill(pid, 'SIGKILL');
      left -= 1;
    } catch {
      // It has ended by itself.
    }
  }
}
