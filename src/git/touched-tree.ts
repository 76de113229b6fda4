/**
 * The tree of a worktree made out of an earlier one and the paths that were touched since, without any index: what it costs
 * is what those files cost. Nothing here guesses. Where only a look at all files can tell (rules that changed, a repository
 * inside, files that git would convert), the answer is why, and the caller looks at all files.
 */
import { join } from 'node:path';
import { isAbsent } from './admin.ts';
import { allOf } from './all-of.ts';
import type { TreeEdit } from './edit-tree.ts';
import { headOf } from './facts.ts';
import { isTreePath, pathBytes, pathText } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository, TreePlace } from './repository.ts';
import { type Found, lookAt, namesIn, TouchedContent, Unsure } from './touched-content.ts';
import { folderMode, type TreeEntry, TreeReader } from './trees.ts';

/** What the touched paths are now, or why that cannot be told from them alone. */
export type TouchedEdits = { readonly edits: readonly TreeEdit[] } | { readonly why: string };

/** More files than this are read faster with an index. */
const atMost = 5000;

const ruleFiles = new Set(['.gitignore', '.gitattributes', '.gitmodules']);

/**
 * @param head the commit on which the earlier tree was made: on another one other ignored files count as tracked.
 * @param paths touched since the earlier tree, in any order; folders stand for all that is in them.
 * @param trees reads the trees; one of its own unless given.
 * @param ignored `none`: git has just said that none of the paths is ignored.
 * @throws CoppiceError `disk-full`, `timed-out`, `git-failed`.
 */
export async function touchedEdits(
  repository: Repository,
  place: TreePlace,
  head: string,
  paths: readonly string[],
  trees = new TreeReader(repository),
  ignored: 'perhaps' | 'none' = 'perhaps',
): Promise<TouchedEdits> {
  try {
    return { edits: await new TouchedFiles(repository, place, head, trees).edits(paths, ignored) };
  } catch (error) {
    if (error instanceof Unsure) return { why: error.message };
    throw error;
  }
}

class TouchedFiles {
  readonly #repository: Repository;
  readonly #place: TreePlace;
  readonly #head: string;
  readonly #trees: TreeReader;
  readonly #folders = new Map<string, boolean>();
  readonly #pauses = new Pauses();
  readonly #gone = new Set<string>();
  /** Folders that are there and were touched as a whole. */
  readonly #walked = new Set<string>();
  readonly #found = new Map<string, Found>();
  /** Folders on the way to touched files for which the commit has rules of its own. */
  readonly #ruled = new Set<string>();

  constructor(repository: Repository, place: TreePlace, head: string, trees: TreeReader) {
    this.#repository = repository;
    this.#place = place;
    this.#head = head;
    this.#trees = trees;
  }

