import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { type Capture, checkpointTree, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { buildLanding, buildRevert, forkPoint } from '../../../src/git/landing-build.ts';
import { moveBranch } from '../../../src/git/landing-move.ts';
import { hunksBetween, withHunks } from '../../../src/git/hunks.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { refuseObstacles } from '../../../src/git/obstacles.ts';
import { type Move, moveFiles, movesBetween } from '../../../src/git/restore.ts';
import { chosenRollback, keepResult } from '../../../src/git/roll-back.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Editor, emptyFolders, type Files, type Node, oneOf, readAll } from './checkpoint-model.ts';
import { Sandbox } from './support.ts';

/** Edits per run; the suite for a quiet machine asks for more. */
const edits = Number(process.env['COPPICE_MODEL_EDITS'] ?? 600);
const chance = new Chance();
const { seed } = chance;

/** What git does not look at, and nothing may change. */
function isIgnored(path: string): boolean {
  return path.split('/').some((part) => part.endsWith('.log'));
}
function tracked(files: Files): Map<string, Node> {
  return new Map([...files].filter(([path]) => !isIgnored(path)));
}
function sorted(files: Files): [string, Node][] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
function equal(actual: Files, expected: Files, what: string): void {
  assert.deepEqual(sorted(actual), sorted(expected), `${what} (seed ${seed})`);
}

interface Kept {
  readonly n: number;
  readonly capture: Capture;
  readonly files: Files;
}

describe(`a worktree, its checkpoints and rollbacks, against a model (seed ${seed})`, function () {
  this.timeout(600_000);
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  let main: string;

  before(async () => {
    sandbox = await Sandbox.make();
    const root = await sandbox.repository('project', { a: 'one\n', 'deep/b/c.txt': 'two\n' });
    await mkdir(join(root, '.git', 'info'), { recursive: true });
    await writeFile(join(root, '.git', 'info', 'exclude'), '*.log\n');
    repository = await sandbox.open(root);
    main = root;
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' }));
  });
  after(() => sandbox.clean());

  it('are the same byte for byte after every step', async () => {
    const editor = new Editor(place.path, chance);
    const kept: Kept[] = [];
    const counts = {
      ...{ edits: 0, checkpoints: 0, quick: 0, moved: 0, rollbacks: 0, parts: 0, undos: 0, refused: 0, commits: 0 },
      ...{ landings: 0, takenBack: 0 },
    };
    let last: { readonly before: Kept; readonly after: Kept } | undefined;
    /** Where the work began that was taken back and comes home once more. */
    let fork: string | undefined;
    let touched = new Set<string>();
    let n = 0;

    const keep = async (): Promise<Kept> => {
      const parent = kept.at(-1)?.capture;
      sandbox.log.length = 0;
      const options = { session: 'quick', n, intent: `quick-${n}`, touched: [...touched] };
      const quick = parent === undefined ? undefined : await takeCheckpoint(repository, place, { ...options, parent });
      const sure = !sandbox.log.some(({ args }) => args[0] === 'add');
      const capture = await takeCheckpoint(repository, place, {
        ...{ session: 'model', n, intent: `intent-${n}` },
        ...(parent === undefined ? {} : { parent }),
      });
      if (quick !== undefined && sure) {
        const [ours, theirs] = [quick, capture].map(({ tree, head }) => ({ tree, head }));
        assert.deepEqual(ours, theirs, `both ways give the same (seed ${seed}, checkpoint ${n})`);
        counts.quick += 1;
        if (quick.head !== parent?.head) counts.moved += 1;
      }
      touched = new Set();
      counts.checkpoints += 1;
      const files = tracked(await readAll(place.path));
      const made = { n, capture, files };
      kept.push(made);
      n += 1;
      return made;
    };

    const rollBack = async (): Promise<void> => {
      const now = await keep();
      const target = oneOf(chance, kept);
      const moves = await movesBetween(repository, now.capture.tree, target.capture.tree);
      const some =
        chance.below(3) === 0 ? undefined : moves.filter(() => chance.below(2) === 0).map(({ path }) => path);
      const choice = some === undefined ? {} : { paths: some };
      const planned = await chosenRollback(repository, now.capture, target.capture, choice);
      const after = await carriedOut(now, target, planned);
      if (after === undefined) return;
      if (some === undefined) equal(after.files, target.files, 'after a whole rollback');
      last = { before: now, after };
      counts.rollbacks += 1;
    };

    /** Takes the last rollback back: exactly what that had changed, whatever was edited since. */
    const undo = async (): Promise<void> => {
      if (last === undefined) return;
      const { before, after } = last;
      const now = await keep();
      const planned = await chosenRollback(repository, now.capture, before.capture, { since: after.capture });
      const expected = new Map(now.files);
      for (const path of new Set([...before.files.keys(), ...after.files.keys()])) {
        const [was, became] = [before.files.get(path), after.files.get(path)];
        if (was?.kind === became?.kind && was?.bytes === became?.bytes) continue;
        if (was === undefined) expected.delete(path);
        else expected.set(path, was);
        const inTheWay = ([each]: [string, Node]): boolean =>
          each.startsWith(`${path}/`) || path.startsWith(`${each}/`);
        if (was !== undefined) for (const [each] of [...expected].filter(inTheWay)) expected.delete(each);
      }
      const undone = await carriedOut(now, before, planned);
      if (undone === undefined) return;
      equal(undone.files, expected, 'after an undo');
      last = { before: now, after: undone };
      counts.undos += 1;
    };

    /** The moves of a rollback, done and compared; undefined when something is in the way. */
    const carriedOut = async (now: Kept, target: Kept, planned: readonly Move[]): Promise<Kept | undefined> => {
      const before = await readAll(place.path);
      const empty = await emptyFolders(place.path);
      try {
        await refuseObstacles(repository, place, planned);
      } catch {
        counts.refused += 1;
        equal(await readAll(place.path), before, 'a refused rollback changes nothing');
        return undefined;
      }
      const what = { session: 'model', n, intent: `intent-${n}`, now: now.capture, head: now.capture.head };
      const result = await keepResult(repository, { ...what, moves: planned });
      await moveFiles(repository, place, planned);
      if (chance.below(4) === 0) await moveFiles(repository, place, planned); // repeated, as after a kill
      const expected = new Map(before);
      for (const { path, to } of planned) if (to === undefined) expected.delete(path);
      for (const { path, to } of planned) {
        const node = target.files.get(path);
        if (to !== undefined && node !== undefined) expected.set(path, node);
      }
      const after = await readAll(place.path);
      equal(after, expected, 'after a rollback');
      const left = (await emptyFolders(place.path)).filter((path) => !empty.includes(path));
      assert.deepEqual(left, [], 'no empty folder is left behind');
      const made = { n, capture: { ...result, head: now.capture.head, remarks: [] }, files: tracked(after) };
      kept.push(made);
      n += 1;
      assert.equal((await checkpointTree(repository, place)).tree, result.tree, 'the state after is the one promised');
      return made;
    };

    /** What the agent has committed comes home, and sometimes goes again; the worktree and its checkpoints stay as they are. */
    const land = async (): Promise<void> => {
      await commit();
      const files = tracked(await readAll(place.path));
      const before = await readAll(main);
      const branch = 'main';
      const tip = await sandbox.git(place.path, 'rev-parse', 'HEAD');
      const from = await sandbox.git(main, 'rev-parse', branch);
      const request = { way: 'merge' as const, from, tip, message: 'landing' };
      const built = await buildLanding(repository, { ...request, ...(fork === undefined ? {} : { fork }) });
      if (built.kind === 'nothing') return;
      assert.ok(built.kind === 'built', `nobody else has worked (seed ${seed})`);
      const checkout = { path: main, admin: join(main, '.git') };
      const { commit: to } = built.build;
      assert.deepEqual(await moveBranch(repository, { branch, from, to, checkout }), { kind: 'moved' });
      equal(await readAll(main), files, 'what has landed');
      equal(tracked(await readAll(place.path)), files, 'the worktree after a landing');
      counts.landings += 1;
      const first = fork ?? (await forkPoint(repository, from, tip));
      fork = undefined;
      if (chance.below(2) === 0) return;
      const back = await buildRevert(repository, built.build, to, 'taken back');
      if (back.kind === 'nothing') return;
      assert.ok(back.kind === 'built');
      assert.deepEqual(await moveBranch(repository, { branch, from: to, to: back.build.commit, checkout }), {
        kind: 'moved',
      });
      equal(await readAll(main), before, 'what was taken back');
      fork = first;
      counts.takenBack += 1;
    };

    const commit = async (): Promise<void> => {
      await sandbox.git(place.path, 'add', '-A');
      await sandbox.git(place.path, 'commit', '-q', '--allow-empty', '-m', 'by the agent');
      counts.commits += 1;
    };

    const inPart = async (): Promise<void> => {
      const now = await keep();
      const target = oneOf(chance, kept);
      const moves = await movesBetween(repository, now.capture.tree, target.capture.tree);
      const texts = moves.filter(
        ({ from, to }) => from?.mode.startsWith('100') === true && to?.mode.startsWith('100') === true,
      );
      const move = texts.length === 0 ? undefined : oneOf(chance, texts);
      if (move?.from === undefined || move.to === undefined) return;
      const hunks = await hunksBetween(repository, move.from.id, move.to.id);
      if (hunks === undefined) return;
      const chosen = hunks.map((_, index) => index).filter(() => chance.below(2) === 0);
      const request = { hunks: [{ path: move.path, hunks: chosen }] };
      const planned = await chosenRollback(repository, now.capture, target.capture, request);
      await moveFiles(repository, place, planned);
      const [old, next] = [now.files.get(move.path), target.files.get(move.path)];
      assert.ok(old !== undefined && next !== undefined);
      const bytes = withHunks(
        Buffer.from(old.bytes, 'latin1'),
        Buffer.from(next.bytes, 'latin1'),
        hunks,
        new Set(chosen),
      );
      const expected = new Map(now.files).set(move.path, { kind: old.kind, bytes: bytes.toString('latin1') });
      equal(tracked(await readAll(place.path)), expected, 'exactly the chosen changes');
      const all = withHunks(
        Buffer.from(old.bytes, 'latin1'),
        Buffer.from(next.bytes, 'latin1'),
        hunks,
        new Set(hunks.keys()),
      );
      assert.equal(all.toString('latin1'), next.bytes, 'all changes together make the other content');
      touched.add(move.path);
      counts.parts += 1;
    };

    await keep();
    while (counts.edits < edits) {
      const roll = chance.below(40);
      if (roll === 0) await (last !== undefined && chance.below(2) === 0 ? undo() : keep());
      else if (roll === 1) await rollBack();
      else if (roll === 2) await inPart();
      else if (roll === 3 && chance.below(4) === 0) {
        if (chance.below(2) === 0) await keep();
        await (chance.below(2) === 0 ? land() : commit());
      } else {
        for (const path of await editor.edit()) touched.add(path);
        counts.edits += 1;
      }
    }
    process.stdout.write(`      ${JSON.stringify({ seed, ...counts })}\n`);
    assert.ok(counts.rollbacks > 0 && counts.quick > 0);
    for (const { n: number, capture } of kept) {
      assert.equal(await sandbox.git(place.path, 'rev-parse', `refs/coppice/model/${number}^{tree}`), capture.tree);
    }
    assert.equal(await sandbox.git(place.path, 'symbolic-ref', 'HEAD'), 'refs/heads/feature/work');
    await sandbox.git(place.path, 'fsck', '--full', '--strict');
  });

  it('the index, the stash and the branch of the worktree are untouched by all of this', async () => {
    const index = await readFile(join(place.admin, 'index'));
    const head = await sandbox.git(place.path, 'rev-parse', 'HEAD');
    await writeFile(join(place.path, 'more.txt'), 'x\n');
    const capture = await takeCheckpoint(repository, place, { session: 'other', n: 0, intent: 'i' });
    const moves = await movesBetween(
      repository,
      capture.tree,
      await sandbox.git(place.path, 'rev-parse', `${head}^{tree}`),
    );
    await moveFiles(repository, place, moves);
    assert.deepEqual(await readFile(join(place.admin, 'index')), index);
    assert.equal(await sandbox.git(place.path, 'rev-parse', 'HEAD'), head);
    assert.equal(await sandbox.git(place.path, 'stash', 'list'), '');
  });
});
