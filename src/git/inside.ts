/**
 * Repositories inside a worktree: those that somebody made there, and submodules. Their files are kept like others, and their
 * git directories as plain files too, byte for byte: so commits, stashes and reflogs of any repository (shallow, of another
 * hash, damaged) are reachable from a ref of ours, and no git runs on what its configuration says.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import { isFolder } from './admin.ts';
import { textOf } from './door.ts';
import { commitEdited, quoted, type TreeEdit } from './edit-tree.ts';
import { besides } from './files.ts';
import { isTreePath, pathBytes, pathText } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository } from './repository.ts';
import { folderMode, type TreeEntry, TreeReader } from './trees.ts';

/** A git directory that goes with a worktree. */
interface GitDirectory {
  /** `nested`: the folder `.git` of a repository at `path`; `submodule`: below `modules` of the worktree's entry. */
  readonly kind: 'nested' | 'submodule';
  /** Relative to the worktree, or the name of the submodule. */
  readonly path: string;
  /** Where it is. */
  readonly folder: Buffer;
}

const subject = 'Git directory';
const readMs = 10 * 60_000;
const attempts = 3;

/** All git directories in a worktree and in its entry, ignored folders included; a repository in another one's is part of it. */
async function gitDirectories(root: string | undefined, admin: string, signal?: AbortSignal): Promise<GitDirectory[]> {
  const isNested = (above: string, name: string): boolean => above !== '' && name === '.git';
  const nested = root === undefined ? [] : await findFolders(Buffer.from(root), signal, isNested);
  const modules = Buffer.from(join(admin, 'modules'));
  const own = await findFolders(modules, signal, () => false, ['HEAD', 'objects']);
  return [
    ...nested.map(({ path, folder }) => ({ kind: 'nested' as const, path: path.slice(0, -'/.git'.length), folder })),
    ...own.map(({ path, folder }) => ({ kind: 'submodule' as const, path, folder })),
  ];
}

interface Found {
  readonly path: string;
  readonly folder: Buffer;
}

/** Folders by their name, or by what is in them; nothing inside of one is looked at. */
async function findFolders(
  root: Buffer,
  signal: AbortSignal | undefined,
  named: (above: string, name: string) => boolean,
  holding: readonly string[] = [],
): Promise<Found[]> {
  const found: Found[] = [];
  const visit = async (folder: Buffer, above: string): Promise<void> => {
    signal?.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(() => []);
    const names = new Set(entries.map(({ name }) => pathText(name)));
    if (holding.length > 0 && holding.every((each) => names.has(each))) {
      found.push({ path: above, folder });
      return;
    }
    for (const entry of entries) {
      const name = pathText(entry.name);
      if (!entry.isDirectory()) continue;
      const [inside, path] = [Buffer.concat([folder, Buffer.from('/'), entry.name]), joined(above, name)];
      if (named(above, name)) found.push({ path, folder: inside });
      else if (name !== '.git') await visit(inside, path);
    }
  };
  await visit(root, '');
  return found;
}

function joined(above: string, name: string): string {
  return above === '' ? name : `${above}/${name}`;
}

/** Refs of a repository that count as its own: any but what it has from remotes, and tags, which come with those. */
const ownRefs = ['HEAD', '--exclude=refs/remotes/*', '--exclude=refs/tags/*', '--glob=refs/*', '--reflog'];

/**
 * Whether a repository has commits, stashes or a staged state that no remote of it has; true when that cannot be told. Of tags
 * only those count that are files of their own, as somebody makes them: a clone packs what it gets, and many projects have
 * tags that are on no branch.
 */
export async function hasOwnWork(repository: Repository, gitDir: string): Promise<boolean> {
  const okCodes = [0, 1, 128, 129];
  const commits = ['rev-list', '--count', ...ownRefs, '--stdin', '--not', '--remotes'];
  const own = await repository.onNested(gitDir, commits, { okCodes, input: await looseTags(gitDir) });
  if (own.code !== 0 || textOf(own) !== '0') return true;
  const args = ['diff-index', '--cached', '--quiet', '--no-ext-diff', '--ignore-submodules=all', 'HEAD', '--'];
  return (await repository.onNested(gitDir, args, { okCodes })).code !== 0;
}

/** One on a line. */
async function looseTags(gitDir: string): Promise<string> {
  const folder = join(gitDir, 'refs', 'tags');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return paths.map((path) => `refs/tags/${relative(folder, path)}\n`).join('');
}

/**
 * Keeps the git directories that hold something of their own, each as a commit that no ref names yet.
 *
 * @param root the worktree, if it is still there.
 * @returns the commits.
 * @throws CoppiceError `wrong-state` (something works in it), `worktree-unsafe` (it cannot be read), `git-failed`, `disk-full`.
 */
export async function keepGitDirectories(
  repository: Repository,
  root: string | undefined,
  admin: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const kept: string[] = [];
  for (const directory of await gitDirectories(root, admin, signal)) {
    signal?.throwIfAborted();
    const text = directory.folder.toString('utf8');
    // Git cannot be sent to a folder whose name is no text; then all of it is kept.
    const plain = Buffer.from(text).equals(directory.folder);
    if (plain && !(await hasOwnWork(repository, text))) continue;
    kept.push(await keepOne(repository, directory));
  }
  return kept;
}

async function keepOne(repository: Repository, { kind, path, folder }: GitDirectory): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const edits = await editsFor(repository, folder);
    if (edits !== undefined) {
      const message = `${subject}\n\n${JSON.stringify({ kind, path })}\n`;
      return (await commitEdited(repository, { message, parents: [], base: undefined, edits })).commit;
    }
    if (attempt === attempts) {
      const where = kind === 'nested' ? path : `submodule ${path}`;
      const next = 'Make its files readable, or end what works in it.';
      throw new CoppiceError('worktree-unsafe', `The repository ${where} cannot be read, so it cannot be kept.`, next);
    }
  }
}

