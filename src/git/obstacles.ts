/** What a rollback would write over although nobody has kept it: ignored files, mostly. With any of it nothing is done. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { textOf } from './door.ts';
import { quoted } from './edit-tree.ts';
import { pathBytes, pathText } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository } from './repository.ts';
import type { Move, RestorePlace } from './restore.ts';

/** The bytes of the whole path of a file in a worktree. */
export function onDisk(place: RestorePlace, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${place.path}/`), pathBytes(path)]);
}

/**
 * Files that nobody knows and that the moves would write over: ignored ones, mostly. Paths, each once.
 */
export async function obstacles(place: RestorePlace, all: readonly Move[]): Promise<string[]> {
  const moves = all.filter(({ stays }) => stays !== true);
  const goes = new Set(moves.filter(({ from }) => from !== undefined).map(({ path }) => path));
  const looks = new Looks(place);
  const pauses = new Pauses();
  const found = new Set<string>();
  for (const { path, to } of moves) {
    await pauses.pause();
    if (to !== undefined) for (const each of inTheWayOf(place, looks, path, goes)) found.add(each);
  }
  return [...found].sort();
}

function inTheWayOf(place: RestorePlace, looks: Looks, path: string, goes: ReadonlySet<string>): string[] {
  for (const above of foldersAbove(path)) {
    const info = looks.at(above);
    if (info === undefined) return [];
    if (!info.isDirectory()) return goes.has(above) ? [] : [above];
  }
  const info = look(onDisk(place, path));
  if (info === undefined) return [];
  const there = info.isDirectory() ? filesIn(place, path) : [path];
  return there.filter((each) => !goes.has(each));
}

/** Those of the paths at which a worktree has no file: what is there and merely unknown to git is not among them. */
export async function absentFiles(place: RestorePlace, paths: readonly string[]): Promise<string[]> {
  const looks = new Looks(place);
  const pauses = new Pauses();
  const absent: string[] = [];
  for (const path of paths) {
    await pauses.pause();
    const inPlace = foldersAbove(path).every((above) => looks.at(above)?.isDirectory() === true);
    const info = inPlace ? look(onDisk(place, path)) : undefined;
    if (info === undefined || info.isDirectory()) absent.push(path);
  }
  return absent;
}

/** From the top down. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** What is at paths that many others have in common, looked at once. */
class Looks {
  readonly #place: RestorePlace;
  readonly #known = new Map<string, Stats | undefined>();

  constructor(place: RestorePlace) {
    this.#place = place;
  }

  at(path: string): Stats | undefined {
    if (this.#known.has(path)) return this.#known.get(path);
    const info = look(onDisk(this.#place, path));
    this.#known.set(path, info);
    return info;
  }
}

/** What is at a path; undefined when nothing is. */
export function look(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function filesIn(place: RestorePlace, path: string): string[] {
  const found: string[] = [];
  const names = readdirSync(onDisk(place, path), { encoding: 'buffer' });
  for (const name of names) {
    const inside = `${path}/${pathText(name)}`;
    const info = look(onDisk(place, inside));
    if (info?.isDirectory() === true) found.push(...filesIn(place, inside));
    else if (info !== undefined) found.push(inside);
  }
  return found;
}

/** @throws CoppiceError `path-in-the-way` (context `paths`, one a line). */
export async function refuseObstacles(
  repository: Repository,
  place: RestorePlace,
  moves: readonly Move[],
): Promise<void> {
  const paths = await unlike(repository, place, moves, await obstacles(place, moves));
  if (paths.length === 0) return;
  const context = { paths: paths.slice(0, 1000).join('\n') };
  const inside = paths.map((path) => /^(.*)\/\.git(?:\/|$)/s.exec(path)?.[1]).find((path) => path !== undefined);
  if (inside !== undefined) {
    const message = `${inside} is a repository of its own, and something else would take its place.`;
    throw new CoppiceError('path-in-the-way', message, 'Move it away, or leave its path out.', { context });
  }
  const shown = paths.slice(0, 5).join(', ');
  throw new CoppiceError(
    'path-in-the-way',
    `${paths.length === 1 ? 'A file that' : `${paths.length} files that`} git ignores would be written over: ${shown}.`,
    'Move them away, or leave their paths out.',
    { context },
  );
}

/** Those of the paths whose files are not already as they shall be. */
async function unlike(
  repository: Repository,
  place: RestorePlace,
  moves: readonly Move[],
  paths: readonly string[],
): Promise<string[]> {
  const wanted = new Map(moves.map(({ path, to }) => [path, to?.id]));
  const different = await Promise.all(
    paths.map(async (path) => {
      const id = wanted.get(path);
      const info = id === undefined ? undefined : look(onDisk(place, path));
      if (info?.isFile() !== true) return true;
      const index = join(repository.privateDir, 'index', 'none');
      const input = Buffer.concat([quoted(path), Buffer.from('\n')]);
      const options = { input, okCodes: [0, 128] };
      return textOf(await repository.onTree(place.path, index, ['hash-object', '--stdin-paths'], options)) !== id;
    }),
  );
  return paths.filter((_path, index) => different[index]);
}
