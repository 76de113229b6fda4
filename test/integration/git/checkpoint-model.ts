/** A worktree as a map in memory, and the same changes done to both it and the disk. */
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import type { Chance } from '../../support/engine/chance.ts';
import { pathBytes, pathText } from '../../../src/git/paths.ts';

/** A file with its bytes, or a link with its target. */
export interface Node {
  readonly kind: 'file' | 'executable' | 'link';
  readonly bytes: string;
}
export type Files = ReadonlyMap<string, Node>;

/** One of several, by chance. */
export function oneOf<T>(chance: Chance, of: readonly T[]): T {
  const chosen = of[chance.below(of.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

const invalid = pathText(Buffer.from([0x62, 0xff, 0xfe]));
const names = ['a', 'b', 'A', 'c.txt', 'd e', 'ü', '"q"', 'new\nline', 'tab\t', '-x', invalid, 'x.log', 'deep'];

function at(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);
}

/** Everything below a folder that is no folder, `.git` left out. */
export async function readAll(root: string, under = ''): Promise<Map<string, Node>> {
  const found = new Map<string, Node>();
  for (const name of await readdir(under === '' ? root : at(root, under), { encoding: 'buffer' })) {
    const path = under === '' ? pathText(name) : `${under}/${pathText(name)}`;
    if (path === '.git') continue;
    const info = await lstat(at(root, path));
    if (info.isDirectory()) for (const [inside, node] of await readAll(root, path)) found.set(inside, node);
    else if (info.isSymbolicLink()) {
      found.set(path, {
        kind: 'link',
        bytes: (await readlink(at(root, path), { encoding: 'buffer' })).toString('latin1'),
      });
    } else {
      const kind = (info.mode & 0o100) === 0 ? 'file' : 'executable';
      found.set(path, { kind, bytes: (await readFile(at(root, path))).toString('latin1') });
    }
  }
  return found;
}

/** Empty folders below a folder. */
export async function emptyFolders(root: string, under = ''): Promise<string[]> {
  const entries = await readdir(under === '' ? root : at(root, under), { encoding: 'buffer' });
  if (entries.length === 0 && under !== '') return [under];
  const found: string[] = [];
  for (const name of entries) {
    const path = under === '' ? pathText(name) : `${under}/${pathText(name)}`;
    if (path !== '.git' && (await lstat(at(root, path))).isDirectory()) found.push(...(await emptyFolders(root, path)));
  }
  return found;
}

/** Does something to the files of a worktree. Gives the paths that it touched. */
export class Editor {
  readonly #root: string;
  readonly #chance: Chance;
  #count = 0;

  constructor(root: string, chance: Chance) {
    this.#root = root;
    this.#chance = chance;
  }

  async edit(): Promise<string[]> {
    const files = [...(await readAll(this.#root)).keys()];
    const roll = files.length === 0 ? 0 : this.#chance.below(10);
    if (roll < 3) return this.#write(this.#path());
    const path = oneOf(this.#chance, files);
    switch (roll) {
      case 3:
        await rm(at(this.#root, path));
        return [path];
      case 4:
        return this.#chmod(path);
      case 5:
        return this.#link(this.#path());
      case 6:
        return this.#move(path);
      case 7:
        return this.#folderInItsPlace(path);
      case 8:
        return this.#fileInTheFoldersPlace(path);
      default:
        return this.#change(path);
    }
  }

  #path(): string {
    const depth = 1 + this.#chance.below(3);
    return Array.from({ length: depth }, () => oneOf(this.#chance, names)).join('/');
  }

  async #clear(path: string): Promise<string[]> {
    const touched: string[] = [];
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const above = parts.slice(0, length).join('/');
      const info = await lstat(at(this.#root, above)).catch(() => undefined);
      if (info === undefined || info.isDirectory()) continue;
      await rm(at(this.#root, above));
      touched.push(above);
    }
    const info = await lstat(at(this.#root, path)).catch(() => undefined);
    if (info?.isDirectory() === true) {
      touched.push(...(await readAll(this.#root, path)).keys());
      await rm(at(this.#root, path), { recursive: true });
    } else if (info !== undefined) {
      await rm(at(this.#root, path));
    }
    if (parts.length > 1) await mkdir(at(this.#root, parts.slice(0, -1).join('/')), { recursive: true });
    return [...touched, path];
  }

  #text(): string {
    this.#count += 1;
    const lines = 1 + this.#chance.below(30);
    const text = Array.from(
      { length: lines },
      (_, index) => `${this.#chance.below(4) === 0 ? this.#count : 'same'} ${index}`,
    );
    const end = this.#chance.below(5) === 0 ? '' : '\n';
    return this.#chance.below(12) === 0 ? `\0${text.join('\0')}` : text.join('\n') + end;
  }

  async #write(path: string): Promise<string[]> {
    const touched = await this.#clear(path);
    await writeFile(at(this.#root, path), this.#text());
    return touched;
  }

  /** Some lines of a file, so that there are several changes in it. */
  async #change(path: string): Promise<string[]> {
    if ((await lstat(at(this.#root, path))).isSymbolicLink()) return this.#link(path);
    const lines = (await readFile(at(this.#root, path), 'latin1')).split('\n');
    for (let count = 1 + this.#chance.below(4); count > 0; count -= 1) {
      const where = this.#chance.below(lines.length + 1);
      const what = this.#chance.below(3);
      lines.splice(
        where,
        what === 0 ? 0 : 1 + this.#chance.below(2),
        ...(what === 1 ? [] : [`line ${(this.#count += 1)}`]),
      );
    }
    await writeFile(at(this.#root, path), lines.join('\n'), 'latin1');
    return [path];
  }

  async #chmod(path: string): Promise<string[]> {
    const info = await lstat(at(this.#root, path));
    if (info.isFile()) await chmod(at(this.#root, path), (info.mode & 0o100) === 0 ? 0o755 : 0o644);
    return [path];
  }

  async #link(path: string): Promise<string[]> {
    const touched = await this.#clear(path);
    await symlink(oneOf(this.#chance, ['a', '../x', 'nowhere', '/etc/hostname', '.']), at(this.#root, path));
    return touched;
  }

  async #move(path: string): Promise<string[]> {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const flipped = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
    const to = this.#chance.below(2) === 0 ? [...parts, flipped].join('/') : this.#path();
    if (to === path || to.startsWith(`${path}/`) || path.startsWith(`${to}/`)) return [];
    const touched = await this.#clear(to);
    // A folder on the way of the target may have been this very file.
    if ((await lstat(at(this.#root, path)).catch(() => undefined)) === undefined) return [...touched, path];
    await rename(at(this.#root, path), at(this.#root, to));
    return [...touched, path];
  }

  async #folderInItsPlace(path: string): Promise<string[]> {
    await rm(at(this.#root, path));
    await mkdir(at(this.#root, path));
    const inside = `${path}/${oneOf(this.#chance, names)}`;
    if (inside.split('/').length > 6) {
      await rmdir(at(this.#root, path));
      return [path];
    }
    return [path, ...(await this.#write(inside))];
  }

  async #fileInTheFoldersPlace(path: string): Promise<string[]> {
    const parts = path.split('/');
    return parts.length === 1 ? this.#write(path) : this.#write(parts.slice(0, -1).join('/'));
  }
}
