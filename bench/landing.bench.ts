/**
 * Work of 100 ready branches comes home in a repository of 50,000 files: into a branch that nobody is on, against the same done by
 * plain git (`merge-tree`, `commit-tree`, `update-ref`), and into the branch of a checkout, against `git merge` in another one. The
 * two take turns.
 */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commitEdited } from '../src/git/edit-tree.ts';
import { createDoor } from '../src/git/door.ts';
import { buildLanding } from '../src/git/landing-build.ts';
import { moveBranch } from '../src/git/landing-move.ts';
import { locateRepository } from '../src/git/locate.ts';
import { openRepository, type Repository } from '../src/git/repository.ts';
import { median, ms, ratio, row, timed } from './support/figures.ts';
import { BenchPlace, instantAgent } from './support/place.ts';

const files = 50_000;
const branches = 100;
const intoCheckout = 20;
const filesEach = 10;
const run = promisify(execFile);

const bench = await BenchPlace.make(files, instantAgent);
try {
  await bench.git('config', 'user.name', 'bench');
  await bench.git('config', 'user.email', 'bench@localhost');
  const repository = await open();
  const tips = await readyBranches(repository);
  await intoFree(repository, tips);
  await intoCheckedOut(repository, tips.slice(0, intoCheckout));
  row(
    'load',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  );
} finally {
  await bench.remove();
}

async function open(): Promise<Repository> {
  const { env, root } = bench;
  const mark = { id: 'bench', host: 'bench', bootId: 'bench', pid: process.pid, startTime: '0' };
  return openRepository(await locateRepository(bench.repository), {
    ...{ door: createDoor({ env }), env, privateDir: join(root, 'private') },
    owner: {
      ...{ mark, probe: () => Promise.resolve('alive') },
      ...{ gits: () => Promise.resolve([]), orphans: () => Promise.resolve([]) },
    },
  });
}

async function ask(...args: readonly string[]): Promise<string> {
  return (await bench.git(...args)).trim();
}

/** Commits on top of the first one, each with changes in files of its own. */
async function readyBranches(repository: Repository): Promise<string[]> {
  const base = await ask('rev-parse', 'HEAD');
  const tree = await ask('rev-parse', 'HEAD^{tree}');
  const tips: string[] = [];
  for (let branch = 0; branch < branches; branch += 1) {
    const content = Buffer.from(`export const changed = ${branch};\n`);
    const id = await repository.objects.write('blob', content);
    const edits = Array.from({ length: filesEach }, (_, index) => {
      const folder = branch * filesEach + index;
      return { path: `area${Math.floor(folder / 50)}/folder${folder}/file0.ts`, to: { mode: '100644', id } };
    });
    const { commit } = await commitEdited(repository, {
      message: `work ${branch}\n`,
      parents: [base],
      base: tree,
      edits,
    });
    await bench.git('update-ref', `refs/heads/work/${branch}`, commit);
    tips.push(commit);
  }
  return tips;
}

async function land(repository: Repository, branch: string, tip: string, checkout: string | null): Promise<void> {
  const from = await repository.ask(['rev-parse', `refs/heads/${branch}`]);
  const outcome = await buildLanding(repository, { way: 'squash', from, tip, message: 'Landed\n' });
  if (outcome.kind !== 'built') throw new Error(`It is ${outcome.kind}.`);
  const place = checkout === null ? null : { path: checkout, admin: join(checkout, '.git') };
  const moved = await moveBranch(repository, { branch, from, to: outcome.build.commit, checkout: place });
  if (moved.kind !== 'moved') throw new Error(`It is ${JSON.stringify(moved)}.`);
}

async function intoFree(repository: Repository, tips: readonly string[]): Promise<void> {
  await bench.git('branch', '-q', 'ours', 'main');
  await bench.git('branch', '-q', 'plain', 'main');
  const times = { ours: [] as number[], plain: [] as number[] };
  for (const tip of tips) {
    times.ours.push(await timed(() => land(repository, 'ours', tip, null)));
    times.plain.push(
      await timed(async () => {
        const from = await ask('rev-parse', 'refs/heads/plain');
        const tree = (await ask('merge-tree', '--write-tree', from, tip)).split('\n', 1)[0] ?? '';
        const commit = await ask('commit-tree', '-m', 'Landed', '-p', from, tree);
        await bench.git('update-ref', 'refs/heads/plain', commit, from);
      }),
    );
  }
  if ((await ask('rev-parse', 'ours^{tree}')) !== (await ask('rev-parse', 'plain^{tree}')))
    throw new Error('not alike');
  report(`${branches} landings, target that nobody is on`, times, 'merge-tree, commit-tree, update-ref');
}

async function intoCheckedOut(repository: Repository, tips: readonly string[]): Promise<void> {
  const other = join(bench.root, 'other');
  await bench.git('worktree', 'add', '-q', '-b', 'merged', other, 'main');
  await bench.git('status');
  const times = { ours: [] as number[], plain: [] as number[] };
  for (const tip of tips) {
    times.ours.push(await timed(() => land(repository, 'main', tip, bench.repository)));
    times.plain.push(
      await timed(() => run('git', ['merge', '-q', '--no-ff', '-m', 'Landed', tip], { cwd: other, env: bench.env })),
    );
  }
  if ((await ask('status', '--porcelain')) !== '') throw new Error('the checkout was left behind');
  report(`${intoCheckout} landings, target that is checked out`, times, 'git merge');
}

function report(name: string, { ours, plain }: { ours: number[]; plain: number[] }, floor: string): void {
  const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
  ratio(`${name}: one`, median(ours), median(plain), floor);
  ratio(`${name}: all`, sum(ours), sum(plain), floor);
  row(`${name}: slowest`, ms(Math.max(...ours)));
}
