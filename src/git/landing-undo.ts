/** Taking back files of a checkout that a move had begun to write. */
import { lstat, readFile, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { Checkout } from '../core/intent/state.ts';
import { markedAmong } from './landing-marks.ts';
import { onDisk } from './obstacles.ts';
import { zeroJoined, zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';
import { withWorkIndex } from './work-index.ts';

interface Entry {
  readonly mode: string;
  readonly oid: string;
}

interface Change {
  readonly path: string;
  readonly from: Entry | undefined;
  readonly to: Entry | undefined;
}

/**
 * Brings every file that differs between two commits back to the first one, if it is as the second one has it, or is the
 * beginning of that (a write that was cut short), or is gone. What anybody else wrote there stays.
 */
export async function takeFilesBack(
  repository: Repository,
  checkout: Checkout,
  move: { readonly from: string; readonly to: string },
): Promise<void> {
  const changes = await changesOf(repository, move);
  if (changes.length === 0) return;
  const [notFrom, notTo] = await Promise.all([
    differing(repository, checkout, changes, 'from'),
    differing(repository, checkout, changes, 'to'),
  ]);
  const isOurs = async (change: Change): Promise<boolean> =>
    (change.to !== undefined && !notTo.has(change.path)) || isCutShort(repository, checkout, change);
  // What only the second commit has goes first: a file may stand where the first one has a folder.
  for (const change of changes.filter(({ from }) => from === undefined)) {
    if ((await whatIsAt(checkout.path, change.path)) === 'file' && (await isOurs(change)))
      await removeFile(checkout, change.path);
  }
  const back: Change[] = [];
  const index = join(checkout.admin, 'index');
  const { skipped } = await markedAmong(repository, checkout, index, changes.map(pathOf));
  for (const change of changes.filter(({ from, path }) => from !== undefined && notFrom.has(path))) {
    const there = await whatIsAt(checkout.path, change.path);
    // What is left out of the checkout was not there before.
    if ((there === 'nothing' && !skipped.has(change.path)) || (there === 'file' && (await isOurs(change))))
      back.push(change);
  }
  await writeFiles(repository, checkout, back);
}

function pathOf({ path }: Change): string {
  return path;
}

/** A link above the path leads somewhere else: whatever is there is none of ours. */
async function whatIsAt(root: string, path: string): Promise<'nothing' | 'file' | 'other'> {
  const parts = path.split('/');
  for (let count = 1; count <= parts.length; count += 1) {
    const info = await lstat(onDisk({ path: root }, parts.slice(0, count).join('/'))).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (info === undefined) return 'nothing';
    if (count === parts.length) return info.isDirectory() ? 'other' : 'file';
    if (!info.isDirectory()) return 'other';
  }
  return 'other';
}

async function changesOf(
  repository: Repository,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Change[]> {
  const fields = zeroPaths((await repository.run(['diff-tree', '-r', '-z', '--no-renames', from, to])).stdout);
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[at] ?? '').replace(/^:/, '').split(' ');
    const entry = (mode: string, oid: string): Entry | undefined => (mode === '000000' ? undefined : { mode, oid });
    changes.push({ path: fields[at + 1] ?? '', from: entry(oldMode, oldId), to: entry(newMode, newId) });
  }
  // Git never writes what a submodule stands for.
  return changes.filter(({ from: a, to: b }) => a?.mode !== '160000' && b?.mode !== '160000');
}

/** Runs `work` with an index that has one side of the changes and nothing else. */
function withIndex<T>(
  repository: Repository,
  checkout: Checkout,
  changes: readonly Change[],
  side: 'from' | 'to',
  work: (index: string) => Promise<T>,
): Promise<T> {
  return withWorkIndex(repository, 'undo', async (index) => {
    const lines = changes.flatMap((change) => {
      const entry = change[side];
      return entry === undefined ? [] : [`${entry.mode} ${entry.oid}\t${change.path}`];
    });
    await repository.onTree(checkout.path, index, ['update-index', '-z', '--index-info'], { input: zeroJoined(lines) });
    return work(index);
  });
}

function differing(
  repository: Repository,
  checkout: Checkout,
  changes: readonly Change[],
  side: 'from' | 'to',
): Promise<Set<string>> {
  return withIndex(repository, checkout, changes, side, async (index) => {
    if (changes.every((change) => change[side] === undefined)) return new Set();
    await repository.onTree(checkout.path, index, ['update-index', '-q', '--refresh'], { okCodes: [0, 1] });
    const answer = await repository.onTree(checkout.path, index, ['diff-files', '--name-only', '-z']);
    return new Set(zeroPaths(answer.stdout));
  });
}

/** A regular file that is the beginning of what one of the sides has: git writes in place. */
async function isCutShort(repository: Repository, checkout: Checkout, change: Change): Promise<boolean> {
  const full = onDisk(checkout, change.path);
  const info = await lstat(full);
  if (!info.isFile()) return false;
  for (const entry of [change.to, change.from]) {
    if (entry === undefined || !entry.mode.startsWith('100')) continue;
    const args = ['cat-file', '--filters', `--path=${change.path}`, entry.oid];
    const whole = (await repository.onTree(checkout.path, join(repository.privateDir, 'index', 'none'), args)).stdout;
    if (info.size < whole.length && whole.subarray(0, info.size).equals(await readFile(full))) return true;
  }
  return false;
}

async function removeFile(checkout: Checkout, path: string): Promise<void> {
  await unlink(onDisk(checkout, path));
  // The folders that were made for it, as far as they are empty.
  for (const folder of path
    .split('/')
    .slice(0, -1)
    .map((_part, depth, all) => all.slice(0, all.length - depth).join('/'))) {
    const removed = await rmdir(onDisk(checkout, folder)).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

async function writeFiles(repository: Repository, checkout: Checkout, back: readonly Change[]): Promise<void> {
  const written = back.filter(({ from }) => from !== undefined);
  if (written.length === 0) return;
  await withIndex(repository, checkout, written, 'from', async (index) => {
    await repository.onTree(checkout.path, index, ['checkout-index', '--force', '--all', '--quiet']);
  });
}
