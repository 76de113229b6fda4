/**
 * The tree of a worktree made out of an earlier one and the paths that were touched since, without any index: what it costs
 * is what those files cost. Nothing here guesses. Where only a look at all files can tell (rules that changed, a repository
 * inside, files that git would convert), the answer is why, and the caller looks at all files.
 */
import { lstat, readdir, readlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import { isAbsent } from './admin.ts';
import { privateIndex } from './checkout.ts';
import { textOf } from './door.ts';
import { quoted, type TreeEdit } from './edit-tree.ts';
import { headOf } from './facts.ts';
import { isTreePath, pathBytes, pathText, zeroJoined, zeroPaths } from './paths.ts';
import type { Repository, TreePlace } from './repository.ts';

/** What the touched paths are now, or why that cannot be told from them alone. */
export type TouchedEdits = { readonly edits: readonly TreeEdit[] } | { readonly why: string };

/** More files than this are read faster with an index. */
const atMost = 5000;

const ruleFiles = new Set(['.gitignore', '.gitattributes', '.gitmodules']);

/** Only a look at all files can tell. */
class Unsure extends Error {}

/**
 * @param head the commit on which the earlier tree was made: on another one other ignored files count as tracked.
 * @param paths touched since the earlier tree, in any order; folders stand for all that is in them.
 * @throws CoppiceError `disk-full`, `timed-out`, `git-failed`.
 */
export async function touchedEdits(
  repository: Repository,
  place: TreePlace,
  head: string,
  paths: readonly string[],
): Promise<TouchedEdits> {
  try {
    return { edits: await new TouchedFiles(repository, place, head).edits(paths) };
  } catch (error) {
    if (error instanceof Unsure) return { why: error.message };
    throw error;
  }
}

interface Found {
  readonly path: string;
  readonly info: Stats;
}

class TouchedFiles {
  readonly #repository: Repository;
  readonly #place: TreePlace;
  readonly #head: string;
  readonly #folders = new Map<string, Promise<boolean>>();
  readonly #gone = new Set<string>();
  readonly #found = new Map<string, Found>();

  constructor(repository: Repository, place: TreePlace, head: string) {
    this.#repository = repository;
    this.#place = place;
    this.#head = head;
  }

  async edits(paths: readonly string[]): Promise<TreeEdit[]> {
    await this.#checkRules();
    for (const path of new Set(paths)) await this.#visit(path);
    const all = [...this.#found.values()];
    // Each is a process of its own; what waits for one another is what the checkpoint costs.
    const [kept] = await Promise.all([
      this.#withoutIgnored(all),
      this.#checkConversions(all.filter(({ info }) => info.isFile())),
      this.#checkHead(),
    ]);
    const links = kept.filter(({ info }) => info.isSymbolicLink());
    const files = kept.filter(({ info }) => info.isFile());
    const [linkEdits, fileEdits] = await Promise.all([
      Promise.all(links.map(({ path }) => this.#link(path))),
      this.#hashed(files),
    ]);
    return [...[...this.#gone].map((path) => ({ path })), ...fileEdits, ...linkEdits];
  }

  async #checkRules(): Promise<void> {
    const settings = await this.#repository.settings();
    if (settings.get('core.filemode') === 'false') throw new Unsure('file modes are not to be trusted here');
    if (settings.get('core.symlinks') === 'false') throw new Unsure('links are plain files here');
    if (settings.get('core.ignorecase') === 'true') throw new Unsure('names differ in more than their case here');
    const lineEnds = [settings.get('core.autocrlf'), settings.get('core.eol')];
    if (lineEnds.some((value) => value !== undefined && !['false', 'lf', 'native'].includes(value.toLowerCase()))) {
      throw new Unsure('line ends are converted');
    }
    if (!(await isAbsent(join(this.#place.admin, 'info', 'sparse-checkout'))))
      throw new Unsure('the checkout is sparse');
  }

  async #checkHead(): Promise<void> {
    const at = await headOf(this.#repository, this.#place.admin).catch(() => undefined);
    if (at === undefined || at.kind === 'unborn' || at.commit !== this.#head) throw new Unsure('HEAD has moved');
  }

  #full(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.#place.path}/`), pathBytes(path)]);
  }

  async #visit(path: string): Promise<void> {
    if (path === '.git' || path === '') return;
    if (!isTreePath(path)) throw new Unsure(`${path} is in a repository of its own, or cannot be in a tree`);
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    if (ruleFiles.has(name)) throw new Unsure(`${path} changed what counts`);
    for (let length = 1; length < parts.length; length += 1) {
      const above = parts.slice(0, length).join('/');
      if (await this.#isFolder(above)) continue;
      // What is there in its place, or nothing, is what happened to the path.
      await this.#visit(above);
      return;
    }
    const info = await look(this.#full(path));
    if (info?.isDirectory() === true) await this.#walk(path);
    else if (info?.isFile() === true || info?.isSymbolicLink() === true) this.#note({ path, info });
    else this.#gone.add(path);
  }

  #isFolder(path: string): Promise<boolean> {
    let known = this.#folders.get(path);
    if (known === undefined) {
      known = look(this.#full(path)).then(async (info) => {
        if (info?.isDirectory() !== true) return false;
        if ((await look(this.#full(`${path}/.git`))) === undefined) return true;
        throw new Unsure(`${path} is a repository of its own`);
      });
      this.#folders.set(path, known);
    }
    return known;
  }

  #note(found: Found): void {
    this.#found.set(found.path, found);
    if (this.#found.size > atMost) throw new Unsure(`more than ${atMost} files were touched`);
  }

  /** A folder that was touched as a whole: what is not in it any more goes. */
  async #walk(path: string): Promise<void> {
    if (!(await this.#isFolder(path))) return;
    this.#gone.add(path);
    for (const name of await readdir(this.#full(path), { encoding: 'buffer' })) {
      const inside = `${path}/${pathText(name)}`;
      if (!isTreePath(inside)) throw new Unsure(`${inside} cannot be in a tree`);
      if (ruleFiles.has(pathText(name))) throw new Unsure(`${inside} changed what counts`);
      const info = await look(this.#full(inside));
      if (info?.isDirectory() === true) await this.#walk(inside);
      else if (info?.isFile() === true || info?.isSymbolicLink() === true) this.#note({ path: inside, info });
    }
  }

  /** Ignored files are left out, those that the commit has anyway excepted. */
  async #withoutIgnored(all: Found[]): Promise<Found[]> {
    if (all.length === 0) return all;
    const args = ['check-ignore', '--no-index', '-z', '--stdin'];
    const answer = await this.#onTree(args, zeroJoined(all.map(({ path }) => path)), [0, 1]);
    const ignored = zeroPaths(answer.stdout);
    if (ignored.length === 0) return all;
    const input = zeroJoined(ignored.map((path) => `${this.#head}:${path}`));
    const checked = await this.#repository.run(['cat-file', '--batch-check=%(objecttype)', '-z'], { input });
    const lines = textOf(checked).split('\n');
    const out = new Set(ignored.filter((_path, index) => lines[index] !== 'blob'));
    for (const path of out) this.#gone.add(path);
    return all.filter(({ path }) => !out.has(path));
  }

  /** Files that git keeps otherwise than they are: with them, the index and the file's history play a part. */
  async #checkConversions(files: readonly Found[]): Promise<void> {
    if (files.length === 0) return;
    const names = ['filter', 'ident', 'working-tree-encoding', 'eol', 'text', 'crlf'];
    const answer = await this.#onTree(['check-attr', '-z', '--stdin', ...names], zeroJoined(files.map(pathOf)), [0]);
    const fields = zeroPaths(answer.stdout);
    const converted = new Set<string>();
    for (let index = 0; index + 2 < fields.length; index += 3) {
      const [path = '', name = '', value = ''] = fields.slice(index, index + 3);
      if (value === 'unspecified' || value === 'unset') continue;
      const plain = name === 'text' || (name === 'eol' && value === 'lf');
      if (!plain) throw new Unsure(`${path} is kept otherwise than it is`);
      converted.add(path);
    }
    if (converted.size === 0) return;
    const some = files.filter(({ path }) => converted.has(path));
    const [as, raw] = await Promise.all([this.#hash(some, []), this.#hash(some, ['--no-filters'])]);
    if (as.some((id, index) => id !== raw[index])) throw new Unsure('line ends are converted');
  }

  async #hashed(files: readonly Found[]): Promise<TreeEdit[]> {
    const ids = await this.#hash(files, ['-w']);
    for (const { path, info } of files) {
      // git follows links: what became one meanwhile was not this file.
      const now = await look(this.#full(path));
      if (now?.isFile() !== true || now.ino !== info.ino) throw new Unsure(`${path} changed while it was read`);
    }
    return files.map(({ path, info }, index) => {
      const mode = (info.mode & 0o100) === 0 ? '100644' : '100755';
      return { path, to: { mode, id: ids[index] ?? '' } };
    });
  }

  async #hash(files: readonly Found[], options: readonly string[]): Promise<string[]> {
    if (files.length === 0) return [];
    const input = Buffer.concat(files.flatMap(({ path }) => [quoted(path), Buffer.of(0x0a)]));
    try {
      const answer = await this.#onTree(['hash-object', ...options, '--stdin-paths'], input, [0]);
      const ids = textOf(answer).split('\n');
      if (ids.length === files.length) return ids;
    } catch (error) {
      if (!isCoppiceError(error, 'git-failed')) throw error;
    }
    throw new Unsure('a file could not be read');
  }

  async #link(path: string): Promise<TreeEdit> {
    let input: Buffer;
    try {
      input = await readlink(this.#full(path), { encoding: 'buffer' });
    } catch (error) {
      throw systemCode(error) === undefined ? error : new Unsure(`${path} changed while it was read`);
    }
    const answer = await this.#repository.run(['hash-object', '-w', '--no-filters', '--stdin'], { input });
    return { path, to: { mode: '120000', id: textOf(answer) } };
  }

  #onTree(args: readonly string[], input: Buffer, okCodes: readonly number[]) {
    const index = privateIndex(this.#repository, this.#place.admin);
    return this.#repository.onTree(this.#place.path, index, args, { input, okCodes, timeoutMs: 10 * 60_000 });
  }
}

function pathOf({ path }: Found): string {
  return path;
}

async function look(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'ENAMETOOLONG' || code === 'ELOOP')
      throw new Unsure('a path cannot be looked at');
    throw error instanceof Error ? error : new CoppiceError('internal', String(error), 'Report this as a bug.');
  }
}
