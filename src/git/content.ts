/** The content of one path, in a tree or as it lies in a worktree. */
import { constants } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import { privateIndex } from './checkout.ts';
import { textOf } from './door.ts';
import { isTreePath, pathBytes, zeroJoined, zeroPaths } from './paths.ts';
import type { Repository, TreePlace } from './repository.ts';

/** What is at a path. `size` is that of the whole content in bytes; `bytes` is undefined when it is more than was allowed. */
export interface Content {
  /** Git's mode: `100644`, `100755`, `120000` (link: its target is the content), `160000` (submodule: its commit). */
  readonly mode: string;
  readonly size: number;
  readonly bytes: Buffer | undefined;
}

/** @throws CoppiceError `bad-usage` for a path that no tree can have. */
export function requireTreePath(path: string): void {
  if (isTreePath(path)) return;
  throw new CoppiceError('bad-usage', `"${path}" is not a path in a worktree.`, 'Give it relative to the top folder.');
}

/**
 * Content of a path in a tree as it would be in a worktree, line endings and confirmed filters included; undefined when
 * there is no such file.
 */
export async function contentInTree(
  repository: Repository,
  place: TreePlace,
  tree: string,
  path: string,
  maxBytes: number,
): Promise<Content | undefined> {
  requireTreePath(path);
  const entry = await entryOf(repository, tree, path);
  if (entry === undefined) return undefined;
  const { mode, id } = entry;
  if (mode === '160000') {
    const bytes = Buffer.from(`Subproject commit ${id}\n`);
    return { mode, size: bytes.length, bytes };
  }
  const size = Number(await repository.ask(['cat-file', '-s', id]));
  if (size > maxBytes) return { mode, size, bytes: undefined };
  if (mode === '120000') return { mode, size, bytes: (await repository.run(['cat-file', 'blob', id])).stdout };
  const bytes = await filtered(repository, place, id, path, maxBytes);
  return { mode, size: bytes?.length ?? size, bytes };
}

/** Through the filters that apply to the path; undefined when that makes it longer than allowed. */
async function filtered(
  repository: Repository,
  place: TreePlace,
  id: string,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const input = Buffer.concat([Buffer.from(`${id} `), pathBytes(path), Buffer.of(0)]);
  const index = privateIndex(repository, place.admin);
  try {
    const args = ['cat-file', '--batch', '--filters', '-z'];
    const { stdout } = await repository.onTree(place.path, index, args, { input, maxBytes: maxBytes + 1024 });
    const head = stdout.indexOf(0x0a);
    return stdout.subarray(head + 1, -1);
  } catch (error) {
    if (isCoppiceError(error, 'git-failed') && error.message.includes('more than Coppice reads')) return undefined;
    // The folder is gone, and with it what says which filters apply.
    if (!isCoppiceError(error, 'not-found')) throw error;
    return (await repository.run(['cat-file', 'blob', id])).stdout;
  }
}

/** Mode and id of a path in a tree; undefined when it is no file, link or submodule there. */
export async function entryOf(
  repository: Repository,
  tree: string,
  path: string,
): Promise<{ mode: string; id: string } | undefined> {
  const slash = path.lastIndexOf('/');
  const folder = slash === -1 ? tree : await treeAt(repository, tree, path.slice(0, slash));
  if (folder === undefined) return undefined;
  const name = path.slice(slash + 1);
  const listed = zeroPaths((await repository.run(['ls-tree', '-z', '--end-of-options', folder])).stdout);
  for (const line of listed) {
    const tab = line.indexOf('\t');
    if (line.slice(tab + 1) !== name) continue;
    const [mode = '', type, id = ''] = line.slice(0, tab).split(' ');
    return type === 'tree' ? undefined : { mode, id };
  }
  return undefined;
}

/** Id of a folder in a tree; undefined when there is none. */
async function treeAt(repository: Repository, tree: string, path: string): Promise<string | undefined> {
  const input = Buffer.concat([Buffer.from(`${tree}:`), zeroJoined([path])]);
  const args = ['cat-file', '--batch-check=%(objecttype) %(objectname)', '-z'];
  const [type, id] = textOf(await repository.run(args, { input })).split(' ');
  return type === 'tree' ? id : undefined;
}

/**
 * Content of a path as it lies in the worktree; undefined when there is no file. Never through a link out of it.
 *
 * @throws CoppiceError `worktree-unsafe` (a folder on the way is a link).
 */
export async function contentOnDisk(root: string, path: string, maxBytes: number): Promise<Content | undefined> {
  requireTreePath(path);
  const full = Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);
  const info = await lstat(full).catch(absent);
  if (info === undefined) return undefined;
  await refuseLinks(root, path);
  if (info.isSymbolicLink()) {
    const bytes = await readlink(full, { encoding: 'buffer' });
    return { mode: '120000', size: bytes.length, bytes };
  }
  if (!info.isFile()) return undefined;
  const mode = (info.mode & 0o100) === 0 ? '100644' : '100755';
  if (info.size > maxBytes) return { mode, size: info.size, bytes: undefined };
  const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(info.size);
    const { bytesRead } = await file.read(buffer, 0, info.size, 0);
    return { mode, size: bytesRead, bytes: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

async function refuseLinks(root: string, path: string): Promise<void> {
  const parts = path.split('/').slice(0, -1);
  for (const [index] of parts.entries()) {
    const folder = Buffer.concat([Buffer.from(`${root}/`), pathBytes(parts.slice(0, index + 1).join('/'))]);
    if (!(await lstat(folder)).isSymbolicLink()) continue;
    const link = parts.slice(0, index + 1).join('/');
    throw new CoppiceError(
      'worktree-unsafe',
      `${link} is a link, so ${path} is not in the worktree.`,
      'Name the file.',
    );
  }
}

function absent(error: unknown): undefined {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
  throw error;
}