  async edits(paths: readonly string[], rules: 'perhaps' | 'none'): Promise<TreeEdit[]> {
    await this.#checkRules();
    for (const path of new Set(paths)) await this.#visit(path);
    const all = [...this.#found.values()];
    const content = new TouchedContent(this.#repository, this.#place);
    // The one git that most checkpoints need, to be ready when the rest is.
    const conversions = content.conversions(all);
    const rest = allOf([this.#committed(all), this.#checkHead()]);
    const [converted, [committed]] = await allOf([conversions, rest]);
    const others = rules === 'none' ? [] : all.filter((_found, index) => committed[index] === undefined);
    const ignored = await content.ignored(others);
    for (const path of ignored) this.#gone.add(path);
    const kept = all.flatMap((found, index) =>
      ignored.has(found.path) ? [] : [{ ...found, present: committed[index]?.id }],
    );
    const written = await content.written(kept, converted);
    return [...[...this.#gone].map((path) => ({ path })), ...written];
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

  /** What the commit has at each of the paths, as a file or a link; and that no submodule of it plays a part. */
  async #committed(found: readonly Found[]): Promise<(TreeEntry | undefined)[]> {
    if (found.length + this.#gone.size === 0) return [];
    const [entries] = await allOf([
      allOf(found.map(({ path }) => this.#entry(path))),
      allOf([...this.#gone].map((path) => this.#entry(path))),
      allOf([...this.#walked].map((path) => this.#refuseLinks(path))),
    ]);
    for (const folder of this.#ruled) {
      const rules = folder === '' ? '.gitattributes' : `${folder}/.gitattributes`;
      if (lookAt(this.#place, rules) === undefined) throw new Unsure(`${rules} is gone`);
    }
    return entries.map((entry) => (entry?.mode === folderMode ? undefined : entry));
  }

  async #entry(path: string): Promise<TreeEntry | undefined> {
    const names = pathBytes(path).toString('latin1').split('/');
    let tree = await this.#trees.ofCommit(this.#head);
    for (const [index, name] of names.entries()) {
      if (tree.has('.gitattributes')) this.#ruled.add(path.split('/').slice(0, index).join('/'));
      const entry = tree.get(name);
      if (entry?.mode === '160000') throw new Unsure(`${path} is in a submodule`);
      if (entry === undefined || index === names.length - 1) return entry;
      if (entry.mode !== folderMode) return undefined;
      tree = await this.#trees.tree(entry.id);
    }
    return undefined;
  }

  /** A folder whose submodules were not checked out keeps them, which its files do not tell. */
  async #refuseLinks(path: string): Promise<void> {
    const entry = await this.#entry(path);
    const open = entry?.mode === folderMode ? [entry.id] : [];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const { mode, id: inside } of (await this.#trees.tree(id)).values()) {
        if (mode === '160000') throw new Unsure(`${path} has a submodule`);
        if (mode === folderMode) open.push(inside);
      }
    }
  }

  async #visit(path: string): Promise<void> {
    if (path === '.git' || path === '') return;
    await this.#pauses.pause();
    if (!isTreePath(path)) throw new Unsure(`${path} is in a repository of its own, or cannot be in a tree`);
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    if (ruleFiles.has(name)) throw new Unsure(`${path} changed what counts`);
    for (let length = 1; length < parts.length; length += 1) {
      const above = parts.slice(0, length).join('/');
      if (this.#isFolder(above)) continue;
      // What is there in its place, or nothing, is what happened to the path.
      await this.#visit(above);
      return;
    }
    const info = lookAt(this.#place, path);
    if (info?.isDirectory() === true) await this.#walk(path);
    else if (info?.isFile() === true || info?.isSymbolicLink() === true) this.#note({ path, info });
    else this.#gone.add(path);
  }

  #isFolder(path: string): boolean {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const is = lookAt(this.#place, path)?.isDirectory() === true;
    if (is && lookAt(this.#place, `${path}/.git`) !== undefined) throw new Unsure(`${path} is a repository of its own`);
    this.#folders.set(path, is);
    return is;
  }

  #note(found: Found): void {
    this.#found.set(found.path, found);
    if (this.#found.size > atMost) throw new Unsure(`more than ${atMost} files were touched`);
  }

  /** A folder that was touched as a whole: what is not in it any more goes. */
  async #walk(path: string): Promise<void> {
    await this.#pauses.pause();
    if (!this.#isFolder(path)) return;
    this.#gone.add(path);
    this.#walked.add(path);
    for (const name of namesIn(this.#place, path)) {
      const inside = `${path}/${pathText(name)}`;
      if (!isTreePath(inside)) throw new Unsure(`${inside} cannot be in a tree`);
      if (ruleFiles.has(pathText(name))) throw new Unsure(`${inside} changed what counts`);
      const info = lookAt(this.#place, inside);
      if (info?.isDirectory() === true) await this.#walk(inside);
      else if (info?.isFile() === true || info?.isSymbolicLink() === true) this.#note({ path: inside, info });
    }
  }
}
