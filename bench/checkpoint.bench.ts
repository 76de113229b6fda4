/**
 * Checkpoints and rollbacks in a repository of 50,000 files, as ratios to what plain git takes for the same in the same run:
 * `add -A` and `write-tree` on a kept index for a checkpoint, `git restore .` for a rollback. Candidates take turns.
 */
import { execFile } from 'node:child_process';
import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Place } from '../src/core/session/state.ts';
import { type Capture, takeCheckpoint } from '../src/git/checkpoint.ts';
import { createWorktree } from '../src/git/create.ts';
import { createDoor } from '../src/git/door.ts';
import { locateRepository } from '../src/git/locate.ts';
import { openRepository, type Repository } from '../src/git/repository.ts';
import { refuseObstacles } from '../src/git/obstacles.ts';
import { moveFiles, movesBetween } from '../src/git/restore.ts';
import { median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const files = 50_000;
const rounds = 7;
const run = promisify(execFile);

const bench = await BenchPlace.make(files, instantAgent);
try {
  const { repository, place } = await open();
  await checkpoints(repository, place);
  await rollbacks(repository, place);
} finally {
  await bench.remove();
}

async function open(): Promise<{ repository: Repository; place: Place }> {
  const { env, root } = bench;
  // As a clone is: what was committed is in a pack.
  await bench.git('repack', '-adq');
  const mark = { id: 'bench', host: 'bench', bootId: 'bench', pid: process.pid, startTime: '0' };
  const repository = await openRepository(await locateRepository(bench.repository), {
    ...{ door: createDoor({ env }), env, privateDir: join(root, 'private') },
    owner: {
      ...{ mark, probe: () => Promise.resolve('alive') },
      ...{ gits: () => Promise.resolve([]), orphans: () => Promise.resolve([]) },
    },
  });
  const { place } = await createWorktree(repository, { root: join(root, 'w'), slug: 'bench', branch: 'feature/bench' });
  return { repository, place };
}

/** The path of a file that is there, one folder after the other. */
function fileAt(index: number): string {
  const folder = index % Math.floor(files / 30);
  return `area${Math.floor(folder / 50)}/folder${folder}/file${index % 30}.ts`;
}

async function touch(place: Place, count: number, round: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => fileAt(index * 7 + round));
  await Promise.all(paths.map((path) => appendFile(join(place.path, path), `// ${round} ${Math.random()}\n`)));
  return paths;
}

/** What plain git does: everything into an index of its own that is kept, and a tree of it. */
async function plain(place: Place, index: string): Promise<void> {
  const options = { cwd: place.path, env: { ...bench.env, GIT_INDEX_FILE: index } };
  await run('git', ['add', '-A'], options);
  await run('git', ['write-tree'], options);
}

async function checkpoints(repository: Repository, place: Place): Promise<void> {
  const index = join(bench.root, 'kept-index');
  await copyFile(join(place.admin, 'index'), index);
  await plain(place, index);
  let n = 0;
  let parent: Capture = await takeCheckpoint(repository, place, { session: 'bench', n, intent: 'first' });
  const take = async (touched?: readonly string[]): Promise<number> => {
    n += 1;
    const options = { session: 'bench', n, intent: `i${n}`, parent, ...(touched === undefined ? {} : { touched }) };
    return timed(async () => (parent = await takeCheckpoint(repository, place, options)));
  };
  for (const count of [1, 20, 300]) {
    const times = { plain: [] as number[], touched: [] as number[], full: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const paths = await touch(place, count, round);
      const quick = await take(paths);
      const floor = await timed(() => plain(place, index));
      await touch(place, count, round + 100);
      const whole = await take();
      await plain(place, index);
      if (round === 0) continue;
      times.touched.push(quick);
      times.plain.push(floor);
      times.full.push(whole);
    }
    const goal = count === 1 ? '≤ 0.06' : count === 20 ? '≤ 0.15' : '';
    const floor = median(times.plain);
    ratio(`checkpoint, ${count} touched`, median(times.touched), floor, 'add -A, write-tree', goal);
    ratio(`checkpoint that looks at all files, ${count} changed`, median(times.full), floor, 'add -A, write-tree');
  }
  const nothing: number[] = [];
  for (let round = 0; round < rounds; round += 1) nothing.push(await take([]));
  row('checkpoint, nothing touched', ms(median(nothing)));
}

async function rollbacks(repository: Repository, place: Place): Promise<void> {
  for (const count of [1, 100, 5000]) {
    const times = { plain: [] as number[], ours: [] as number[], whole: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const target = await takeCheckpoint(repository, place, { session: `r${count}`, n: 3 * round, intent: 't' });
      await touch(place, count, round);
      const options = { cwd: place.path, env: bench.env };
      const floor = await timed(() => run('git', ['restore', `--source=${target.tree}`, '--worktree', '.'], options));
      await touch(place, count, round);
      let now: Capture | undefined;
      const keeping = await timed(async () => {
        now = await takeCheckpoint(repository, place, { session: `r${count}`, n: 3 * round + 1, intent: 'n' });
      });
      const moving = await timed(async () => {
        const moves = await movesBetween(repository, now?.tree ?? '', target.tree);
        await refuseObstacles(repository, place, moves);
        await moveFiles(repository, place, moves);
      });
      if (round === 0) continue;
      times.plain.push(floor);
      times.ours.push(moving);
      times.whole.push(keeping + moving);
    }
    const goal = count === 100 ? '≤ 0.1' : '';
    const floor = median(times.plain);
    ratio(`rollback of ${count} files`, median(times.ours), floor, 'git restore .', goal);
    ratio(`rollback of ${count} files with the checkpoint before it`, median(times.whole), floor, 'git restore .');
  }
}
