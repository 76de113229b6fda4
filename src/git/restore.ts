/**
 * Brings the files of a worktree from one known state to another one, path by path, at a cost that does not depend on the
 * size of the repository. HEAD, branch and the worktree's own index are not touched.
 *
 * The present state is one that was read in full just before (a checkpoint): `checkout-index -f` asks nobody before it
 * writes, so whatever it writes over has to be known and kept. What is not known, an ignored file above all, is in the way,
 * and then nothing is done at all.
 */
import { readdir, rm, rmdir, unlink, writeFile, chmod, mkdir } from 'node:fs/promises';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { entryOf } from './content.ts';
import type { DiffSide } from './diff.ts';
import { exactFilesOf } from './exact.ts';
import { writeIndex } from './index-file.ts';
import { look, onDisk } from './obstacles.ts';
import { pathText } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository } from './repository.ts';
import { treeChanges } from './tree-diff.ts';
import { withWorkIndex } from './work-index.ts';

/** What happens to one path. Absent sides are files that are not there. */
export interface Move {
  readonly path: string;
  readonly from?: DiffSide;
  readonly to?: DiffSide;
  /** Id of the bytes to write, past all filters and line ends, where `to` would not give them back. */
  readonly exact?: string;
  /** The same for what is there before. */
  readonly fromExact?: string;
  /** Nothing happens to the file: the state after does not have it since git ignores it there. */
  readonly stays?: true;
}

const gitlink = '160000';

/** What lies between two trees (full ids), as moves. Links to submodules are no files: they stay as they are. */
export async function movesBetween(repository: Repository, from: string, to: string): Promise<Move[]> {
  const files = await treeChanges(repository, from, to);
  return files.flatMap(({ path, before, after }) => {
    const [old, next] = [withoutLink(before), withoutLink(after)];
    if (old === undefined && next === undefined) return [];
    return [{ path, ...(old === undefined ? {} : { from: old }), ...(next === undefined ? {} : { to: next }) }];
  });
}

/** A state of files: a tree, and the exact bytes of those that it would not give back. */
export interface FileState {
  readonly tree: string;
  readonly exact?: { readonly commit: string; readonly tree: string };
}

/** What lies between two states, as moves: also where only the bytes differ and not what git makes of them. */
export async function movesBetweenStates(repository: Repository, from: FileState, to: FileState): Promise<Move[]> {
  const moves = await movesBetween(repository, from.tree, to.tree);
  const [old, next] = await Promise.all([exactFilesOf(repository, from.exact), exactFilesOf(repository, to.exact)]);
  if (old.size === 0 && next.size === 0) return moves;
  const moved = new Set(moves.map(pathOf));
  const bytesOnly = [...new Set([...old.keys(), ...next.keys()])].filter(
    (path) => !moved.has(path) && old.get(path)?.id !== next.get(path)?.id,
  );
  const more = await Promise.all(
    bytesOnly.map(async (path): Promise<Move[]> => {
      const entry = await entryOf(repository, to.tree, path);
      return entry === undefined ? [] : [{ path, from: entry, to: entry }];
    }),
  );
  return [...moves, ...more.flat()].map((move) => {
    const [exact, fromExact] = [next.get(move.path)?.id, old.get(move.path)?.id];
    return {
      ...move,
      ...(exact === undefined || move.to === undefined ? {} : { exact }),
      ...(fromExact === undefined ? {} : { fromExact }),
    };
  });
}

function withoutLink(side: DiffSide | undefined): DiffSide | undefined {
  return side?.mode === gitlink ? undefined : side;
}

/**
 * Those of the moves that a person chose, by file or by folder, with what they cannot do without: a file that takes the
 * place of a folder needs the folder's files gone, and one in a folder the file that is in the folder's place.
 */
export function chosenMoves(moves: readonly Move[], paths: readonly string[] | undefined): Move[] {
  if (paths === undefined) return [...moves];
  const wanted = paths.map((path) => path.replace(/\/+$/, ''));
  const chosen = moves.filter(({ path }) => wanted.some((each) => path === each || path.startsWith(`${each}/`)));
  return withNeeded(moves, new Set(chosen.map(pathOf)));
}

/** The moves of the chosen paths, and those that have to go out of their way. */
export function withNeeded(moves: readonly Move[], paths: ReadonlySet<string>): Move[] {
  const chosen = new Set(paths);
  const written = moves.filter(({ path, to }) => to !== undefined && chosen.has(path)).map(pathOf);
  for (const { path, to } of moves) {
    if (to !== undefined) continue;
    if (written.some((each) => path.startsWith(`${each}/`) || each.startsWith(`${path}/`))) chosen.add(path);
  }
  return moves.filter(({ path }) => chosen.has(path));
}

function pathOf({ path }: Move): string {
  return path;
}

/** The place of a worktree as a restore needs it. */
export interface RestorePlace {
  readonly path: string;
}

/**
 * Does the moves. Repeating them is harmless: killed at any point, the same moves finish what was begun.
 *
 * @throws CoppiceError `git-failed`, `disk-full`; `worktree-unsafe` when a folder on the way to a file is a link.
 */
