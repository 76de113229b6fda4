import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build, Landing, LandingWay } from '../../../src/core/landing/state.ts';
import { takenBackSince } from '../../../src/engine/landing/build.ts';
import { type BuildOutcome, buildLanding, buildRevert } from '../../../src/git/landing-build.ts';
import { moveBranch } from '../../../src/git/landing-move.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Sandbox } from '../git/support.ts';
import { Author, type Files, History, merge, sameFiles, textOf } from './model.ts';

/** Things that happen per run; the suite for a quiet machine asks for more. */
const steps = Number(process.env['COPPICE_MODEL_LANDINGS'] ?? 80);
const ways: readonly LandingWay[] = ['squash', 'merge', 'rebase'];
const chance = new Chance();

/** What the model expects: the files of the target afterwards, the names in conflict, or nothing. */
type Expected = { readonly files: Files; readonly on?: string } | readonly string[] | 'nothing';

interface Work {
  readonly session: string;
  readonly path: string;
  tip: string;
}

describe(`landings and what is taken back, against a model (seed ${chance.seed})`, function () {
  this.timeout(600_000);
  let sandbox: Sandbox;
  let main: string;
  let repository: Repository;

  const history = new History();
  const author = new Author(chance);
  const works: Work[] = [];
  const landings: Landing[] = [];
  const counts = { edits: 0, landed: 0, conflicts: 0, nothing: 0, back: 0, held: 0, overtaken: 0 };
  let target = '';
  let sessions = 0;

  before(async () => {
    sandbox = await Sandbox.make();
    main = await sandbox.repository('project');
    repository = await sandbox.open(main);
    target = await commitAs(main, author.changed(new Map()), []);
  });
  after(() => sandbox.clean());

  /** Makes the files of a checkout those, commits them, and tells the model. */
  async function commitAs(path: string, files: Files, parents: readonly string[]): Promise<string> {
    for (const name of await readdir(path)) {
      if (name !== '.git' && !files.has(name)) await rm(join(path, name), { recursive: true });
    }
    for (const [name, text] of files) await writeFile(join(path, name), textOf(text));
    await sandbox.git(path, 'add', '-A');
    await sandbox.git(path, 'commit', '-q', '--allow-empty', '-m', 'changed');
    const id = await sandbox.git(path, 'rev-parse', 'HEAD');
    history.add({ id, parents, files });
    return id;
  }

  function any<T>(of: readonly T[]): T | undefined {
    return of.length === 0 ? undefined : of[chance.below(of.length)];
  }

  async function begin(): Promise<void> {
    sessions += 1;
    const session = `session-${sessions}`;
    const path = sandbox.path(session);
    await sandbox.git(main, 'worktree', 'add', '-q', '-b', session, path, target);
    works.push({ session, path, tip: target });
  }

  /** The target is exactly so, for git and on the disk. */
  async function isExactly(commit: string): Promise<void> {
    const { files } = history.get(commit);
    assert.equal(await sandbox.git(main, 'rev-parse', 'main'), commit);
    assert.equal(await sandbox.git(main, 'status', '--porcelain'), '');
    const names = (await readdir(main)).filter((name) => name !== '.git').sort();
    assert.deepEqual(names, [...files.keys()].sort());
    for (const [name, text] of files) assert.equal(await readFile(join(main, name), 'utf8'), textOf(text), name);
  }

  const filesOf = (id: string): Files => history.get(id).files;

  function merged(base: string, ours: string, theirs: string): Expected {
    const files = merge(filesOf(base), filesOf(ours), filesOf(theirs));
    return files instanceof Map ? { files } : (files as readonly string[]);
  }

  function expected(way: LandingWay, tip: string, fork: string | undefined): Expected {
    if (way === 'rebase') return replayed(tip, fork);
    const outcome = merged(fork ?? history.fork(tip, target), target, tip);
    if (outcome === 'nothing' || !('files' in outcome)) return outcome;
    const unchanged = sameFiles(outcome.files, filesOf(target));
    return unchanged && (way === 'squash' || history.has(target, tip)) ? 'nothing' : outcome;
  }

  function replayed(tip: string, fork: string | undefined): Expected {
    let at = target;
    for (const original of history.since(tip, fork ?? target)) {
      const [parent = ''] = original.parents;
      if (parent === at) {
        at = original.id;
        continue;
      }
      const outcome = merged(parent, at, original.id);
      if (outcome === 'nothing' || !('files' in outcome)) return outcome;
      if (!sameFiles(outcome.files, filesOf(at))) at = history.onTop(at, outcome.files).id;
    }
    return at === target ? 'nothing' : { files: filesOf(at), on: at };
  }

  /** Compares what was built with the model; the commit when there is one. */
  function check(outcome: BuildOutcome, wanted: Expected, parents: readonly string[]): Build | undefined {
    if (wanted === 'nothing') {
      assert.equal(outcome.kind, 'nothing');
      counts.nothing += 1;
      return undefined;
    }
    if (!('files' in wanted)) {
      assert.ok(outcome.kind === 'conflict', `${outcome.kind}, not a conflict in ${wanted.join()}`);
      assert.deepEqual([...new Set(outcome.conflicts.map(({ path }) => path))].sort(), wanted);
      counts.conflicts += 1;
      return undefined;
    }
    assert.ok(outcome.kind === 'built', outcome.kind);
    const { commit } = outcome.build;
    // A branch that sits on the target lands as it is; the model knows its commits.
    if (wanted.on !== commit) {
      history.add({
        id: commit,
        parents: wanted.on === undefined ? parents : history.get(wanted.on).parents,
        files: wanted.files,
      });
    }
    return outcome.build;
  }

  /** Moves the target as a landing does; sometimes something is in the way first. */
  async function bring(build: Build): Promise<boolean> {
    const checkout = { path: main, admin: join(main, '.git') };
    const move = { branch: 'main', from: build.from, to: build.commit, checkout };
    const roll = chance.below(10);
    const [first] = filesOf(target).keys();
    if (roll === 0 && first !== undefined) {
      const before = await readFile(join(main, first));
      await writeFile(join(main, first), 'a person at work\n');
      assert.equal((await moveBranch(repository, move)).kind, 'held');
      assert.equal(await readFile(join(main, first), 'utf8'), 'a person at work\n');
      await writeFile(join(main, first), before);
      await isExactly(target);
      counts.held += 1;
    } else if (roll === 1) {
      target = await commitAs(main, author.changed(filesOf(target)), [target]);
      assert.equal((await moveBranch(repository, move)).kind, 'overtaken');
      await isExactly(target);
      counts.overtaken += 1;
      return false;
    }
    assert.deepEqual(await moveBranch(repository, move), { kind: 'moved' });
    target = build.commit;
    await isExactly(target);
    return true;
  }

  function record(work: Work, way: LandingWay, build: Build): void {
    landings.push({
      ...{
        id: `landing-${landings.length}`,
        session: work.session,
        repository: 'r',
        way,
        target: 'main',
        tip: work.tip,
      },
      ...{ message: '', by: 'user:test', requestedAt: 0, place: landings.length, state: 'landed', build, evidence: [] },
    });
  }

  async function land(work: Work, way: LandingWay): Promise<void> {
    const fork = await takenBackSince(repository, landings, { session: work.session, target: 'main' }, target);
    const wanted = expected(way, work.tip, fork);
    const request = { way, from: target, tip: work.tip, message: 'Landed\n' };
    const outcome = await buildLanding(repository, fork === undefined ? request : { ...request, fork });
    const build = check(outcome, wanted, way === 'merge' ? [target, work.tip] : [target]);
    // Where the two disagree the work is over: a person would resolve it.
    if (outcome.kind === 'conflict') works.splice(works.indexOf(work), 1);
    if (build === undefined || !(await bring(build))) return;
    record(work, way, build);
    counts.landed += 1;
    assert.equal(await sandbox.git(main, 'rev-parse', `${build.commit}^{tree}`), build.tree);
  }

  async function takeBack(): Promise<void> {
    const landing = any(landings.filter(({ revertedBy }) => revertedBy === undefined));
    const landed = landing?.build;
    if (landing === undefined || landed === undefined) return;
    const files = merged(landed.commit, target, landed.from);
    const unchanged = typeof files === 'object' && 'files' in files && sameFiles(files.files, filesOf(target));
    const outcome = await buildRevert(repository, landed, target, 'Taken back\n');
    const build = check(outcome, unchanged ? 'nothing' : files, [target]);
    if (build === undefined || !(await bring(build))) return;
    landings[landings.indexOf(landing)] = { ...landing, revertedBy: `back-${counts.back}` };
    counts.back += 1;
  }

  it('are the same byte for byte after every step, and the checkout is never left behind', async () => {
    for (let step = 0; step < steps; step += 1) {
      const roll = chance.below(20);
      const work = any(works);
      if (work === undefined || (roll === 0 && works.length < 5)) await begin();
      else if (roll < 8) {
        work.tip = await commitAs(work.path, author.changed(filesOf(work.tip)), [work.tip]);
        counts.edits += 1;
      } else if (roll < 10) target = await commitAs(main, author.changed(filesOf(target)), [target]);
      else if (roll < 17) await land(work, any(ways) ?? 'squash');
      else await takeBack();
    }
    process.stdout.write(`      ${JSON.stringify({ seed: chance.seed, ...counts })}\n`);
    await isExactly(target);
    assert.ok(counts.landed > 0);
    await sandbox.git(main, 'fsck', '--strict');
  });
});
