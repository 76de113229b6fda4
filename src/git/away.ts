/**
 * Worktrees whose agents work on another host: their state is sent there and brought back as packs of objects. What comes back is
 * only believed by its hashes, goes to a ref of ours first, and moves files and branch here only where nobody else moved them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { checkpointTree } from './checkpoint.ts';
import { copyObjects } from './copy-objects.ts';
import { diffTrees } from './diff.ts';
import { textOf } from './door.ts';
import { alternate } from './edit-tree.ts';
import { ownIdentity } from './identity.ts';
import { isAncestor } from './landing-build.ts';
import { refuseObstacles } from './obstacles.ts';
import { bringIndexAlong, finishInterrupted } from './own-index.ts';
import { branchCommit } from './refs.ts';
import type { Repository } from './repository.ts';
import { type Move, moveFiles, movesBetween } from './restore.ts';
import { treeOfCommit } from './save.ts';
import { withWorkIndex } from './work-index.ts';

/** A state of a worktree as both sides hold it. */
export interface AwayState {
  readonly head: string;
  readonly commit: string;
}

/** A state as the other side tells it. */
export interface AwayKept extends AwayState {
  readonly branch?: string;
  readonly tree: string;
}

const packMs = 30 * 60_000;
/** Of what an agent made in one stretch of work. */
const largestPack = 1024 * 1024 * 1024;

function awayRef(session: string): string {
  return `refs/coppice/${session}/away`;
}

/** The commit that both sides last agreed on; undefined if nothing was ever sent. */
export async function agreed(repository: Repository, session: string): Promise<string | undefined> {
  const answer = await repository.run(['rev-parse', '--verify', '-q', awayRef(session)], { okCodes: [0, 1] });
  return answer.code === 0 ? textOf(answer) : undefined;
}

/** Notes what both sides have. */
export async function agree(repository: Repository, session: string, commit: string): Promise<void> {
  await repository.run(['update-ref', awayRef(session), commit], { extraEnv: ownIdentity });
}

/** The worktree as it is, in a commit of ours. Its ref is set by `agree`. */
export async function stateToSend(repository: Repository, place: Place): Promise<AwayState> {
  const { tree, head } = await checkpointTree(repository, place);
  const args = ['commit-tree', '--no-gpg-sign', '-p', head, '-m', 'As it was sent to another host', tree];
  return { head, commit: textOf(await repository.run(args, { extraEnv: ownIdentity })) };
}

/**
 * Path of a pack in `folder` with what is missing where `known` is known; undefined if nothing is. The caller removes it. Of a partial
 * clone what was never fetched is left out: the history there has the same gaps; the files of a worktree are never among that.
 */
export async function packOf(
  repository: Repository,
  folder: string,
  { head, commit }: AwayState,
  known: readonly string[],
): Promise<string | undefined> {
  const here = await present(repository, known);
  const base = join(folder, 'pack');
  const input = [head, commit, ...here.map((id) => `^${id}`)].map((line) => `${line}\n`).join('');
  const answer = await repository.run(
    ['pack-objects', '--revs', '--missing=allow-promisor', '--non-empty', '-q', base],
    {
      input,
      timeoutMs: packMs,
    },
  );
  const hash = textOf(answer).trim();
  return hash === '' ? undefined : `${base}-${hash}.pack`;
}

/** Those of the commits that are here. */
export async function present(repository: Repository, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const answer = await repository.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    input: ids.map((id) => `${id}\n`).join(''),
  });
  return textOf(answer)
    .split('\n')
    .flatMap((line) => (line.endsWith(' commit') ? [line.slice(0, -' commit'.length)] : []));
}

/**
 * Takes what an agent made in a folder of objects of its own, which nobody believes. It is copied to `folder` first: a link there,
 * or a list of further folders, would lead git to objects of other repositories of this host, and those to the agent.
 */
export async function takeObjects(
  repository: Repository,
  objects: string,
  folder: string,
  { head, base }: { readonly head: string; readonly base: string },
): Promise<void> {
  await copyObjects(objects, folder, largestPack);
  const { stdout } = await repository.run(['pack-objects', '--revs', '--stdout', '-q'], {
    input: `${head}\n^${base}\n`,
    timeoutMs: packMs,
    maxBytes: largestPack,
    extraEnv: { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(folder) },
  });
  await repository.run(['index-pack', '--stdin', '--strict'], { input: stdout, timeoutMs: packMs });
}

/**
 * Brings the branch of a worktree to where an agent left it in a git directory of its own; the files are here already. Repeating it
 * is harmless.
 *
 * @throws CoppiceError as `bringHome`.
 */
