/**
 * Files whose bytes git would not give back: what line-end rules, filters or keywords make of the kept content is not what
 * lay in the worktree. Their bytes are kept beside the tree, as a tree of their own, and put back as they are.
 */
import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError } from '../core/errors.ts';
import { privateIndex } from './checkout.ts';
import type { DiffSide } from './diff.ts';
import { textOf } from './door.ts';
import { commitEdited, quoted } from './edit-tree.ts';
import { besides } from './files.ts';
import { isTreePath, pathBytes, zeroJoined, zeroPaths } from './paths.ts';
import type { Repository, TreePlace } from './repository.ts';

/** Exact bytes that are kept beside a tree: a commit, and its tree. */
export interface Exact {
  readonly commit: string;
  readonly tree: string;
}

/** Files by path, with the ids of their exact bytes. */
export type ExactFiles = ReadonlyMap<string, DiffSide>;

const names = ['filter', 'ident', 'working-tree-encoding', 'eol', 'text', 'crlf'];
const readMs = 10 * 60_000;

/** What is kept beside a tree. */
export async function exactFilesOf(
  repository: Repository,
  exact: { readonly tree: string } | undefined,
): Promise<ExactFiles> {
  if (exact === undefined) return new Map();
  const listed = zeroPaths((await repository.run(['ls-tree', '-r', '-z', '--end-of-options', exact.tree])).stdout);
  return new Map(
    listed.map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , id = ''] = line.slice(0, tab).split(' ');
      return [line.slice(tab + 1), { mode, id }] as const;
    }),
  );
}

/** Keeps exact bytes; undefined for none. The commit is reachable once the checkpoint's commit names it as a parent. */
export async function keepExact(repository: Repository, files: ExactFiles): Promise<Exact | undefined> {
  if (files.size === 0) return undefined;
  const edits = [...files].map(([path, to]) => ({ path, to }));
  return commitEdited(repository, { message: 'Exact bytes\n', parents: [], base: undefined, edits });
}

/**
 * Those of the candidates that lie in the worktree otherwise than a checkout of `tree` would make them. Their bytes are in
 * git when this returns.
 */
export async function findExact(
  repository: Repository,
  place: TreePlace,
  tree: string,
  candidates: Iterable<string>,
): Promise<ExactFiles> {
  const found = new Map<string, DiffSide>();
  const converted = await convertedFiles(repository, place, [...new Set(candidates)].filter(isTreePath));
  const blobs = await blobsIn(repository, tree, converted);
  const paths = converted.filter((path) => blobs.has(path));
  if (paths.length === 0) return found;
  const folder = besides(join(repository.privateDir, 'exact'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await checkOutTo(
      repository,
      place,
      folder,
      paths.map((path) => [path, blobs.get(path) ?? ''] as const),
    );
    const [made, lies] = await Promise.all([
      hashed(
        repository,
        place,
        paths.map((path) => `${folder}/${path}`),
        [],
      ),
      hashed(repository, place, paths, []),
    ]);
    if (made === undefined || lies === undefined) return found;
    const other = paths.filter((_path, index) => made[index] !== lies[index]);
    const ids = (await hashed(repository, place, other, ['-w'])) ?? [];
    for (const [index, path] of other.entries()) {
      const info = await look(place, path);
      const id = ids[index];
      if (info?.isFile() !== true || id === undefined) continue;
      found.set(path, { mode: (info.mode & 0o100) === 0 ? '100644' : '100755', id });
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Files to which some rule of conversion applies. */
async function convertedFiles(repository: Repository, place: TreePlace, paths: readonly string[]): Promise<string[]> {
  const infos = await Promise.all(paths.map((path) => look(place, path)));
  const files = paths.filter((_path, index) => infos[index]?.isFile() === true);
  if (files.length === 0) return [];
  const settings = await repository.settings();
  const everywhere = [settings.get('core.autocrlf'), settings.get('core.eol')].some(
    (value) => value !== undefined && !['false', 'lf', 'native'].includes(value.toLowerCase()),
  );
  if (everywhere) return files;
  const index = privateIndex(repository, place.admin);
  const args = ['check-attr', '-z', '--stdin', ...names];
  const fields = zeroPaths((await repository.onTree(place.path, index, args, { input: zeroJoined(files) })).stdout);
  const converted = new Set<string>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const value = fields[at + 2] ?? '';
    if (value !== 'unspecified' && value !== 'unset') converted.add(fields[at] ?? '');
  }
  return files.filter((path) => converted.has(path));
}

async function blobsIn(repository: Repository, tree: string, paths: readonly string[]): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map();
  const input = zeroJoined(paths.map((path) => `${tree}:${path}`));
  const args = ['cat-file', '--batch-check=%(objecttype) %(objectname)', '-z'];
  const lines = textOf(await repository.run(args, { input })).split('\n');
  // A path with a line break that is missing breaks the line of its answer, and with it the count.
  if (lines.length !== paths.length) return new Map();
  return new Map(
    paths.flatMap((path, index) => {
      const [type, id = ''] = (lines[index] ?? '').split(' ');
      return type === 'blob' ? [[path, id] as const] : [];
    }),
  );
}

/** What a checkout would make of blobs at these paths, into a folder of ours. */
async function checkOutTo(
  repository: Repository,
  place: TreePlace,
  folder: string,
  blobs: readonly (readonly [string, string])[],
): Promise<void> {
  const index = `${folder}.index`;
  try {
    const lines = blobs.flatMap(([path, id]) => [Buffer.from(`100644 ${id}\t`), pathBytes(path), Buffer.of(0)]);
    await repository.onTree(place.path, index, ['update-index', '-z', '--index-info'], { input: Buffer.concat(lines) });
    const args = ['checkout-index', '-f', '-a', '-q', `--prefix=${folder}/`];
    await repository.onTree(place.path, index, args, { timeoutMs: readMs });
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

/** Ids of the bytes of files; undefined when one of them is gone. */
async function hashed(
  repository: Repository,
  place: TreePlace,
  paths: readonly string[],
  options: readonly string[],
): Promise<string[] | undefined> {
  if (paths.length === 0) return [];
  const index = privateIndex(repository, place.admin);
  const input = Buffer.concat(paths.flatMap((path) => [quoted(path), Buffer.of(0x0a)]));
  const args = ['hash-object', ...options, '--no-filters', '--stdin-paths'];
  try {
    return textOf(await repository.onTree(place.path, index, args, { input, timeoutMs: readMs })).split('\n');
  } catch (error) {
    if (isCoppiceError(error, 'git-failed')) return undefined;
    throw error;
  }
}

function look(place: TreePlace, path: string) {
  return lstat(Buffer.concat([Buffer.from(`${place.path}/`), pathBytes(path)])).catch(() => undefined);
}