/** The files of a folder as entries of a tree, in git when this returns; undefined when they changed while they were read. */
async function editsFor(repository: Repository, root: Buffer): Promise<TreeEdit[] | undefined> {
  const files: { readonly path: string; readonly mode: string; readonly full: Buffer }[] = [];
  const edits: TreeEdit[] = [];
  const pauses = new Pauses();
  const visit = async (folder: Buffer, above: string): Promise<void> => {
    for (const { name } of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
      await pauses.pause();
      const full = Buffer.concat([folder, Buffer.from('/'), name]);
      const path = joined(above, treeName(pathText(name)));
      const info = await lstat(full);
      if (info.isDirectory()) await visit(full, path);
      else if (info.isFile()) files.push({ path, full, mode: (info.mode & 0o100) === 0 ? '100644' : '100755' });
      else if (info.isSymbolicLink()) {
        const id = await repository.objects.write('blob', await readlink(full, { encoding: 'buffer' }));
        edits.push({ path, to: { mode: '120000', id } });
      }
    }
  };
  try {
    await visit(root, '');
    const input = Buffer.concat(files.flatMap(({ full }) => [quoted(pathText(full)), Buffer.of(0x0a)]));
    const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
    const ids = files.length === 0 ? [] : textOf(await repository.run(args, { input, timeoutMs: readMs })).split('\n');
    for (const [index, { path, mode }] of files.entries()) edits.push({ path, to: { mode, id: ids[index] ?? '' } });
    return edits;
  } catch (error) {
    if (error instanceof CoppiceError && error.code !== 'git-failed') throw error;
    return undefined;
  }
}

/** A name that a tree may have; `diskName` is the reverse. */
function treeName(name: string): string {
  return isTreePath(name) && !name.startsWith('%') ? name : `%${pathBytes(name).toString('hex')}`;
}

function diskName(name: string): Buffer {
  return name.startsWith('%') ? Buffer.from(name.slice(1), 'hex') : Buffer.from(name, 'latin1');
}

/**
 * Puts kept git directories back where a worktree that was made again lacks them. What is there already stays as it is, but
 * for submodules: their git directories were made a moment ago.
 *
 * @param kept the commit among whose parents they are.
 */
export async function bringGitDirectoriesBack(
  repository: Repository,
  place: { readonly path: string; readonly admin: string },
  kept: string,
): Promise<void> {
  for (const { commit, kind, path } of await keptBy(repository, kept)) {
    if (kind === 'nested') {
      const [top, folder] = [onDisk(place.path, path), onDisk(place.path, `${path}/.git`)];
      if ((await isThere(folder)) || !(await isFolder(top.toString('utf8')))) continue;
      await writeFolder(repository, commit, folder);
    } else {
      const folder = Buffer.from(join(place.admin, 'modules', path));
      if (!(await isFolder(join(place.admin, 'modules', path)))) continue;
      await rm(folder, { recursive: true, force: true });
      await writeFolder(repository, commit, folder);
    }
  }
}

interface Kept {
  readonly commit: string;
  readonly kind: string;
  readonly path: string;
}

async function keptBy(repository: Repository, kept: string): Promise<Kept[]> {
  const { stdout } = await repository.run(['log', '--no-walk=unsorted', '-z', '--format=%H%n%s%n%b', `${kept}^@`]);
  const found = new Map<string, Kept>();
  for (const text of stdout.toString('utf8').split('\0')) {
    const [commit = '', about, ...body] = text.split('\n');
    if (about !== subject) continue;
    const { kind, path } = JSON.parse(body.join('\n')) as Record<string, unknown>;
    if (typeof kind !== 'string' || typeof path !== 'string' || !isTreePath(path)) continue;
    // The last one is the youngest.
    found.set(`${kind} ${path}`, { commit, kind, path });
  }
  return [...found.values()];
}

/** Made beside it and renamed, so that nobody sees half of it. */
async function writeFolder(repository: Repository, commit: string, folder: Buffer): Promise<void> {
  const next = Buffer.from(besides(folder.toString('latin1')), 'latin1');
  const trees = new TreeReader(repository);
  const write = async (at: Buffer, { mode, id }: TreeEntry): Promise<void> => {
    if (mode === folderMode) {
      await mkdir(at, { recursive: true });
      for (const [name, entry] of await trees.tree(id)) {
        await write(Buffer.concat([at, Buffer.from('/'), diskName(name)]), entry);
      }
    } else if (mode === '120000') await symlink((await repository.run(['cat-file', 'blob', id])).stdout, at);
    else await writeBlob(repository, id, at, mode === '100755' ? 0o755 : 0o644);
  };
  try {
    await write(next, { mode: folderMode, id: await trees.idOf(commit) });
    // A tree holds no empty folders, and without these two it is no repository.
    for (const name of ['objects', 'refs'])
      await mkdir(Buffer.concat([next, Buffer.from(`/${name}`)]), { recursive: true });
    await rename(next, folder);
  } catch (error) {
    await rm(next, { recursive: true, force: true });
    throw error;
  }
}

const largestFile = 2 * 1024 * 1024 * 1024 - 1;

async function writeBlob(repository: Repository, id: string, path: Buffer, mode: number): Promise<void> {
  const loose = await repository.objects.read('blob', id);
  const options = { maxBytes: largestFile, timeoutMs: readMs };
  const bytes = loose ?? (await repository.run(['cat-file', 'blob', id], options)).stdout;
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

function onDisk(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);
}

function isThere(path: Buffer): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
