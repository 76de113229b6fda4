/** The checkout that is on a branch: which one it is, and whether it can be brought along exactly. */
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { Checkout } from '../core/intent/state.ts';
import { adminEntries, isAbsent } from './admin.ts';
import type { ConfigEntry } from './environment.ts';
import { readHead } from './facts.ts';
import { hiddenChanges } from './landing-marks.ts';
import { readSmall } from './locate.ts';
import { onDisk } from './obstacles.ts';
import { zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';

/** Where a branch is checked out, or why it cannot be moved whatever is done. */
export type CheckoutFound =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly checkout: Checkout }
  | { readonly kind: 'held'; readonly why: string };

interface Known {
  readonly admin: string;
  readonly path: string | undefined;
}

/** Looks at every checkout of the repository, the main one included; an operation that will end on the branch counts. */
export async function checkoutOf(repository: Repository, branch: string): Promise<CheckoutFound> {
  const { commonDir } = repository.location;
  const main = repository.mainRoot === undefined ? [] : [{ admin: commonDir, path: repository.mainRoot }];
  const on: Known[] = [];
  for (const each of [...main, ...(await adminEntries(commonDir))]) {
    const why = await willEndOn(each, branch);
    if (why !== undefined) return { kind: 'held', why };
    const head = await readHead(each.admin).catch(() => undefined);
    if (head?.kind === 'branch' && head.branch === branch) on.push(each);
  }
  const [first, second] = on;
  if (first === undefined) return { kind: 'none' };
  if (first.path === undefined || (await isAbsent(first.path))) {
    return { kind: 'held', why: `${branch} is checked out in ${whereIs(first)}, which is not there.` };
  }
  if (second === undefined) return { kind: 'one', checkout: { path: first.path, admin: first.admin } };
  return { kind: 'held', why: `${branch} is checked out in ${first.path} and in ${whereIs(second)}.` };
}

function whereIs({ path, admin }: Known): string {
  return path ?? admin;
}

async function willEndOn(known: Known, branch: string): Promise<string | undefined> {
  for (const folder of ['rebase-merge', 'rebase-apply']) {
    const name = (await readSmall(join(known.admin, folder, 'head-name')))?.trim();
    if (name === `refs/heads/${branch}`) return `${branch} is being rebased in ${whereIs(known)}.`;
  }
  const bisected = (await readSmall(join(known.admin, 'BISECT_START')))?.trim();
  return bisected === branch ? `A bisect of ${branch} is under way in ${whereIs(known)}.` : undefined;
}

const operations: readonly [string, string][] = [
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
];

/**
 * Why a checkout cannot be brought from one commit to another at present; undefined when it can, exactly. Nothing is
 * changed.
 *
 * @param index the checkout's index, or a copy of it.
 */
export async function whyNot(
  repository: Repository,
  checkout: Checkout,
  move: { readonly branch: string; readonly from: string; readonly to: string },
  index: string,
): Promise<string | undefined> {
  const { path, admin } = checkout;
  const head = await readHead(admin).catch(() => undefined);
  if (head?.kind !== 'branch' || head.branch !== move.branch) return `${path} is not on ${move.branch} any more.`;
  for (const [file, name] of operations) {
    if (!(await isAbsent(join(admin, file)))) return `A ${name} is under way in ${path}.`;
  }
  const staged = await repository.onTree(path, index, ['diff-index', '--cached', '--name-only', '-z', move.from]);
  if (staged.stdout.length > 0) return changedText(path, zeroPaths(staged.stdout), 'staged');
  const changed = await changedFiles(repository, checkout, index);
  if (changed.length > 0) return changedText(path, changed, 'not committed');
  const hidden = await hiddenChanges(repository, checkout, index, await writtenPaths(repository, move));
  if (hidden.length > 0) return hiddenText(path, hidden);
  const inTheWay = await filesInTheWay(repository, checkout, move, index);
  if (inTheWay.length === 0) return undefined;
  return `${named(inTheWay)} of ${path} would be overwritten: git does not know ${inTheWay.length === 1 ? 'it' : 'them'}.`;
}

