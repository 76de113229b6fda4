/** The steps that turn a registered, empty worktree into a checked-out one. */
import { copyFile, lstat, mkdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCoppiceError } from '../core/errors.ts';
import { withoutFilter } from './configuration.ts';
import { type GitOptions, zeroSplit } from './door.ts';
import type { ConfigEntry } from './environment.ts';
import { besides, namesIn } from './files.ts';
import { hashOf } from './names.ts';
import type { Repository, TreePlace } from './repository.ts';

/** Which files are written, and who is told how far it is (0 to 100). An empty `sparse` means all. */
export interface CheckoutOptions {
  readonly sparse: readonly string[];
  readonly signal?: AbortSignal;
  readonly onPercent?: (percent: number) => void;
}

/** A checkout of a very large repository on a slow disk takes minutes. */
const checkoutMs = 30 * 60_000;

const coneMode: readonly ConfigEntry[] = [
  { key: 'core.sparseCheckout', value: 'true' },
  { key: 'core.sparseCheckoutCone', value: 'true' },
];

/**
 * Making a file is mostly waiting for the file system, so that four processes are quicker than one on two cores, too: by a sixth in
 * 20,000 files. In a few hundred files they cost more than they save. Files with a filter are written by one in any case.
 */
const atOnce: readonly ConfigEntry[] = [
  { key: 'checkout.workers', value: '4' },
  { key: 'checkout.thresholdForParallelism', value: '1000' },
];

/**
 * Limits the worktree to the given directories (git's cone mode: these and the files directly in their parents). Git
 * notes this in `config.worktree` and switches `extensions.worktreeConfig` on in the shared config.
 */
export async function setSparse(
  repository: Repository,
  tree: TreePlace,
  directories: readonly string[],
): Promise<void> {
  const args = ['sparse-checkout', 'set', '--cone', '--no-sparse-index', '--end-of-options', ...directories];
  await repository.onCommonDir(args, { tree });
}

/**
 * Writes the files of a commit. A filter that fails (Git LFS without a network, say) costs its files their content, not
 * the session its worktree: they are left as git stores them and a warning says so.
 *
 * @returns warnings, each a sentence.
 */
export async function checkOut(
  repository: Repository,
  tree: TreePlace,
  commit: string,
  options: CheckoutOptions,
): Promise<string[]> {
  const how: readonly ConfigEntry[] = [
    ...(options.sparse.length === 0 ? [] : coneMode),
    ...((await repository.settings()).has('checkout.workers') ? [] : atOnce),
  ];
  const call: GitOptions = {
    timeoutMs: checkoutMs,
    config: how,
    extraEnv: { GIT_PROGRESS_DELAY: '0' },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onStderr: (text) => {
      const percent = [...text.matchAll(/(\d{1,3})% \(/g)].at(-1)?.[1];
      if (percent !== undefined) options.onPercent?.(Number(percent));
    },
  };
  const { working, missing, unconfirmed } = await repository.filters();
  try {
    await repository.onNewTree(tree, ['read-tree', '-m', '-u', '-v', commit], call);
  } catch (error) {
    if (!isCoppiceError(error, 'git-failed') || working.size === 0) throw error;
    const config = [...how, ...[...working].flatMap((name) => withoutFilter(name))];
    await repository.onNewTree(tree, ['read-tree', '--reset', '-u', '-v', commit], { ...call, config });
    const names = [...working].join(', ');
    return [`A filter failed (${names}): files that need it are left as git stores them. ${error.message}`];
  }
  return rawFileWarnings(repository, tree, new Set([...missing, ...unconfirmed]), unconfirmed);
}

async function rawFileWarnings(
  repository: Repository,
  tree: TreePlace,
  off: ReadonlySet<string>,
  unconfirmed: ReadonlySet<string>,
): Promise<string[]> {
  if (off.size === 0) return [];
  const paths = await repository.onNewTree(tree, ['ls-files', '-z']);
  const counts = new Map<string, number>();
  for (const { filter } of await filtersOf(repository, tree, paths.stdout)) {
    if (off.has(filter)) counts.set(filter, (counts.get(filter) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => {
    const why = unconfirmed.has(name) ? 'is set by the repository and not confirmed' : 'is not installed';
    return `${count} ${count === 1 ? 'file is' : 'files are'} left as git stores them: their filter "${name}" ${why}.`;
  });
}

/** The filter attribute of each path (NUL-separated), for those that have one. */
async function filtersOf(
  repository: Repository,
  tree: TreePlace,
  paths: Buffer,
): Promise<{ path: string; filter: string }[]> {
  const answer = await repository.onNewTree(tree, ['check-attr', '--cached', '-z', '--stdin', 'filter'], {
    input: paths,
  });
  return parseAttributes(zeroSplit(answer.stdout)).map(({ path, value }) => ({ path, filter: value }));
}

/** Reads `check-attr -z` for one attribute; paths without a value for it are left out. */
export function parseAttributes(fields: readonly string[]): { path: string; value: string }[] {
  const found: { path: string; value: string }[] = [];
  for (let index = 0; index + 2 < fields.length; index += 3) {
    const value = fields[index + 2] ?? '';
    if (!['unspecified', 'set', 'unset', ''].includes(value)) found.push({ path: fields[index] ?? '', value });
  }
  return found;
}

/** Our own index of a worktree, which neither the agent nor a person touches. */
export function privateIndex(repository: Repository, admin: string): string {
  return join(repository.privateDir, 'index', hashOf(admin, 32));
}

/**
 * Starts our index as a copy of the worktree's own, so that the first comparison need not read every file.
 * Only for a worktree in which nobody has been: later the agent may have prepared that file.
 */
export async function startPrivateIndex(repository: Repository, tree: TreePlace): Promise<void> {
  await copyIndex(join(tree.admin, 'index'), privateIndex(repository, tree.admin));
}

/**
 * Copies an index whole. Git compares a file's time with that of the index to know which entries it must read again,
 * so the copy is never younger than the original. Of one that is split (`core.splitIndex`) the part that is shared comes along: git
 * looks for it beside the copy.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true });
  const next = besides(to);
  try {
    const { mtimeMs } = await stat(from);
    await copyFile(from, next);
    await copyShared(next, dirname(from), dirname(to));
    const seconds = Math.floor(mtimeMs / 1000);
    await utimes(next, seconds, seconds);
    await rename(next, to);
  } finally {
    await rm(next, { force: true });
  }
}

/** Copies the shared part that an index names, out of the folder where git keeps it, if there is one. */
async function copyShared(index: string, from: string, to: string): Promise<void> {
  const shared = from === to ? [] : namesIn(from).filter((name) => isSharedPart(name));
  if (shared.length === 0) return;
  const bytes = await readFile(index);
  for (const name of shared) {
    const part = join(from, name);
    if (!bytes.includes(Buffer.from(name.slice(name.indexOf('.') + 1), 'hex')) || !(await lstat(part)).isFile())
      continue;
    const next = besides(join(to, name));
    try {
      await copyFile(part, next);
      await rename(next, join(to, name));
    } finally {
      await rm(next, { force: true });
    }
  }
}

/** Whether this is the name of the shared part of a split index. */
export function isSharedPart(name: string): boolean {
  return /^sharedindex\.(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
}