export async function bringBranchHome(
  repository: Repository,
  session: string,
  place: Place,
  kept: { readonly head: string; readonly branch?: string },
): Promise<void> {
  const base = await agreed(repository, session);
  if (base === undefined || base === kept.head) return;
  await repository.run(['rev-list', '--objects', '--quiet', kept.head, '--not', base], { timeoutMs: packMs });
  await finishInterrupted(place.admin);
  await bringBranch(repository, place, base, kept);
  await agree(repository, session, kept.head);
}

/** Takes a pack that came from elsewhere; objects that git would not take from a stranger are refused. */
export async function takePack(repository: Repository, file: string): Promise<void> {
  const input = await readFile(file);
  if (input.length > largestPack) {
    throw new CoppiceError('git-failed', 'What the agent made is larger than 1 GiB.', 'Bring it home by hand.');
  }
  await repository.run(['index-pack', '--stdin', '--fix-thin', '--strict'], { input, timeoutMs: packMs });
}

/**
 * Brings the worktree here to what was kept elsewhere. Repeating it is harmless: killed at any point, the same finishes it.
 *
 * @throws CoppiceError `path-in-the-way` when a file was changed on both sides, `wrong-state` when the branch was, `git-failed`
 * when objects are missing.
 */
export async function bringHome(repository: Repository, session: string, place: Place, kept: AwayKept): Promise<void> {
  const base = await agreed(repository, session);
  if (base === undefined || base === kept.commit) return;
  await repository.run(['rev-list', '--objects', '--quiet', kept.commit, kept.head, '--not', base], {
    timeoutMs: packMs,
  });
  await finishInterrupted(place.admin);
  const sent = await repository.ask(['rev-parse', '--verify', `${base}^`]);
  // Where its commits were merged here by hand, only what is on top of them is still to be brought.
  const from = (await isMerged(repository, place, sent, kept)) ? kept.head : base;
  const moves = await openMoves(repository, place, await treeOfCommit(repository, from), kept.tree);
  await refuseObstacles(repository, place, moves);
  await bringBranch(repository, place, sent, kept);
  await moveFiles(repository, place, moves);
  await agree(repository, session, kept.commit);
}

/** What was done there and is not done here yet. */
async function openMoves(repository: Repository, place: Place, base: string, there: string): Promise<Move[]> {
  const moves = await movesBetween(repository, base, there);
  const now = (await checkpointTree(repository, place)).tree;
  if (now === base || moves.length === 0) return moves;
  const here = new Map((await diffTrees(repository, base, now, { renames: false })).map((each) => [each.path, each]));
  const done = (move: Move): boolean => {
    const mine = here.get(move.path);
    return mine !== undefined && mine.after?.id === move.to?.id && mine.after?.mode === move.to?.mode;
  };
  const open = moves.filter((move) => !done(move));
  const both = open.filter(({ path }) => here.has(path)).map(({ path }) => path);
  if (both.length === 0) return open;
  throw new CoppiceError(
    'path-in-the-way',
    `Changed here while the agent changed it on the other host: ${both.slice(0, 5).join(', ')}.`,
    'Put your changes of these files elsewhere, then continue the session; its work is kept on the other host.',
    { context: { paths: both.slice(0, 1000).join('\n') } },
  );
}

/** Whether the branch here has what was committed there, and more. */
async function isMerged(
  repository: Repository,
  place: Place,
  sent: string,
  { head }: { readonly head: string },
): Promise<boolean> {
  const tip = head === sent ? undefined : await branchCommit(repository, place.branch);
  return tip !== undefined && tip !== head && tip !== sent && (await isAncestor(repository, head, tip));
}

async function bringBranch(
  repository: Repository,
  place: Place,
  sent: string,
  kept: { readonly head: string; readonly branch?: string },
): Promise<void> {
  const tip = await branchCommit(repository, place.branch);
  // What was committed here alone stays: the files there are brought onto it.
  if (kept.branch !== place.branch || tip === kept.head || kept.head === sent) return;
  // An agent may amend what it committed there; what anybody else committed here stays.
  if (tip !== sent) {
    if (await isMerged(repository, place, sent, kept)) return;
    throw new CoppiceError(
      'wrong-state',
      `The branch ${place.branch} moved here and where the agent works, to ${kept.head.slice(0, 12)}.`,
      `Run \`git merge ${kept.head.slice(0, 12)}\` in its worktree, then continue the session. The work is kept there, too.`,
      { context: { branch: place.branch, here: tip ?? '', there: kept.head } },
    );
  }
  const branch = `refs/heads/${place.branch}`;
  await repository.run(['update-ref', branch, kept.head, sent], { extraEnv: ownIdentity });
  await withWorkIndex(repository, 'away', async (index) => {
    await repository.onTree(place.path, index, ['read-tree', kept.head]);
    await bringIndexAlong(place.admin, index);
  });
}