function changedText(path: string, files: readonly string[], how: string): string {
  return `${path} has changes that are ${how}: ${named(files)}.`;
}

/** Git takes one that was only touched for changed, too, and does not write over it. */
function hiddenText(path: string, files: readonly string[]): string {
  return `${path} has files hidden from git (\`--assume-unchanged\`, \`--skip-worktree\`) that were changed or touched: ${named(files)}.`;
}

function named(files: readonly string[]): string {
  const shown = files.slice(0, 3).join(', ');
  return files.length > 3 ? `${shown} and ${files.length - 3} more` : shown;
}

/** Tracked files that are not as the index has them; an entry with an outdated time alone does not count. */
async function changedFiles(repository: Repository, { path }: Checkout, index: string): Promise<string[]> {
  const args = ['diff', '--name-only', '--no-renames', '--no-ext-diff', '--ignore-submodules=dirty', '-z'];
  return zeroPaths((await repository.onTree(path, index, args)).stdout);
}

/** All paths that a move writes or takes away. */
async function writtenPaths(
  repository: Repository,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<string[]> {
  return zeroPaths((await repository.run(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to])).stdout);
}

/** Files that git does not know (ignored ones too: git overwrites those without a word) where the move would write. */
async function filesInTheWay(
  repository: Repository,
  { path }: Checkout,
  { from, to }: { readonly from: string; readonly to: string },
  index: string,
): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--diff-filter=AT', from, to];
  const added = zeroPaths((await repository.run(args)).stdout);
  const suspects = new Set<string>();
  for (const file of added) {
    const there = await whatIsAt(path, file);
    if (there !== undefined) suspects.add(there);
  }
  if (suspects.size === 0) return [];
  // A name that is no text cannot be asked about.
  const found = [...suspects].filter((file) => !file.isWellFormed());
  const asked = [...suspects].filter((file) => file.isWellFormed());
  for (let at = 0; at < asked.length; at += askedAtOnce) {
    const pathspecs = asked.slice(at, at + askedAtOnce).map((file) => `:(literal,top)${file}`);
    const others = await repository.onTree(path, index, ['ls-files', '--others', '-z', '--', ...pathspecs]);
    found.push(...zeroPaths(others.stdout));
  }
  return found;
}

/** So many paths fit an argument list. */
const askedAtOnce = 500;

/** The path itself, or the file or link above it that takes its place; undefined when nothing is there. */
async function whatIsAt(root: string, file: string): Promise<string | undefined> {
  const parts = file.split('/');
  for (let count = 1; count <= parts.length; count += 1) {
    const part = parts.slice(0, count).join('/');
    try {
      const info = await lstat(onDisk({ path: root }, part));
      if (count === parts.length || !info.isDirectory()) return part;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
  return undefined;
}

/**
 * Settings of a checkout that decide which files it has. Only the main checkout's are used: those of a linked worktree
 * are in a folder that its agent can write, and the marks in the index do for what is left out there.
 */
export async function sparseSettings(repository: Repository, { admin }: Checkout): Promise<ConfigEntry[]> {
  if (admin !== repository.location.commonDir) return [];
  if ((await readSmall(join(admin, 'info', 'sparse-checkout'))) === undefined) return [];
  const own = await repository.own();
  if (own.get('core.sparsecheckout')?.toLowerCase() !== 'true') return [];
  const cone = own.get('core.sparsecheckoutcone') ?? 'false';
  return [
    { key: 'core.sparseCheckout', value: 'true' },
    { key: 'core.sparseCheckoutCone', value: cone },
  ];
}

/** Whether a checkout is a linked worktree, which may have a lease. */
export function isLinked(repository: Repository, { admin }: Checkout): boolean {
  return dirname(admin) === join(repository.location.commonDir, 'worktrees');
}
