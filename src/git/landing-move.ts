/**
 * The one moment in which a landing changes something that people see: a branch goes from one commit to another, and the
 * checkout that is on it goes with it, exactly.
 *
 * The order: the checkout's index is locked in git's own way, so that no git of anybody writes there; its files are
 * brought along; the branch is moved only if it is where it was (else the files go back); the index follows; the lock
 * goes. The lock is a second name of a file of ours, so that after a kill at any point it can be told from a lock of
 * git, and with it, how far we were.
 */
import { link, lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import type { Checkout } from '../core/intent/state.ts';
import { isAbsent } from './admin.ts';
import { copyIndex } from './checkout.ts';
import { textOf } from './door.ts';
import { ownIdentity } from './identity.ts';
import { isAncestor } from './landing-build.ts';
import { sparseSettings, whyNot } from './landing-checkout.ts';
import { takeFilesBack } from './landing-undo.ts';
import { branchCommit } from './refs.ts';
import type { Repository } from './repository.ts';
import { withWorkIndex } from './work-index.ts';

/** A branch to move, and the checkout to bring along. */
export interface Move {
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly checkout: Checkout | null;
}

/**
 * `moved`: the branch has the commit, and the checkout is at it. `overtaken`: the branch is not at `from` (any more).
 * `held`: the checkout cannot be brought along at present. In the last two nothing has changed.
 */
export type MoveOutcome = { readonly kind: 'moved' } | { readonly kind: 'overtaken' } | Held;
interface Held {
  readonly kind: 'held';
  readonly why: string;
}

/** Bringing along a very large checkout on a slow disk takes minutes. */
const bringMs = 10 * 60_000;

/**
 * @throws CoppiceError `git-failed`, `disk-full`. What was begun is then settled by `settleMove`; until it is, the checkout
 * stays locked, also when that fails.
 */
export async function moveBranch(repository: Repository, move: Move): Promise<MoveOutcome> {
  if ((await branchCommit(repository, move.branch)) !== move.from) return { kind: 'overtaken' };
  const { checkout } = move;
  if (checkout === null) return (await updateRef(repository, move)) ? { kind: 'moved' } : { kind: 'overtaken' };
  const lock = await lockIndex(checkout);
  if (lock === undefined) return { kind: 'held', why: runningText(checkout) };
  const outcome = await moveWith(repository, move, checkout, lock.copy);
  await lock.release();
  return outcome;
}

/** Why a move would wait; undefined when it can be done at present. Changes nothing. */
export async function whyMoveWaits(
  repository: Repository,
  move: Move,
  checkout: Checkout,
): Promise<string | undefined> {
  if (!(await isAbsent(join(checkout.admin, 'index.lock')))) return runningText(checkout);
  try {
    return await withCopy(repository, join(checkout.admin, 'index'), (index) =>
      whyNot(repository, checkout, move, index),
    );
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return `${checkout.path} has no index.`;
  }
}

function runningText({ path, admin }: Checkout): string {
  return `A git command is running in ${path}, or was killed and left ${join(admin, 'index.lock')}.`;
}

/** Under the lock. `copy` is the checkout's index as it was. */
async function moveWith(repository: Repository, move: Move, checkout: Checkout, copy: string): Promise<MoveOutcome> {
  return withCopy(repository, copy, async (index): Promise<MoveOutcome> => {
    const why = await whyNot(repository, checkout, move, index);
    if (why !== undefined) return { kind: 'held', why };
    const refused = await bring(repository, checkout, index, move.from, move.to);
    if (refused !== undefined) return refused;
    if (!(await moveRef(repository, move, checkout, index))) return { kind: 'overtaken' };
    await install(index, checkout);
    return { kind: 'moved' };
  });
}

/** Moves the branch, or brings the files back when it is not where it was. */
async function moveRef(repository: Repository, move: Move, checkout: Checkout, index: string): Promise<boolean> {
  if (await updateRef(repository, move)) return true;
  const back = await bring(repository, checkout, index, move.to, move.from);
  if (back !== undefined) await takeFilesBack(repository, checkout, move);
  return false;
}

/** Writes the files that differ. Git looks at all of them before it writes the first one. */
async function bring(
  repository: Repository,
  checkout: Checkout,
  index: string,
  from: string,
  to: string,
): Promise<Held | undefined> {
  const config = await sparseSettings(repository, checkout);
  const { code, stderr } = await repository.onTree(checkout.path, index, ['read-tree', '-m', '-u', from, to], {
    timeoutMs: bringMs,
    config,
    okCodes: [0, 128],
  });
  if (code === 0) return undefined;
  // A full disk or a file that cannot be written ends it in the middle.
  await takeFilesBack(repository, checkout, { from, to });
  return { kind: 'held', why: `${checkout.path} cannot be brought along: ${firstLine(stderr)}` };
}

function firstLine(text: string): string {
  return (text.split('\n').find((line) => line.trim() !== '') ?? 'git gave no reason').replace(
    /^(?:error|fatal): /,
    '',
  );
}

/** False when the branch is not where it was. */
async function updateRef(repository: Repository, { branch, from, to }: Move): Promise<boolean> {
  try {
    await repository.run(['update-ref', `refs/heads/${branch}`, to, from], { extraEnv: ownIdentity });
    return true;
  } catch (error) {
    const present = await branchCommit(repository, branch);
    if (present === to) return true;
    if (present !== from && isCoppiceError(error, 'git-failed')) return false;
    throw error;
  }
}

/** Runs `work` with a copy of an index that nobody else uses. */
function withCopy<T>(repository: Repository, from: string, work: (index: string) => Promise<T>): Promise<T> {
  return withWorkIndex(repository, 'landing', async (index) => {
    await copyIndex(from, index);
    return work(index);
  });
}

const lockCopy = 'coppice-landing';

interface IndexLock {
  /** The index as it was when it was locked. */
  readonly copy: string;
  readonly release: () => Promise<void>;
}

/** Takes git's lock of a checkout's index; undefined when somebody has it, or there is no index. */
async function lockIndex({ admin }: Checkout): Promise<IndexLock | undefined> {
  const [index, copy, lock] = [join(admin, 'index'), join(admin, lockCopy), join(admin, 'index.lock')];
  try {
    await copyIndex(index, copy);
    await link(copy, lock);
  } catch (error) {
    await rm(copy, { force: true });
    if (systemCode(error) !== 'EEXIST' && systemCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
  await dropHalfCopies(admin);
  // The index that was copied may be that of a git which held the lock just before.
  await copyIndex(index, `${copy}.read`);
  return {
    copy: `${copy}.read`,
    release: async () => {
      await rm(`${copy}.read`, { force: true });
      await rm(lock, { force: true });
      await rm(copy, { force: true });
    },
  };
}

/** Copies that a killed engine had not finished. Whoever is about to take the lock then finds that it has to wait. */
async function dropHalfCopies(admin: string): Promise<void> {
  const names = (await readdir(admin)).filter((name) => name.startsWith(`${lockCopy}.`) && name.endsWith('.tmp'));
  for (const name of names) await rm(join(admin, name), { force: true });
}

/** Puts our index in the place of the checkout's, whose lock we hold. */
async function install(index: string, { admin }: Checkout): Promise<void> {
  const next = join(admin, `${lockCopy}.next`);
  await copyIndex(index, next);
  await rename(next, join(admin, 'index'));
}

/** How far a move came that a killed engine had announced. */
export type MoveProbe = 'moved' | 'not-moved';

/**
 * Finishes what a kill or a failure left of a move, or takes it back: afterwards the checkout is at the branch, and its lock is gone.
 * Files that somebody changed meanwhile stay as they are. For the engine that has the move's journal; can be repeated.
 */
export async function settleMove(repository: Repository, move: Move): Promise<MoveProbe> {
  const present = await branchCommit(repository, move.branch);
  const moved = present !== undefined && (present === move.to || (await isAncestor(repository, move.to, present)));
  if (move.checkout !== null) await settleCheckout(repository, move, move.checkout, moved);
  return moved ? 'moved' : 'not-moved';
}

async function settleCheckout(repository: Repository, move: Move, checkout: Checkout, moved: boolean): Promise<void> {
  const [copy, lock] = [join(checkout.admin, lockCopy), join(checkout.admin, 'index.lock')];
  const [own, held] = await Promise.all([lstat(copy).catch(() => undefined), lstat(lock).catch(() => undefined)]);
  await dropHalfCopies(checkout.admin);
  if (own === undefined) return;
  const ours = held?.ino === own.ino && held.dev === own.dev;
  // Without our lock nothing had begun, or everything was done.
  if (ours) {
    if (moved) await followRef(repository, move, checkout);
    else await takeFilesBack(repository, checkout, move);
    await rm(`${copy}.read`, { force: true });
    await rm(`${copy}.next`, { force: true });
    await rm(lock, { force: true });
  }
  await rm(copy, { force: true });
}

/** The files are there and the branch is: the index follows, unless it has already. */
async function followRef(repository: Repository, { from, to }: Move, checkout: Checkout): Promise<void> {
  await withCopy(repository, join(checkout.admin, 'index'), async (index) => {
    const staged = await repository.onTree(checkout.path, index, ['diff-index', '--cached', '--quiet', from], {
      okCodes: [0, 1],
    });
    if (staged.code !== 0) return;
    await repository.onTree(checkout.path, index, ['read-tree', '-m', '-i', from, to], {
      config: await sparseSettings(repository, checkout),
    });
    await repository.onTree(checkout.path, index, ['update-index', '-q', '--refresh'], { okCodes: [0, 1] });
    await install(index, checkout);
  });
}

/** The tree that a checkout's index holds, for asking whether it is exact. */
export async function indexTree(repository: Repository, checkout: Checkout): Promise<string> {
  return withCopy(repository, join(checkout.admin, 'index'), async (index) =>
    textOf(await repository.onTree(checkout.path, index, ['write-tree'])),
  );
}