export async function moveFiles(repository: Repository, place: RestorePlace, all: readonly Move[]): Promise<void> {
  const moves = all.filter(({ stays }) => stays !== true);
  const emptied = new Set<string>();
  // From the bottom up: what stands in the place of a folder goes before the folder is made.
  const gone = moves
    .filter(({ from }) => from !== undefined)
    .filter(({ from, to }) => to === undefined || isLink(from, to));
  for (const { path } of gone) {
    const above = await lookAbove(place, path, moves);
    if (above === 'moved') continue;
    const info = above === 'gone' ? undefined : look(onDisk(place, path));
    // A folder is what an earlier attempt made of it.
    if (info !== undefined && !info.isDirectory()) await unlink(onDisk(place, path)).catch(ignoring('ENOENT'));
    // Also when the file is gone: an earlier attempt may have left its folders.
    if (path.includes('/')) emptied.add(path.slice(0, path.lastIndexOf('/')));
  }
  for (const folder of [...emptied].sort((a, b) => b.length - a.length)) await removeEmpty(place, folder);
  const written = moves.filter((move): move is Move & { to: DiffSide } => move.to !== undefined);
  const pauses = new Pauses();
  for (const { path } of written) {
    await pauses.pause();
    await removeEmptyTree(place, path);
  }
  await checkOut(
    repository,
    place,
    written.filter(({ exact }) => exact === undefined),
  );
  for (const { path, to, exact } of written) {
    if (exact !== undefined) await writeRaw(repository, place, path, { mode: to.mode, id: exact });
  }
}

/** Git writes through an existing link in some versions; it is taken away first. */
function isLink(from: DiffSide | undefined, to: DiffSide): boolean {
  return from?.mode === '120000' && to.mode !== '120000';
}

/**
 * What is on the way to a file: `folders`, a folder that is `gone`, or a link or a file that is `moved` itself.
 *
 * @throws CoppiceError `worktree-unsafe` when one is a link by now: what is behind it is not ours.
 */
async function lookAbove(
  place: RestorePlace,
  path: string,
  moves: readonly Move[],
): Promise<'folders' | 'gone' | 'moved'> {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length += 1) {
    const above = parts.slice(0, length).join('/');
    const info = look(onDisk(place, above));
    if (info === undefined) return 'gone';
    if (info.isDirectory()) continue;
    if (moves.some((move) => move.path === above)) return 'moved';
    throw new CoppiceError(
      'worktree-unsafe',
      `${above} became a link or a file while files were put back.`,
      'Stop what works in the worktree, then undo and try again.',
    );
  }
  return 'folders';
}

/** Removes a folder and those above it, as far as they are empty. */
async function removeEmpty(place: RestorePlace, folder: string): Promise<void> {
  for (let at = folder; at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
    try {
      await rmdir(onDisk(place, at));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') continue;
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return;
      throw error;
    }
  }
}

/** Folders without a file that stand where a file shall be. */
async function removeEmptyTree(place: RestorePlace, path: string): Promise<void> {
  const info = look(onDisk(place, path));
  if (info?.isDirectory() !== true) return;
  for (const name of await readdir(onDisk(place, path), { encoding: 'buffer' })) {
    await removeEmptyTree(place, `${path}/${pathText(name)}`);
  }
  await rmdir(onDisk(place, path)).catch(ignoring('ENOTEMPTY', 'EEXIST'));
}

/** Writes entries out of the object store, through an index that holds nothing else. */
async function checkOut(
  repository: Repository,
  place: RestorePlace,
  moves: readonly { readonly path: string; readonly to: DiffSide }[],
): Promise<void> {
  if (moves.length === 0) return;
  await withWorkIndex(repository, 'restore', async (index) => {
    await writeIndex(
      index,
      moves.map(({ path, to }) => ({ path, ...to })),
    );
    await repository.onTree(place.path, index, ['checkout-index', '-f', '-a', '-q'], { timeoutMs: 15 * 60_000 });
  });
}

const rawBytes = 1024 * 1024 * 1024;

/** Writes the bytes of a blob as they are. */
async function writeRaw(repository: Repository, place: RestorePlace, path: string, to: DiffSide): Promise<void> {
  const { stdout } = await repository.run(['cat-file', 'blob', to.id], { maxBytes: rawBytes, timeoutMs: 10 * 60_000 });
  const full = onDisk(place, path);
  await lookAbove(place, path, []);
  await mkdir(parentOf(place, path), { recursive: true });
  await rm(full, { force: true });
  await writeFile(full, stdout, { flag: 'wx', mode: to.mode === '100755' ? 0o755 : 0o644 });
  if (to.mode === '100755') await chmod(full, 0o755);
}

function parentOf(place: RestorePlace, path: string): Buffer {
  return path.includes('/') ? onDisk(place, path.slice(0, path.lastIndexOf('/'))) : Buffer.from(place.path);
}

function ignoring(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
  };
}
