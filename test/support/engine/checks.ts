/** What must hold of a world whose work has ended, whatever was killed when. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { coppiceDomain } from '../../../src/core/coppice-domain.ts';
import type { JournalRecord } from '../../../src/core/domain.ts';
import type { SessionView } from '../../../src/protocol/schemas.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import { git } from './repository.ts';
import type { Person } from './person.ts';
import { until } from './waiting.ts';
import type { World } from './world.ts';

/** A session as it has to stand in the end. */
export interface Expected {
  readonly id: string;
  readonly status: string;
  /** What has to be in `work.txt` on the session's branch, without the last line's end. */
  readonly work: string;
  /** Commits of Coppice on the branch. */
  readonly commits: number;
}

/** What the stand-ins for agents make of prompts that they carried out. */
export function linesOf(...prompts: readonly string[]): string {
  return prompts.map((prompt) => `- ${prompt}`).join('\n');
}

/** Checks everything, and ends the engine of the world in good order. */
export async function checkEnd(person: Person, expected: readonly Expected[]): Promise<void> {
  const { world } = person;
  const wanted = expected.map(({ id, status }) => ({ id, status }));
  const seen = async (): Promise<SessionView[]> => person.onRecord(() => person.list());
  const standing = (views: readonly SessionView[]): unknown => views.map(({ id, status }) => ({ id, status }));
  const sessions = await until(
    async () => {
      const views = await seen();
      return isDeepStrictEqual(standing(views), wanted) ? views : undefined;
    },
    async () => `the sessions that were asked for, each once: ${JSON.stringify([wanted, standing(await seen())])}`,
  );
  const verified = await person.ask('audit/verify', {});
  assert.ok(verified.ok, JSON.stringify(verified));
  // An engine that is killed while it ends is followed by one that ends in good order.
  if ((await world.stop()) === 'SIGKILL') await world.connection();
  assert.equal(await world.stop(), 0, 'the last engine ends in good order');
  await checkProcesses(world);
  for (const session of expected) {
    const { branch } = sessions.find(({ id }) => id === session.id) ?? {};
    if (typeof branch === 'string') await checkBranch(world, branch, session);
    else assert.equal(session.commits, 0);
  }
  await checkWorktrees(
    world,
    sessions.flatMap(({ worktree }) => (worktree === null ? [] : [worktree])),
  );
  await checkState(world);
}

/** Nothing of an agent is left, also nothing that was started and is in no journal. */
async function checkProcesses(world: World): Promise<void> {
  await until(
    () => (world.processes().length === 0 ? true : undefined),
    () => `no process of an agent. Left: ${JSON.stringify(world.processes())}`,
    30_000,
  );
}

async function checkBranch(world: World, branch: string, { id, work, commits }: Expected): Promise<void> {
  const format = '--format=%(trailers:key=Coppice-Session,valueonly,separator=%x20)';
  const log = await git(world.repository, 'log', format, `main..${branch}`);
  const made = log === '' ? [] : log.split('\n');
  if (!isDeepStrictEqual(made, Array(commits).fill(id))) {
    const told = (await journalOf(world)).filter(({ data }) => data['session'] === id);
    const story = told.map(({ type, data }) => `${type} ${JSON.stringify(data).slice(0, 300)}`).join('\n');
    assert.fail(`${commits} commits of Coppice were to be made for the session, not ${made.length}:\n${story}`);
  }
  const present = await git(world.repository, 'show', `${branch}:work.txt`);
  assert.equal(present, work, 'the branch has exactly the change');
  const changed = await git(world.repository, 'diff', '--name-only', `main..${branch}`);
  assert.equal(changed, commits === 0 ? '' : 'work.txt');
}

/** Only worktrees of sessions, no folder that was half made, no lease that is held. */
async function checkWorktrees(world: World, known: readonly string[]): Promise<void> {
  const listed = (await git(world.repository, 'worktree', 'list', '--porcelain'))
    .split('\n')
    .flatMap((line) => (line.startsWith('worktree ') ? [line.slice('worktree '.length)] : []));
  assert.deepEqual(listed.sort(), [world.repository, ...known].sort(), 'git knows the worktrees of the sessions');
  const root = join(world.home, 'worktrees');
  const folders = (await entries(root)).flatMap((repository) => repository.paths);
  assert.deepEqual(folders.sort(), [...known].sort(), 'no folder that was half made');
  const branches = await git(world.repository, 'for-each-ref', '--format=%(refname:short)', 'refs/heads');
  assert.equal(branches.split('\n').length, known.length + 1, `a branch for each worktree: ${branches}`);
  const common = join(world.repository, '.git');
  const leases = (await entries(join(common, 'coppice', 'leases'))).flatMap(({ paths }) => paths);
  // A lease that an engine was about to write when it was killed never was one.
  for (const path of leases.filter((each) => each.endsWith('.json'))) {
    const { holder } = JSON.parse(await readFile(path, 'utf8')) as { holder?: string };
    assert.equal(holder, undefined, `the lease ${path} was given back`);
  }
}

/** The folders of a folder, and what is in them. */
async function entries(root: string): Promise<{ readonly paths: string[] }[]> {
  if (!existsSync(root)) return [];
  const names = (await readdir(root)).filter((name) => !name.startsWith('.'));
  return Promise.all(
    names.map(async (name) => ({ paths: (await readdir(join(root, name))).map((each) => join(root, name, each)) })),
  );
}

/**
 * Everything that happened in a world, as its journal tells. What an engine that runs has shown by now is there, too: that
 * may still be on its way to the disk when it is shown.
 */
export async function journalOf(world: World): Promise<JournalRecord[]> {
  await world.settled();
  const state = await StateManager.open({ home: world.home, domain: coppiceDomain, clock: Date.now, readOnly: true });
  try {
    const records: JournalRecord[] = [];
    for await (const record of state.records(1)) records.push(record);
    return records;
  } finally {
    await state.close();
  }
}

/** What the last engine had in memory (its snapshot) is what a replay of the journal gives, and nothing is left undone. */
async function checkState(world: World): Promise<void> {
  const options = { home: world.home, clock: Date.now, readOnly: true };
  const quick = await StateManager.open({ ...options, domain: coppiceDomain });
  const replayed = await StateManager.open({ ...options, domain: { ...coppiceDomain, reducerVersion: -1 } });
  try {
    assert.equal(quick.openReport.snapshotSeq, quick.lastSeq, 'the snapshot of the engine that ended is used');
    assert.equal(replayed.openReport.snapshotSeq, 0);
    assert.equal(replayed.canonicalState(), quick.canonicalState(), 'a replay gives the same state');
    assert.deepEqual([...quick.view.all('intent')], [], 'no intent is open');
    assert.deepEqual(
      [...quick.view.all('worktree')].filter(({ holder }) => holder !== null),
      [],
      'no worktree is held',
    );
  } finally {
    await quick.close();
    await replayed.close();
  }
}
